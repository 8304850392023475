using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Tests.Torch;
using BatchRec.Tests.Train;
using BatchRec.Tests.Train.Encoders;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Rerank;

public class RerankedCheckerboardTests : EncoderCheckerboard
{
    private static RerankedRecommender? _reranked;

    private protected override TrainOptions Options => Histories.Small;

    protected override IRecommender Fit(Sequences train) => _reranked ??= Over((SasrecRecommender)base.Fit(train), train);

    private static RerankedRecommender Over(SasrecRecommender model, Sequences train)
    {
        var options = Ring.Options with { Epochs = 3 };
        return new RerankedRecommender(model, new Reranker(RerankTraining.Run(train, model, options, Histories.Small, new RecommendOptions(), 1, null, default)!, model, "cpu"), 0.5);
    }
}

[Collection(LibtorchCollection.Name)]
public class RerankedRecommenderTests
{
    private const int Length = 12;
    private const double Weight = 0.7;

    [Fact]
    public void The_order_is_that_of_the_sum_of_both_scores_in_standard_deviations()
    {
        using var model = Ring.Model();
        using var reranker = new Reranker(Ring.Untrained(model) with { Options = Ring.Options with { Candidates = 30 } }, model, "cpu");
        var (queries, scores) = (Ring.Split.Cases.Queries, new float[Ring.Users * Ring.Items]);
        model.Score(Ring.Split.Log, queries, scores);
        var lists = Lists(new RerankedRecommender(model, reranker, Weight), queries, Length);
        var room = Array.Empty<int>();
        for (var i = 0; i < queries.Length; i++)
        {
            var seen = Ring.Seen.Of(Ring.Split.Log, queries[i], ref room).ToArray();
            var row = scores.AsSpan(i * Ring.Items, Ring.Items).ToArray();
            int[] candidates = [.. Enumerable.Range(0, Ring.Items).Except(seen).OrderByDescending(item => row[item]).Take(30)];
            var (first, second) = (Standard([.. candidates.Select(item => row[item])]), Standard(reranker.Scores(Ring.Split.Log, queries[i], candidates)));
            var sums = candidates.Select((item, at) => (Item: item, Score: first[at] + Weight * second[at])).OrderByDescending(one => one.Score).Take(Length).ToArray();
            Assert.Equal(sums.Select(one => one.Item), lists[i].Items);
            for (var at = 0; at < Length; at++) Assert.Equal(sums[at].Score, lists[i].Scores[at], 1e-4);
        }
    }

    [Fact]
    public void Whoever_else_is_asked_for_changes_no_bit()
    {
        using var model = Ring.Model();
        using var reranker = new Reranker(Ring.Untrained(model), model, "cpu");
        int[] candidates = [.. Enumerable.Range(0, Ring.Items)];
        var queries = Ring.Split.Cases.Queries;
        var all = Array.ConvertAll(queries, query => reranker.Scores(Ring.Split.Log, query, candidates));
        for (var i = queries.Length - 1; i >= 0; i -= 7) Assert.Equal(all[i], reranker.Scores(Ring.Split.Log, queries[i], candidates));
        // In another order, what each candidate gets is the same but for the order of sums.
        var turned = reranker.Scores(Ring.Split.Log, queries[0], [.. candidates.Reverse()]);
        for (var at = 0; at < candidates.Length; at++) Assert.Equal(all[0][at], turned[^(at + 1)], 1e-5f);
    }

    [Fact]
    public void With_weight_0_and_for_users_the_model_cannot_know_the_lists_are_as_they_were()
    {
        using var model = Ring.Model();
        using var reranker = new Reranker(Ring.Untrained(model), model, "cpu");
        var queries = Ring.Split.Cases.Queries;
        Assert.Equal(Lists(model, queries, Length).Select(list => string.Join(' ', list.Items)), Lists(new RerankedRecommender(model, reranker, 0), queries, Length).Select(list => string.Join(' ', list.Items)));
        // No event, and candidates that came after training.
        Assert.All(reranker.Scores(Ring.Split.Log, new Query(0, 0, 0), [1, 2]), score => Assert.Equal(float.NegativeInfinity, score));
        Assert.Equal([true, false], reranker.Scores(Ring.Split.Log, queries[0], [1, Ring.Items + 3]).Select(float.IsFinite));
        Assert.Equal([4, 2, 7], new RerankedList([2, 4, 7], [1, 5, -6], [float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity]).Order(9).Items);
    }

    [Fact]
    public void Ties_go_by_item_index() =>
        Assert.Equal([3, 5, 8, 9], new RerankedList([9, 5, 8, 3], [1, 1, 1, 1], [2, 2, 2, 2]).Order(1).Items);

    [Fact]
    public void Another_models_reranker_is_refused()
    {
        using var model = Ring.Model();
        var other = Ring.Untrained(model) with { FacetCount = 3 };
        Assert.Contains("3 facets an item, not 16 and 2", Assert.Throws<ArgumentException>(() => new Reranker(other, model, "cpu")).Message);
    }

    private static (int[] Items, float[] Scores)[] Lists(ISearchedRecommender recommender, Query[] queries, int n)
    {
        var lists = new (int[], float[])[queries.Length];
        recommender.Search([])!.Find(Ring.Split.Log, queries, n, (int i, ref int[] room) => Ring.Seen.Of(Ring.Split.Log, queries[i], ref room),
            (i, items, scores) => lists[i] = (items.ToArray(), scores.ToArray()), default);
        return lists;
    }

    private static double[] Standard(float[] scores)
    {
        var (mean, square) = (scores.Average(score => (double)score), scores.Average(score => (double)score * score));
        return [.. scores.Select(score => (score - mean) / Math.Sqrt(square - mean * mean))];
    }
}
