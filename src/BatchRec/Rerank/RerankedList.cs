using BatchRec.Blend;

namespace BatchRec.Rerank;

/// <summary>One query's candidates, by what ranks them and by what re-ranks them, in one unit: standard deviations from the candidates' mean.</summary>
internal sealed class RerankedList
{
    private readonly int[] _items;
    private readonly double[] _first, _second;

    /// <param name="items">(n) candidates</param>
    /// <param name="scores">(n) by which they were found</param>
    /// <param name="reranked">(n) <see cref="Reranker.Scores"/>; -∞, where it has none, counts as their mean</param>
    public RerankedList(int[] items, float[] scores, float[] reranked) => (_items, _first, _second) = (items, Standard(scores), Standard(reranked));

    /// <returns>items and scores, the highest first, ties by item index</returns>
    public (int[] Items, float[] Scores) Order(double weight)
    {
        var scores = new double[_items.Length];
        for (var i = 0; i < scores.Length; i++) scores[i] = _first[i] + weight * _second[i];
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => _items[i])];
        return (Array.ConvertAll(order, i => _items[i]), Array.ConvertAll(order, i => (float)scores[i]));
    }

    private static double[] Standard(float[] scores)
    {
        var first = Array.Find(scores, score => score > float.NegativeInfinity);
        var (count, sum, squares) = Sums.OfScored(scores, first);
        if (count == 0) return new double[scores.Length];
        var (mean, scale) = Sums.Standard(sum / count, squares / count - sum / count * (sum / count), first);
        return Array.ConvertAll(scores, score => score > float.NegativeInfinity ? (score - mean) * scale : 0);
    }
}
