using System.Numerics.Tensors;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Metrics;
using BatchRec.Evaluate.Splits;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>The parts' standardised scores on validation cases, kept so that weights can be tried by the hundred.</summary>
internal sealed class BlendCases
{
    private const int CasesABlock = 256;

    private readonly Split split;

    // (parts)(cases)(known items): halves take half the memory, and three digits are plenty.
    private readonly Half[][][] scores;

    // (cases)(targets) and (cases)(excluded items): columns, ascending; -1 for a target that training never saw.
    private readonly int[][] targets, excluded;

    /// <param name="split">Its training part is what the baselines among the parts were fitted on.</param>
    /// <param name="seen">What isn't recommended: no such item is ranked or a target. Cases without any other target are left out.</param>
    public BlendCases(Split split, IReadOnlyList<IRecommender> parts, SeenItems seen, CancellationToken ct)
    {
        var known = BlendedRecommender.Known(split.Train);
        var columns = new int[split.Log.ItemCount];
        Array.Fill(columns, -1);
        for (var column = 0; column < known.Length; column++) columns[known[column]] = column;
        var room = Array.Empty<int>();
        var all = Enumerable.Range(0, split.Cases.Count).Select(i =>
        {
            int[] hidden = [.. seen.Of(split.Log, split.Cases.Queries[i], ref room)];
            int[] wanted = [.. split.Cases.TargetsOf(i).ToArray().Except(hidden)];
            return (Case: i, Targets: Array.ConvertAll(wanted, item => columns[item]), Excluded: Array.ConvertAll(hidden, item => columns[item]));
        }).Where(one => one.Targets.Length > 0).ToArray();
        this.split = split with { Cases = split.Cases.Pick(Array.ConvertAll(all, one => one.Case)) };
        (targets, excluded) = (Array.ConvertAll(all, one => one.Targets), Array.ConvertAll(all, one => Array.FindAll(one.Excluded, column => column >= 0)));
        Columns = known.Length;
        scores = [.. parts.Select(part => Scores(part, known, ct))];
    }

    public int Count => targets.Length;

    public int Parts => scores.Length;

    /// <summary>Items that can be ranked.</summary>
    public int Columns { get; }

    public int UserOf(int index) => split.Cases.Queries[index].User;

    /// <summary>Class of <see cref="HistoryLength"/>.</summary>
    public int LengthOf(int index) => HistoryLength.ClassOf(split, index);

    /// <summary>Columns of the right answers; -1 for one that can't be ranked.</summary>
    public ReadOnlySpan<int> TargetsOf(int index) => targets[index];

    public ReadOnlySpan<int> ExcludedOf(int index) => excluded[index];

    /// <summary>The standardised scores of a part.</summary>
    /// <param name="row">(columns)</param>
    public void Read(int index, int part, Span<float> row) => TensorPrimitives.ConvertToSingle(scores[part][index], row);

    /// <summary>sums = Σ weight × score.</summary>
    /// <param name="sums">(columns)</param>
    /// <param name="row">(columns) to work in</param>
    public void Blend(int index, ReadOnlySpan<double> weights, Span<float> sums, Span<float> row)
    {
        sums.Clear();
        for (var part = 0; part < Parts; part++)
        {
            if (weights[part] == 0) continue;
            Read(index, part, row);
            TensorPrimitives.MultiplyAdd(row, (float)weights[part], sums, sums);
        }
    }

    /// <summary>(cases) NDCG@10 of the lists that the weights give.</summary>
    /// <param name="weights">of a case</param>
    public double[] Ndcg10(Func<int, double[]> weights)
    {
        const int k = 10;
        var values = new double[Count];
        Parallel.For(0, Count, () => (Top: new TopN(k), Items: new int[k], Best: new float[k], Sums: new float[Columns], Row: new float[Columns]), (index, _, room) =>
        {
            Blend(index, weights(index), room.Sums, room.Row);
            var ranked = room.Items.AsSpan(0, room.Top.Select(room.Sums, excluded[index], [], room.Items, room.Best));
            values[index] = Ndcg.At(k, ranked, targets[index]);
            return room;
        }, _ => { });
        return values;
    }

    private Half[][] Scores(IRecommender part, int[] known, CancellationToken ct)
    {
        var rows = new Half[Count][];
        for (var from = 0; from < Count; from += CasesABlock)
        {
            var start = from;
            StandardScores.ForEach(part, split.Log, split.Cases.Queries[from..Math.Min(from + CasesABlock, Count)], known,
                (i, row) => rows[start + i] = Array.ConvertAll(known, item => (Half)row.Span[item]), ct);
        }
        return rows;
    }
}
