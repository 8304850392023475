using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;
using Xunit;

namespace BatchRec.Tests.Evaluate.Baselines;

public class BaselineTests
{
    private const float None = float.NegativeInfinity;
    private const int DenseItems = 100;

    [Fact]
    public void Popularity_counts_interactions()
    {
        var log = InlineLog.OfItems(4, [0, 1, 1], [1, 2]);
        Assert.Equal([1f, 3f, 1f, None], Scores(Popularity.OfAllTime(log), log));
    }

    [Fact]
    public void Recent_popularity_counts_the_days_before_the_cutoff_only()
    {
        var log = InlineLog.Of(4, [(0, 2), (1, 3), (2, 9.5), (3, 10)]);
        Assert.Equal([None, 1f, 1f, None], Scores(Popularity.OfLastDays(log, InlineLog.At(10), 7), log));
    }

    [Fact]
    public void Personal_frequency_halves_with_every_half_life()
    {
        // Asked on day 20. Item 0 twice, 20 and 10 days ago: 0.25 + 0.5; item 1 now: 1.
        var log = InlineLog.Of(3, [(0, 0), (0, 10), (1, 20)]);
        var scores = new float[3];
        PersonalFrequency.Fit(log, halfLifeDays: 10).Score(log, [new Query(0, 3, InlineLog.At(20))], scores);
        Assert.Equal([0.75f, 1f, None], scores);
    }

    [Fact]
    public void Personal_frequency_orders_one_basket_and_all_other_items_by_popularity()
    {
        // User 0 bought 3, 4 and 5 at once. Popularity: item 0 once, 1 three times, 2 twice, 3 once, 4 three times, 5 once.
        var log = InlineLog.Of(7, [(3, 5), (4, 5), (5, 5)], [(0, 1), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (4, 1), (4, 2)]);
        var scores = Scores(PersonalFrequency.Fit(log), log);
        Assert.Equal([4, 3, 5, 1, 2, 0, 6], Enumerable.Range(0, 7).OrderByDescending(item => scores[item]).ThenBy(item => item));
        Assert.Equal(scores[3], scores[5]);
    }

    [Fact]
    public void Markov_looks_three_steps_ahead()
    {
        // From item 0: 1 at gap 1, 2 at gap 2, 3 at gap 3, 4 beyond; row sum 1 + .7 + .49 = 2.19.
        var train = InlineLog.OfItems(5, [0, 1, 2, 3, 4]);
        var query = InlineLog.OfItems(5, [0]);
        AssertClose([None, 1 / 2.19f, .7f / 2.19f, .49f / 2.19f, None], Scores(Markov.Fit(train), query));
    }

    [Fact]
    public void Markov_weighs_older_items_less()
    {
        // 0 → 1 and 2 → 3, each for certain; the history is 2, then 0.
        var train = InlineLog.OfItems(4, [0, 1], [2, 3]);
        AssertClose([None, 1f, None, .7f], Scores(Markov.Fit(train), InlineLog.OfItems(4, [2, 0])));
    }

    [Fact]
    public void Item_knn_sums_the_cosines_of_binary_columns()
    {
        // Item 0 has users {0, 1}, item 1 {0}, item 2 {1, 2}, item 3 {2}: cosines 0-1 1/√2, 0-2 1/2, 2-3 1/√2, 1-2 none.
        var train = InlineLog.OfItems(4, [0, 1, 1], [0, 2], [2, 3]);
        var half = 1 / MathF.Sqrt(2);
        AssertClose([None, half, .5f, None], Scores(ItemKnn.Fit(train), InlineLog.OfItems(4, [0, 0])));
        AssertClose([half + .5f, half, .5f, half], Scores(ItemKnn.Fit(train), InlineLog.OfItems(4, [0, 1, 2])));
    }

    [Fact]
    public void Markov_knn_adds_the_two_after_scaling_each_to_maximum_one()
    {
        var train = InlineLog.OfItems(4, [0, 1, 1], [0, 2], [2, 3]);
        var (markov, knn) = (Markov.Fit(train), ItemKnn.Fit(train));
        // After 0: Markov has 1 at gaps 1 and 2 (1.7 of 2.7) and 2 (1 of 2.7); item-knn has 1 (1/√2) and 2 (1/2).
        AssertClose([None, 1 + 1, 1 / 1.7f + MathF.Sqrt(2) / 2, None], Scores(new MarkovKnn(markov, knn), InlineLog.OfItems(4, [0])));
    }

    [Fact]
    public void Fitting_alone_by_name_gives_what_fitting_all_gives()
    {
        var log = InlineLog.OfItems(5, [0, 1, 2, 4], [1, 2, 3], [4, 0]);
        var all = BaselineSet.Fit(log, InlineLog.At(9), DenseItems);
        Assert.Equal(BaselineSet.Names, all.Select(baseline => baseline.Name));
        foreach (var baseline in all)
            Assert.Equal(Scores(baseline, log), Scores(BaselineSet.Fit(baseline.Name, log, InlineLog.At(9), DenseItems), log));
        Assert.Contains("item-knn", Assert.Throws<BatchRecException>(() => BaselineSet.Fit("nobody", log, 0, DenseItems)).Message);
    }

    [Fact]
    public void A_log_of_one_user_and_one_item_is_no_fault()
    {
        var log = InlineLog.OfItems(1, [0]);
        foreach (var baseline in BaselineSet.Fit(log, InlineLog.At(1), DenseItems)) Assert.DoesNotContain(Scores(baseline, log), float.IsNaN);
    }

    [Fact]
    public void An_empty_log_is_no_fault()
    {
        var log = InlineLog.OfItems(0);
        Assert.Equal(BaselineSet.Names.Count, BaselineSet.Fit(log, InlineLog.At(1), DenseItems).Count);
    }

    private static float[] Scores(IRecommender recommender, Sequences log)
    {
        var scores = new float[recommender.ItemCount];
        recommender.Score(log, [new Query(0, log.Offsets[1], InlineLog.At(30))], scores);
        return scores;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-6f);
    }
}
