using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchRec.Parquet;
using BatchRec.Recommend;
using BatchRec.Recommend.Search;

namespace BatchRec.Evaluate.Baselines;

/// <summary>An items × items matrix of weights, most of them missing: each item's neighbours.</summary>
internal sealed class SparseRows
{
    // Columns of a row by ascending item index. A row that is more than half full stands as a dense one, with columns null: that is
    // smaller, and adding it is one vector operation.
    private readonly int[]?[] columns;
    private readonly float[][] weights;

    private SparseRows(int[]?[] columns, float[][] weights) => (this.columns, this.weights) = (columns, weights);

    public int RowCount => columns.Length;

    /// <summary>Adds to sums, which are 0 where no row has any weight: <paramref name="factor"/> × row <paramref name="item"/>.</summary>
    public void AddTo(Span<float> sums, int item, float factor)
    {
        var (row, values) = (columns[item], weights[item]);
        if (row is null) TensorPrimitives.MultiplyAdd(values, factor, sums, sums);
        else
        {
            ref var first = ref MemoryMarshal.GetReference(sums);
            ref var column = ref MemoryMarshal.GetArrayDataReference(row);
            // Columns are items, and sums has as many; a row has a column for each value: nothing to check.
            for (var i = 0; i < values.Length; i++) Unsafe.Add(ref first, Unsafe.Add(ref column, i)) += factor * values[i];
        }
    }

    /// <summary>The weights of a row that are not 0.</summary>
    public IEnumerable<(int Column, float Weight)> Of(int item) =>
        weights[item].Select((weight, i) => (columns[item] is { } row ? row[i] : i, weight)).Where(one => one.weight != 0);

    /// <summary>Sums to scores: what no row has added to has no evidence, and the score for that is -∞.</summary>
    public static void ZerosToNoEvidence(Span<float> sums) => sums.Replace(0f, float.NegativeInfinity);

    /// <summary>
    /// Builds every row in an accumulator of its own thread, so that memory is bounded by the result. A row is made by one thread from
    /// start to end: the sums are the same whatever the thread count.
    /// </summary>
    /// <param name="mostNeighbours">The heaviest so many are kept, ties by the smaller index.</param>
    /// <param name="fill">Adds the weights of one row into (row, accumulator).</param>
    public static SparseRows Build(int itemCount, int mostNeighbours, Action<int, Accumulator> fill)
    {
        var (columns, weights) = (new int[]?[itemCount], new float[itemCount][]);
        Parallel.For(0, itemCount, () => new Accumulator(itemCount), (row, _, accumulator) =>
        {
            fill(row, accumulator);
            (columns[row], weights[row]) = accumulator.Take(mostNeighbours);
            return accumulator;
        }, _ => { });
        return new SparseRows(columns, weights);
    }

    /// <summary>The strongest weights of each row of a dense matrix, whatever their sign.</summary>
    /// <param name="items">(rows) item of each row and column, ascending; items without a row have no weights</param>
    /// <param name="matrix">(rows × rows)</param>
    /// <param name="mostNeighbours">So many are kept, ties by the smaller index.</param>
    public static SparseRows Strongest(int itemCount, int[] items, float[] matrix, int mostNeighbours)
    {
        var (columns, weights) = (new int[]?[itemCount], new float[itemCount][]);
        Array.Fill(columns, []);
        Array.Fill(weights, []);
        Parallel.For(0, items.Length, () => (Top: new TopN(mostNeighbours), Sizes: new float[items.Length], Kept: new int[mostNeighbours], Best: new float[mostNeighbours]), (row, _, room) =>
        {
            var own = matrix.AsSpan(row * items.Length, items.Length);
            TensorPrimitives.Abs(own, room.Sizes);
            var kept = room.Kept.AsSpan(0, room.Top.Select(room.Sizes, [], [], room.Kept, room.Best));
            kept.Sort();
            (columns[items[row]], weights[items[row]]) = kept.Length > itemCount / 2 ? (null, Scattered(own, items, itemCount)) : Picked(own, items, kept);
            return room;
        }, _ => { });
        return new SparseRows(columns, weights);
    }

    private const string NeighboursColumn = "neighbours", WeightsColumn = "weights";

    /// <summary>How many weights there are.</summary>
    public long Count => weights.Sum(row => (long)row.Length);

    /// <summary>Ranges of rows that have so many weights between them, or a little more.</summary>
    public IEnumerable<(int From, int Until)> Parts(long weightsAPart)
    {
        var (from, count) = (0, 0L);
        for (var item = 0; item < RowCount; item++)
        {
            count += weights[item].Length;
            if (count < weightsAPart && item < RowCount - 1) continue;
            yield return (from, item + 1);
            (from, count) = (item + 1, 0);
        }
    }

