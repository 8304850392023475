namespace BatchRec.Evaluate.Baselines;

/// <summary>An items × items matrix that is mostly zeros: the neighbours of each item and their weights, by ascending item index.</summary>
internal sealed class SparseRows
{
    private readonly int[][] columns;
    private readonly float[][] weights;

    private SparseRows(int[][] columns, float[][] weights) => (this.columns, this.weights) = (columns, weights);

    public int RowCount => columns.Length;

    /// <summary>Adds <paramref name="factor"/> × row <paramref name="item"/>; a place that had -∞, no evidence, starts from 0.</summary>
    public void AddTo(Span<float> scores, int item, float factor)
    {
        var (row, values) = (columns[item], weights[item]);
        for (var i = 0; i < row.Length; i++)
        {
            ref var score = ref scores[row[i]];
            score = float.IsNegativeInfinity(score) ? factor * values[i] : score + factor * values[i];
        }
    }

    /// <summary>
    /// Builds every row in an accumulator of its own thread, so that memory is bounded by the result. A row is made by one thread from
    /// start to end: the sums are the same whatever the thread count.
    /// </summary>
    /// <param name="mostNeighbours">The heaviest so many are kept, ties by the smaller index.</param>
    /// <param name="fill">Adds the weights of one row into (row, accumulator).</param>
    public static SparseRows Build(int itemCount, int mostNeighbours, Action<int, Accumulator> fill)
    {
        var (columns, weights) = (new int[itemCount][], new float[itemCount][]);
        Parallel.For(0, itemCount, () => new Accumulator(itemCount), (row, _, accumulator) =>
        {
            fill(row, accumulator);
            (columns[row], weights[row]) = accumulator.Take(mostNeighbours);
            return accumulator;
        }, _ => { });
        return new SparseRows(columns, weights);
    }

    /// <summary>One dense row, and which of its places were touched.</summary>
    public sealed class Accumulator(int itemCount)
    {
        private readonly float[] sums = new float[itemCount];
        private readonly List<int> touched = [];

        /// <param name="weight">Above 0.</param>
        public void Add(int column, float weight)
        {
            ref var sum = ref sums[column];
            if (sum == 0) touched.Add(column);
            sum += weight;
        }

        /// <summary>The weights of what was touched, to be changed in place.</summary>
        public void Scale(Func<int, float, float> change)
        {
            foreach (var column in touched) sums[column] = change(column, sums[column]);
        }

        /// <summary>Empties the accumulator into a row.</summary>
        public (int[] Columns, float[] Weights) Take(int most)
        {
            var columns = touched.ToArray();
            if (columns.Length > most)
            {
                Array.Sort(columns, (a, b) => sums[b].CompareTo(sums[a]) is var order and not 0 ? order : a.CompareTo(b));
                columns = columns[..most];
            }
            Array.Sort(columns);
            var weights = Array.ConvertAll(columns, column => sums[column]);
            foreach (var column in touched) sums[column] = 0;
            touched.Clear();
            return (columns, weights);
        }
    }
}
