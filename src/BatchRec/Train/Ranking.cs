namespace BatchRec.Train;

/// <summary>NDCG@10 of one target a query in a full ranking, for early stopping; the evaluation has its own, wider measures.</summary>
internal static class Ranking
{
    public const int Depth = 10;

    /// <summary>DCG of the only relevant item: 1 / log₂(1 + rank), and 0 beyond rank 10 (Järvelin, Kekäläinen 2002).</summary>
    /// <param name="rank">counted from 1</param>
    public static double Ndcg(int rank) => rank <= Depth ? 1 / Math.Log2(1 + rank) : 0;

    /// <summary>
    /// Rank of <paramref name="target"/>, from 1. Items of equal score stand before it, so that a constant scorer gains nothing; a score that is
    /// not a number stands before it, and puts the target last when it is the target's.
    /// </summary>
    public static int Of(int target, ReadOnlySpan<float> scores)
    {
        var (own, rank) = (scores[target], 0);
        foreach (var score in scores) if (!(score < own)) rank++;
        return rank;
    }
}
