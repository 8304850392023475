using BatchRec.Evaluate.Splits;

namespace BatchRec.Evaluate;

/// <summary>The cases by length of history and by popularity of the target: an average hides who is served badly.</summary>
public sealed class Segments
{
    private readonly List<(string Name, int[] Cases)> parts = [];

    private Segments() { }

    /// <param name="counts">(items) training events of each item; the head is the items that take half of them, the tail the rest.</param>
    public static Segments Of(Split split, int[] counts)
    {
        var segments = new Segments();
        var cases = split.Cases;
        for (var length = 0; length < HistoryLength.Names.Count; length++)
        {
            var own = length;
            segments.Add(HistoryLength.Names[length], cases, i => HistoryLength.ClassOf(split, i) == own);
        }
        var head = Head(counts);
        segments.Add("head items only", cases, i => CountOf(cases.TargetsOf(i), head) == cases.TargetsOf(i).Length);
        segments.Add("tail items only", cases, i => CountOf(cases.TargetsOf(i), head) == 0);
        return segments;
    }

    /// <summary>One dictionary a recommender. Segments without a case are left out.</summary>
    /// <param name="users">(cases) whose case it is.</param>
    /// <param name="ndcg10">One (cases) array a recommender; NaN in all of them where no target was left.</param>
    public IReadOnlyList<IReadOnlyDictionary<string, SegmentValue>> Averages(int[] users, IReadOnlyList<float[]> ndcg10, IReadOnlyList<float[]> hr10, int resamples, ulong seed)
    {
        var averages = ndcg10.Select(_ => new Dictionary<string, SegmentValue>()).ToArray();
        foreach (var (name, all) in parts)
        {
            var cases = all.Where(i => float.IsFinite(ndcg10[0][i])).ToArray();
            if (cases.Length == 0) continue;
            float[] Of(float[] values) => Array.ConvertAll(cases, i => values[i]);
            var bootstrap = PairedBootstrap.Of(Array.ConvertAll(cases, i => users[i]), [.. ndcg10.Select(Of)], resamples, seed);
            for (var column = 0; column < averages.Length; column++)
            {
                var (low, high) = bootstrap.Interval(column);
                averages[column][name] = new SegmentValue(cases.Length, bootstrap.Mean(column), Of(hr10[column]).Average(), low, high);
            }
        }
        return averages;
    }

    private void Add(string name, EvaluationCases cases, Func<int, bool> belongs) =>
        parts.Add((name, [.. Enumerable.Range(0, cases.Count).Where(belongs)]));

    private static int CountOf(ReadOnlySpan<int> targets, bool[] head)
    {
        var count = 0;
        foreach (var target in targets)
            if (head[target]) count++;
        return count;
    }

    private static bool[] Head(int[] counts)
    {
        var head = new bool[counts.Length];
        var left = counts.Sum(count => (long)count) / 2;
        foreach (var item in Enumerable.Range(0, counts.Length).OrderByDescending(item => counts[item]).ThenBy(item => item))
        {
            if (left <= 0) break;
            head[item] = true;
            left -= counts[item];
        }
        return head;
    }
}
