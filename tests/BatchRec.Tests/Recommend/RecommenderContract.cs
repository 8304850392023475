using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using Xunit;

namespace BatchRec.Tests.Recommend;

/// <summary>
/// What every recommender promises, trained on the checkerboard: 50 users and 51 items, user u walks the items of his own parity in a
/// circle, u + 2, u + 4, … (mod 50), and stops before item u; nobody ever touches item 50.
/// </summary>
/// <remarks>
/// <see cref="Fit"/> is called once a test; a recommender that is slow to train keeps the trained one in a static field. Those that know
/// users from one another derive from <see cref="Checkerboard"/>.
/// </remarks>
public abstract class RecommenderContract
{
    protected const int Walkers = 50;
    protected const int UntouchedItem = 50;

    /// <summary>(50 users × 24 events)</summary>
    protected static Sequences Train { get; } = InlineLog.OfItems(
        Walkers + 1, [.. Enumerable.Range(0, Walkers).Select(u => Enumerable.Range(1, 24).Select(step => (u + 2 * step) % Walkers).ToArray())]);

    protected abstract IRecommender Fit(Sequences train);

    /// <summary>How far a batch's score may lie from that of the query alone: above 0 only where a library sums in another order.</summary>
    protected virtual float Tolerance => 0;

    [Fact]
    public void A_batch_scores_as_its_queries_do_one_by_one()
    {
        var recommender = Fit(Train);
        // Histories of different lengths, so that a batch has to pad.
        var queries = Train.QueriesAtTheEnd().Select(q => q with { End = q.End - q.User % 7 }).ToArray();
        var batch = Score(recommender, Train, queries);
        for (var i = 0; i < queries.Length; i++)
            AssertClose(Score(recommender, Train, [queries[i]]), batch.AsSpan(i * recommender.ItemCount, recommender.ItemCount));
    }

    [Fact]
    public void Events_beyond_the_end_of_a_query_are_never_read()
    {
        var recommender = Fit(Train);
        var queries = Train.QueriesAtTheEnd().Select(q => q with { End = q.End - 5 }).ToArray();
        var changed = Copy(Train);
        foreach (var query in queries)
        {
            for (var i = query.End; i < changed.Offsets[query.User + 1]; i++)
            {
                changed.Items[i] = 7;
                changed.Times[i] += InlineLog.Day;
                changed.Values[i] = 1e9f;
            }
        }
        Assert.Equal(Score(recommender, Train, queries), Score(recommender, changed, queries));
    }

    [Fact]
    public void An_item_that_training_never_saw_cannot_be_scored()
    {
        var recommender = Fit(Train);
        var scores = Score(recommender, Train, Train.QueriesAtTheEnd());
        for (var row = 0; row < Walkers; row++)
            Assert.Equal(float.NegativeInfinity, scores[row * recommender.ItemCount + UntouchedItem]);
    }

    [Fact]
    public void Every_user_with_a_history_gets_a_score_and_none_is_NaN()
    {
        var recommender = Fit(Train);
        var scores = Score(recommender, Train, Train.QueriesAtTheEnd());
        Assert.DoesNotContain(scores, float.IsNaN);
        for (var row = 0; row < Walkers; row++)
            Assert.Contains(scores.AsSpan(row * recommender.ItemCount, recommender.ItemCount).ToArray(), float.IsFinite);
    }

    [Fact]
    public void An_empty_history_is_no_fault()
    {
        var recommender = Fit(Train);
        var scores = Score(recommender, Train, [new Query(0, 0, InlineLog.At(30)), new Query(1, Train.Offsets[2], InlineLog.At(30))]);
        Assert.DoesNotContain(scores, float.IsNaN);
        AssertClose(
            Score(recommender, Train, [new Query(1, Train.Offsets[2], InlineLog.At(30))]),
            scores.AsSpan(recommender.ItemCount, recommender.ItemCount));
    }

    /// <summary>Ids are dense and append-only: last week's model meets items that have come since.</summary>
    [Fact]
    public void Items_newer_than_the_recommender_are_passed_over_in_a_history()
    {
        var recommender = Fit(Train);
        int[] known = [3, 5, 7, 9, 11];
        var plain = InlineLog.OfItems(Train.ItemCount, known);
        var newer = InlineLog.OfItems(Train.ItemCount + 10, [.. known, Train.ItemCount + 4]);
        var time = InlineLog.At(30);
        Assert.Equal(Train.ItemCount, recommender.ItemCount);
        var scores = Score(recommender, newer, [new Query(0, 6, time)]);
        Assert.DoesNotContain(scores, float.IsNaN);
        AssertClose(Score(recommender, newer, [new Query(0, 5, time)]), Score(recommender, plain, [new Query(0, 5, time)]));
    }

    /// <summary>Nothing is remembered by user index: whoever came after training is served from his history.</summary>
    [Fact]
    public void A_user_whom_training_never_saw_is_served_from_history()
    {
        var recommender = Fit(Train);
        var strangers = InlineLog.OfItems(Train.ItemCount, [.. Enumerable.Range(0, Walkers).Reverse().Select(u => Train.ItemsOf(u).ToArray()), [8, 10]]);
        var time = InlineLog.At(30);
        AssertClose(
            Score(recommender, Train, [new Query(3, Train.Offsets[4], time)]),
            Score(recommender, strangers, [new Query(46, strangers.Offsets[47], time)]));
    }

    protected static float[] Score(IRecommender recommender, Sequences log, Query[] queries)
    {
        var scores = new float[queries.Length * recommender.ItemCount];
        Array.Fill(scores, float.NaN);
        recommender.Score(log, queries, scores);
        return scores;
    }

    private void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (float.IsInfinity(expected[i]) || Tolerance == 0) Assert.Equal(expected[i], actual[i]);
            else Assert.InRange(actual[i], expected[i] - Tolerance, expected[i] + Tolerance);
        }
    }

    private static Sequences Copy(Sequences log) => log.Until(log.Offsets.AsSpan(1));
}
