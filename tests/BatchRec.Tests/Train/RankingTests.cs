using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Train;

public class RankingTests
{
    [Fact]
    public void The_rank_counts_higher_scores_and_ties_before_the_target() =>
        Assert.Equal([1, 3, 3, 4], new[] { 3, 0, 2, 1 }.Select(target => Ranking.Of(target, [2, 1, 2, 3])));

    [Fact]
    public void A_score_that_is_not_a_number_never_helps()
    {
        Assert.Equal(3, Ranking.Of(0, [float.NaN, 1, 2]));
        Assert.Equal(2, Ranking.Of(1, [float.NaN, 1, 0]));
    }

    [Fact]
    public void NDCG_of_one_target_is_one_over_the_logarithm_of_its_rank()
    {
        Assert.Equal(1, Ranking.Ndcg(1));
        Assert.Equal(0.5, Ranking.Ndcg(3), 12);
        Assert.Equal(1 / Math.Log2(11), Ranking.Ndcg(10), 12);
        Assert.Equal(0, Ranking.Ndcg(11));
    }
}
