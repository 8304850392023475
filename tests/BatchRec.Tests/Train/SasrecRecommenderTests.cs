using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Train;
using BatchRec.Train.Encoders;
using Xunit;

namespace BatchRec.Tests.Train;

public class SasrecRecommenderTests
{
    /// <summary>Items 2, 3, 4, 5 and 8 of ten are known.</summary>
    private static readonly TrainedModel Model = Untrained(new Vocabulary(10, [2, 3, 4, 5, 8]));

    [Fact]
    public void A_score_is_the_product_of_user_vector_and_item_vector_and_unknown_items_have_none()
    {
        using var recommender = new SasrecRecommender(Model, itemCount: 12);
        var log = InlineLog.OfItems(12, [2, 3], [8, 4, 2]);
        var queries = log.QueriesAtTheEnd();
        var scores = new float[2 * 12];
        recommender.Score(log, queries, scores);

        var users = recommender.Encode(log, queries);
        for (var i = 0; i < scores.Length; i++)
        {
            var (user, item) = (i / 12, i % 12);
            var product = Enumerable.Range(0, 16).Sum(d => users[user * 16 + d] * recommender.ItemVectors[item * 16 + d]);
            if (recommender.Knows(item)) Assert.Equal(product, scores[i], 1e-4f);
            else Assert.Equal((float.NegativeInfinity, 0f), (scores[i], product));
        }
        Assert.Equal([2, 3, 4, 5, 8], Enumerable.Range(0, 12).Where(recommender.Knows));
    }

    [Fact]
    public void Unknown_items_of_a_history_are_passed_over()
    {
        using var recommender = new SasrecRecommender(Model, itemCount: 12);
        var log = InlineLog.OfItems(12, [2, 3, 4], [0, 2, 11, 3, 4, 9]);
        var users = recommender.Encode(log, log.QueriesAtTheEnd());
        Assert.Equal(users[..16], users[16..]);
    }

    [Fact]
    public void A_history_without_a_known_item_cannot_be_scored()
    {
        using var recommender = new SasrecRecommender(Model, itemCount: 12);
        var log = InlineLog.OfItems(12, [0, 11], [], [5]);
        var queries = log.QueriesAtTheEnd();
        Assert.Equal([false, false, true], queries.Select(query => recommender.CanScore(log, query)));

        var scores = new float[3 * 12];
        recommender.Score(log, queries, scores);
        Assert.All(scores[..24], score => Assert.Equal(float.NegativeInfinity, score));
        Assert.Equal(5, scores[24..].Count(float.IsFinite));
        Assert.All(recommender.Encode(log, queries)[..32], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Only_the_last_events_of_a_history_of_100_000_count()
    {
        using var recommender = new SasrecRecommender(Model, itemCount: 10);
        var many = Enumerable.Range(0, 100_000).Select(i => 2 + i * 7 / 3 % 4).ToArray();
        var log = InlineLog.OfItems(10, many, many[^12..], [3]);
        var users = recommender.Encode(log, log.QueriesAtTheEnd());
        Assert.Equal(users[..16], users[16..32]);
    }

    [Fact]
    public void A_catalogue_smaller_than_the_models_is_of_another_id_map() =>
        Assert.Contains("not of the same id map", Assert.Throws<ArgumentException>(() => new SasrecRecommender(Model, itemCount: 9)).Message);

    [SkippableFact]
    public void A_missing_GPU_is_told()
    {
        Skip.If(TorchSharp.torch.cuda.is_available(), "There is a GPU here.");
        Assert.Contains("no usable CUDA device", Assert.Throws<BatchRecException>(() => new SasrecRecommender(Model, itemCount: 10, device: "cuda")).Message);
    }

    private static TrainedModel Untrained(Vocabulary vocabulary)
    {
        using var network = SequenceModel.Of(vocabulary, Histories.Small);
        network.Initialise(1);
        return new TrainedModel { Options = Histories.Small, Vocabulary = vocabulary, Seed = 1, Parameters = network.Arrays() };
    }
}
