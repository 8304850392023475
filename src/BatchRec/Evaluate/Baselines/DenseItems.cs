using System.Numerics.Tensors;
using BatchRec.Interactions;
using BatchRec.Train;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// The items of a linear model whose closed form needs a matrix of items × items: those that training saw, or, since memory grows with their
/// square and time with their cube, the most frequent of them.
/// </summary>
internal sealed class DenseItems
{
    private readonly Vocabulary rows;

    // (items) 0, no weight, for what training saw, -∞ for the rest
    private readonly float[] others;

    private DenseItems(int[] items, float[] others) => (rows, this.others) = (new Vocabulary(others.Length, items), others);

    /// <param name="most">At most so many, ties by the smaller index.</param>
    public static DenseItems Of(Sequences train, int most)
    {
        var counts = Popularity.Counts(train);
        int[] items = [.. Enumerable.Range(0, train.ItemCount).Where(item => counts[item] > 0).OrderByDescending(item => counts[item]).ThenBy(item => item).Take(most)];
        Array.Sort(items);
        return new DenseItems(items, Array.ConvertAll(counts, count => count > 0 ? 0 : float.NegativeInfinity));
    }

    /// <summary>(rows) item index of each row, ascending</summary>
    public int[] Items => rows.Items;

    public int Count => rows.Rows;

    /// <summary>Size of the catalogue.</summary>
    public int ItemCount => rows.ItemCount;

    /// <summary>The item's row; -1 where it has none.</summary>
    public int RowOf(int item) => rows.RowOf(item);

    /// <summary>What is left out, as a sentence; null where nothing is.</summary>
    public string? Note(string name) => others.Count(score => score == 0) is var known && known > Count
        ? $"{name} knows the {Count:N0} most frequent of {known:N0} items (Evaluate:DenseItems)."
        : null;

    /// <summary>A (rows × rows) matrix, a row filled by one thread from start to end: the sums are the same whatever the thread count.</summary>
    public float[] Fill(Action<int, Span<float>> fill)
    {
        var matrix = new float[(long)Count * Count];
        Parallel.For(0, Count, row => fill(Items[row], matrix.AsSpan(row * Count, Count)));
        return matrix;
    }

    /// <summary>The lower Cholesky factor of gram + ridge · I.</summary>
    public torch.Tensor Factor(float[] gram, float ridge)
    {
        for (var row = 0; row < Count; row++) gram[row * Count + row] += ridge;
        using var matrix = tensor(gram, [Count, Count]);
        return linalg.cholesky(matrix);
    }

    /// <summary>scores += factor × the row of weights.</summary>
    public void AddTo(Span<float> sums, float[] weights, int row, float factor)
    {
        var values = weights.AsSpan(row * Count, Count);
        TensorPrimitives.MultiplyAdd(values, factor, sums, sums);
    }

    /// <summary>Sums of the rows' items to scores of the catalogue's: 0, no weight, for the others that training saw, -∞ for the rest.</summary>
    public void ToScores(ReadOnlySpan<float> sums, Span<float> scores)
    {
        others.CopyTo(scores);
        for (var row = 0; row < Count; row++) scores[Items[row]] = sums[row];
    }
}
