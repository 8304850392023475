using BatchRec.Blend;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Recommend;
using Xunit;

namespace BatchRec.Tests.Blend;

public class BlendConformanceTests : Checkerboard
{
    protected override IRecommender Fit(Sequences train) => new BlendedRecommender(
        [Markov.Fit(train), Slit.Fit(train, 100), ItemKnn.Fit(train), Popularity.OfAllTime(train)],
        BlendedRecommenderTests.Weights(["markov", "slit", "item-knn", "popularity"], 1, 0.5f, 0.5f, 0.1f), train);
}

public class BlendedRecommenderTests
{
    private const float None = float.NegativeInfinity;

    // Items 0 to 3 are known, 4 isn't.
    private static readonly Sequences Log = InlineLog.OfItems(5, [0, 1, 2, 3], [0]);

    [Fact]
    public void Scores_are_weighed_in_standard_deviations_from_each_rows_mean()
    {
        // Means 2 and 0, deviations √2 and 10.
        var one = new TableRecommender("one", [[2, 4, 2, 0, 9], [0, 0, 0, 0, 0]]);
        var other = new TableRecommender("other", [[10, 10, -10, -10, None], [0, 0, 0, 0, 0]]);
        var scores = Score(new BlendedRecommender([one, other], Weights(["one", "other"], 2, 3), Log), user: 0);
        var root = MathF.Sqrt(2);
        AssertClose([3, 2 * root + 3, -3, -2 * root - 3, None], scores);
    }

    [Fact]
    public void A_baselines_evidence_is_taken_as_the_logarithm_of_its_share()
    {
        // Shares of popularity 2, 1, 1, 1 of 5, times 4 items, and one: log(13/5) and three times log(9/5).
        var scores = Score(new BlendedRecommender([Popularity.OfAllTime(Log)], Weights(["popularity"], 1), Log), user: 0);
        // One of four stands out: √3 and -1/√3, whatever the unit.
        AssertClose([MathF.Sqrt(3), -1 / MathF.Sqrt(3), -1 / MathF.Sqrt(3), -1 / MathF.Sqrt(3), None], scores);
        // Of the last week 3, 1, 0 and 0 of 4.
        var log = InlineLog.Of(5, [(2, 0), (3, 0), (0, 20), (0, 21), (0, 22), (1, 23)]);
        var two = StandardScores.Of(Popularity.OfLastDays(log, InlineLog.At(24)), log, [new Query(0, 6, InlineLog.At(24))], [false, false, false, false, true])[..4];
        var logs = new[] { Math.Log(4), Math.Log(2), 0, 0 };
        var (mean, deviation) = (logs.Average(), Math.Sqrt(logs.Average(x => x * x) - logs.Average() * logs.Average()));
        AssertClose([.. logs.Select(x => (float)((x - mean) / deviation))], two);
    }

    [Fact]
    public void What_a_model_cannot_score_stands_far_below_its_mean()
    {
        // Mean 5, deviation √(8/3).
        float[] row = [5, None, 3, 7, 9];
        StandardScores.Of(row, [false, false, false, false, true]);
        AssertClose([0, -3, -MathF.Sqrt(1.5f), MathF.Sqrt(1.5f), -3], row);
        float[] nothing = [None, None];
        StandardScores.Of(nothing, [false, false]);
        Assert.Equal([0f, 0f], nothing);
        float[] alike = [0.1f, None, 0.1f];
        StandardScores.Of(alike, [false, false, false]);
        Assert.Equal([0f, 0f, 0f], alike);
    }

    [Fact]
    public void Weights_follow_the_length_of_the_history()
    {
        var (one, other) = (new TableRecommender("one", [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]]), new TableRecommender("other", [[0, 1, 0, 0, 0], [0, 1, 0, 0, 0]]));
        var log = InlineLog.OfItems(5, [0, 1, 2, 3, 0, 1], [0]);
        var blend = new BlendedRecommender([one, other], Weights(["one", "other"], 0, 1) with { Weights = [[1, 0], [0, 1], [0, 1], [0, 1]] }, log);
        Assert.Equal(1, Best(blend, log, 0));
        Assert.Equal(0, Best(blend, log, 1));
    }

    [Fact]
    public void A_part_that_weighs_nothing_need_not_be_there()
    {
        var one = new TableRecommender("one", [[2, 4, 2, 0, 9], [0, 0, 0, 0, 0]]);
        AssertClose(
            Score(new BlendedRecommender([one], Weights(["one"], 1), Log), 0),
            Score(new BlendedRecommender([one], Weights(["gone", "one"], 0, 1), Log), 0));
        Assert.Throws<KeyNotFoundException>(() => new BlendedRecommender([one], Weights(["gone", "one"], 1, 1), Log));
    }

    internal static BlendWeights Weights(string[] parts, params float[] weights) => new()
    {
        Parts = parts, Weights = [weights, weights, weights, weights], Cases = 1, Ndcg10 = 0, PartsNdcg10 = [], Reason = "",
    };

    private static int Best(BlendedRecommender blend, Sequences log, int user)
    {
        var scores = new float[5];
        blend.Score(log, [new Query(user, log.Offsets[user + 1], InlineLog.At(30))], scores);
        return Array.IndexOf(scores, scores.Max());
    }

    private static float[] Score(BlendedRecommender recommender, int user)
    {
        var scores = new float[recommender.ItemCount];
        recommender.Score(Log, [new Query(user, Log.Offsets[user + 1], InlineLog.At(30))], scores);
        return scores;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (float.IsInfinity(expected[i])) Assert.Equal(expected[i], actual[i]);
            else Assert.Equal(expected[i], actual[i], 1e-5f);
        }
    }
}