    /// <summary>Writes rows as a Parquet file: a row an item, with its neighbours' item indices and their weights.</summary>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    public void Write(string path, int from, int until)
    {
        var offsets = new int[until - from + 1];
        for (var item = from; item < until; item++) offsets[item - from + 1] = offsets[item - from] + weights[item].Length;
        var neighbours = new int[offsets[^1]];
        for (var item = from; item < until; item++)
        {
            var own = neighbours.AsSpan(offsets[item - from]..offsets[item - from + 1]);
            if (columns[item] is { } row) row.CopyTo(own);
            else for (var column = 0; column < own.Length; column++) own[column] = column;
        }
        float[] values = [.. weights[from..until].SelectMany(row => row)];
        ParquetFile.Write(path, ParquetFile.Lz4,
            Column.List(NeighboursColumn, offsets, Column.Int("item", neighbours)), Column.List(WeightsColumn, offsets, Column.Float("weight", values)));
    }

    /// <param name="paths">of all rows' files, in their order</param>
    /// <param name="itemCount">of the catalogue, which may have grown since the rows were written</param>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed.</exception>
    public static SparseRows Read(IReadOnlyList<string> paths, int itemCount)
    {
        var (columns, weights) = (new int[]?[itemCount], new float[itemCount][]);
        Array.Fill(columns, []);
        Array.Fill(weights, []);
        if (paths.Count == 0) return new SparseRows(columns, weights);
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, paths, NeighboursColumn, WeightsColumn);
        for (var item = 0; rows.Next();)
            for (var row = 0; row < rows.Rows; row++, item++)
            {
                ReadOnlySpan<int> neighbours = rows.List(0, row).Ints();
                ReadOnlySpan<float> values = rows.List(1, row).Floats();
                (columns[item], weights[item]) = neighbours.Length > itemCount / 2 ? (null, Scattered(values, neighbours, itemCount)) : (neighbours.ToArray(), values.ToArray());
            }
        return new SparseRows(columns, weights);
    }

    private static float[] Scattered(ReadOnlySpan<float> row, ReadOnlySpan<int> items, int itemCount)
    {
        var all = new float[itemCount];
        for (var column = 0; column < items.Length; column++) all[items[column]] = row[column];
        return all;
    }

    private static (int[] Columns, float[] Weights) Picked(ReadOnlySpan<float> row, int[] items, ReadOnlySpan<int> kept)
    {
        var (columns, weights) = (new int[kept.Length], new float[kept.Length]);
        for (var i = 0; i < kept.Length; i++) (columns[i], weights[i]) = (items[kept[i]], row[kept[i]]);
        return (columns, weights);
    }

    /// <summary>One dense row, and which of its places were touched.</summary>
    public sealed class Accumulator(int itemCount)
    {
        private readonly float[] sums = new float[itemCount];
        private readonly List<int> touched = [];
        private uint[] keys = [];
        private ulong[] heavy = [];

        /// <param name="weight">Above 0.</param>
        public void Add(int column, float weight)
        {
            ref var sum = ref sums[column];
            if (sum == 0) touched.Add(column);
            sum += weight;
        }

        /// <summary>Replaces what was added to (column, sum).</summary>
        public void Scale(Func<int, float, float> change)
        {
            foreach (var column in touched) sums[column] = change(column, sums[column]);
        }

        /// <summary>Empties the accumulator into a row of the heaviest so many.</summary>
        public (int[]? Columns, float[] Weights) Take(int most)
        {
            var kept = touched.Count > most ? Heaviest(most) : touched.ToArray();
            Array.Sort(kept);
            (int[]? Columns, float[] Weights) row = kept.Length > itemCount / 2
                ? (null, Dense(kept))
                : (kept, Array.ConvertAll(kept, column => sums[column]));
            foreach (var column in touched) sums[column] = 0;
            touched.Clear();
            return row;
        }

        /// <summary>By weight, ties by the smaller index.</summary>
        private int[] Heaviest(int most)
        {
            if (keys.Length < touched.Count) (keys, heavy) = (new uint[2 * touched.Count], new ulong[2 * touched.Count]);
            for (var i = 0; i < touched.Count; i++) keys[i] = NthLargest.Key(sums[touched[i]]);
            var least = NthLargest.Of(keys.AsSpan(0, touched.Count), most);
            var count = 0;
            for (var i = 0; i < touched.Count; i++)
            {
                heavy[count] = (ulong)~keys[i] << 32 | (uint)touched[i];
                count += keys[i] >= least ? 1 : 0;
            }
            heavy.AsSpan(0, count).Sort();
            return Array.ConvertAll(heavy[..most], one => (int)(uint)one);
        }

        private float[] Dense(int[] kept)
        {
            var row = new float[itemCount];
            foreach (var column in kept) row[column] = sums[column];
            return row;
        }
    }
}
