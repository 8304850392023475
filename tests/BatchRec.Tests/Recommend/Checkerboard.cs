using BatchRec.Tests.Evaluate;
using Xunit;

namespace BatchRec.Tests.Recommend;

/// <summary>
/// The test whose right answer is obvious, for every recommender that tells users apart: on the checkerboard of
/// <see cref="RecommenderContract"/>, each user's one unseen item of his own parity comes first.
/// </summary>
/// <remarks>After the test that all of benfred/implicit's recommenders run (tests/recommender_base_test.py).</remarks>
public abstract class Checkerboard : RecommenderContract
{
    [Fact]
    public void The_held_out_item_of_the_users_own_parity_comes_first_among_the_unseen()
    {
        var recommender = Fit(Train);
        var scores = Score(recommender, Train, Train.QueriesAtTheEnd());
        for (var u = 0; u < Walkers; u++)
        {
            var seen = Train.ItemsOf(u).ToArray();
            var row = scores.AsSpan(u * recommender.ItemCount, recommender.ItemCount).ToArray();
            var best = Enumerable.Range(0, recommender.ItemCount).Except(seen).MaxBy(item => row[item]);
            Assert.Equal(u, best);
        }
    }
}
