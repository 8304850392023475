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

    // Items that training never saw.
    private readonly int[] unseen;

    private DenseItems(int[] items, int[] counts)
    {
        rows = new Vocabulary(counts.Length, items);
        unseen = [.. Enumerable.Range(0, counts.Length).Where(item => counts[item] == 0)];
    }

    /// <param name="most">At most so many, ties by the smaller index.</param>
    public static DenseItems Of(Sequences train, int most)
    {
        var counts = Popularity.Counts(train);
        int[] items = [.. Enumerable.Range(0, train.ItemCount).Where(item => counts[item] > 0).OrderByDescending(item => counts[item]).ThenBy(item => item).Take(most)];
        Array.Sort(items);
        return new DenseItems(items, counts);
    }

    /// <summary>(rows) item index of each row, ascending</summary>
    public int[] Items => rows.Items;

    public int Count => rows.Rows;

    /// <summary>Size of the catalogue.</summary>
    public int ItemCount => rows.ItemCount;

    /// <summary>The item's row; -1 where it has none.</summary>
    public int RowOf(int item) => rows.RowOf(item);

    /// <summary>What is left out, as a sentence; null where nothing is.</summary>
    public string? Note(string name) => ItemCount - unseen.Length is var known && known > Count
        ? $"{name} knows the {Count:N0} most frequent of {known:N0} items (Evaluate:DenseItems)."
        : null;

    /// <summary>A (rows × rows) matrix of zeros.</summary>
    public float[] Square() => new float[(long)Count * Count];

    /// <summary>Calls for every row with its item and its place, a row by one thread from start to end: sums are the same whatever the thread count.</summary>
    public void ForRows(Action<int, int> fill) => Parallel.For(0, Count, row => fill(Items[row], row));

    /// <summary>The row of a matrix.</summary>
    public Span<float> Row(float[] matrix, int row) => matrix.AsSpan(row * Count, Count);

    /// <summary>Adds to a matrix what is above its diagonal below it, and the other way round.</summary>
    public void Mirror(float[] matrix)
    {
        const int Tile = 64;
        var tiles = (Count + Tile - 1) / Tile;
        // Tile by tile: a column of the whole matrix would touch as many pages as there are rows.
        Parallel.For(0, tiles, down =>
        {
            for (var across = 0; across <= down; across++)
                for (var row = down * Tile; row < Math.Min(Count, (down + 1) * Tile); row++)
                    for (var column = across * Tile; column < Math.Min(row, (across + 1) * Tile); column++)
                        matrix[row * Count + column] = matrix[column * Count + row] += matrix[row * Count + column];
        });
    }

    /// <summary>The lower Cholesky factor of gram + ridge · I.</summary>
    public torch.Tensor Factor(float[] gram, float ridge)
    {
        for (var row = 0; row < Count; row++) gram[row * Count + row] += ridge;
        using var matrix = tensor(gram, [Count, Count]);
        return linalg.cholesky(matrix);
    }

    /// <summary>
    /// What a solution weighs. In a large catalogue each row keeps its strongest weights alone: a history's items then have evidence of some thousands of items,
    /// and scoring them costs what it costs the other baselines.
    /// </summary>
    /// <param name="solution">(rows × rows)</param>
    public SparseRows Weights(float[] solution) => SparseRows.Strongest(ItemCount, Items, solution, Neighbours.Most(ItemCount));

    /// <summary>Sums to scores: 0, no weight, for what training saw, -∞ for the rest.</summary>
    public void ToScores(Span<float> sums)
    {
        foreach (var item in unseen) sums[item] = float.NegativeInfinity;
    }
}
