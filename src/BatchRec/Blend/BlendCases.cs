using System.Numerics.Tensors;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Metrics;
using BatchRec.Evaluate.Splits;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>
/// Validation cases with the parts' standardised scores of what any part has among its best hundred: weights are about what comes first, and are
/// tried on these by the hundred.
/// </summary>
internal sealed class BlendCases
{
    /// <summary>Of each part.</summary>
    private const int BestOfPart = 100;

    private const int Depth = 10;
    private const int MostCasesABlock = 256;
    private const long FloatsABlock = 1 << 24;

    private readonly Split split;

    // (cases)(parts × candidates)
    private readonly float[][] scores;

    // (cases)(targets): place among the candidates; -1 where no part has it among its best
    private readonly int[][] targets;

    /// <param name="split">Its training part is what the baselines among the parts were fitted on.</param>
    /// <param name="seen">What isn't recommended: no such item is a candidate or a target. Cases without any other target are left out.</param>
    public BlendCases(Split split, IReadOnlyList<IRecommender> parts, SeenItems seen, CancellationToken ct)
    {
        var room = Array.Empty<int>();
        var asked = Enumerable.Range(0, split.Cases.Count)
            .Select(i => (Case: i, Hidden: seen.Of(split.Log, split.Cases.Queries[i], ref room).ToArray(), Targets: split.Cases.TargetsOf(i).ToArray()))
            .Where(one => one.Targets.Except(one.Hidden).Any()).ToArray();
        this.split = split with { Cases = split.Cases.Pick(Array.ConvertAll(asked, one => one.Case)) };
        (Parts, scores, targets) = (parts.Count, new float[asked.Length][], new int[asked.Length][]);
        var unknown = BlendedRecommender.Unknown(split.Train, parts);
        var size = (int)Math.Clamp(FloatsABlock / Math.Max(1, (long)unknown.Length * Parts), 1, MostCasesABlock);
        for (var from = 0; from < asked.Length; from += size)
        {
            var start = from;
            var queries = this.split.Cases.Queries[from..Math.Min(from + size, asked.Length)];
            var rows = parts.Select(part => StandardScores.Of(part, split.Log, queries, unknown, ct)).ToArray();
            Blocks.For(0, queries.Length, Environment.ProcessorCount, () => new TopN(BestOfPart), (i, top) =>
            {
                var (_, hidden, wanted) = asked[start + i];
                var candidates = Candidates(rows, i, unknown, hidden, top);
                targets[start + i] = [.. wanted.Except(hidden).Select(item => Array.BinarySearch(candidates, item) is >= 0 and var place ? place : -1)];
                scores[start + i] = [.. rows.SelectMany(part => candidates.Select(item => part[i * unknown.Length + item]))];
            }, ct);
        }
    }

    public int Count => targets.Length;

    public int Parts { get; }

    public int UserOf(int index) => split.Cases.Queries[index].User;

    /// <summary>Class of <see cref="HistoryLength"/>.</summary>
    public int LengthOf(int index) => HistoryLength.ClassOf(split, index);

    public int CandidatesOf(int index) => scores[index].Length / Parts;

    /// <summary>Places of the right answers among the candidates; -1 for one that isn't there.</summary>
    public ReadOnlySpan<int> TargetsOf(int index) => targets[index];

    /// <summary>(candidates) standardised scores of a part</summary>
    public ReadOnlySpan<float> Scores(int index, int part) => scores[index].AsSpan(part * CandidatesOf(index), CandidatesOf(index));

    /// <summary>sums = Σ weight × score.</summary>
    /// <param name="sums">(candidates)</param>
    public void Blend(int index, ReadOnlySpan<double> weights, Span<float> sums)
    {
        sums.Clear();
        for (var part = 0; part < Parts; part++)
            if (weights[part] != 0) TensorPrimitives.MultiplyAdd(Scores(index, part), (float)weights[part], sums, sums);
    }

    /// <summary>(which) NDCG@10 of the lists that the weights give.</summary>
    /// <param name="weights">of a case</param>
    public double[] Ndcg10(int[] which, Func<int, double[]> weights)
    {
        var values = new double[which.Length];
        Parallel.For(0, which.Length, () => (Top: new TopN(Depth), Items: new int[Depth], Best: new float[Depth], Sums: new float[BestOfPart * Parts]), (i, _, room) =>
        {
            var (index, sums) = (which[i], room.Sums.AsMemory(0, CandidatesOf(which[i])));
            Blend(index, weights(index), sums.Span);
            values[i] = Ndcg.At(Depth, room.Items.AsSpan(0, room.Top.Select(sums.Span, [], [], room.Items, room.Best)), targets[index]);
            return room;
        }, _ => { });
        return values;
    }

    /// <summary>Mean NDCG@10 of cases under the same weights.</summary>
    public double Ndcg10(int[] which, double[] weights) => Ndcg10(which, _ => weights).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Items that any part has among its best, ascending.</summary>
    private static int[] Candidates(float[][] rows, int row, bool[] unknown, int[] hidden, TopN top)
    {
        var (items, best, all) = (new int[BestOfPart], new float[BestOfPart], new SortedSet<int>());
        foreach (var part in rows)
            all.UnionWith(items[..top.Select(part.AsSpan(row * unknown.Length, unknown.Length), hidden, unknown, items, best)]);
        return [.. all];
    }
}
