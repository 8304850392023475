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
        (string Name, int From, int Until)[] lengths = [("history 1-4", 1, 5), ("history 5-19", 5, 20), ("history 20-99", 20, 100), ("history 100+", 100, int.MaxValue)];
        foreach (var (name, from, until) in lengths)
            segments.Add(name, cases, i => cases.Queries[i].End - split.Log.Offsets[cases.Queries[i].User] is var length && length >= from && length < until);
        var head = Head(counts);
        segments.Add("head items only", cases, i => CountOf(cases.TargetsOf(i), head) == cases.TargetsOf(i).Length);
        segments.Add("tail items only", cases, i => CountOf(cases.TargetsOf(i), head) == 0);
        return segments;
    }

    /// <summary>Segments without a case are left out.</summary>
    public IReadOnlyDictionary<string, SegmentValue> Averages(float[] ndcg10, float[] hr10) =>
        parts.Select(part => (part.Name, Cases: part.Cases.Where(i => float.IsFinite(ndcg10[i])).ToArray()))
            .Where(part => part.Cases.Length > 0)
            .ToDictionary(part => part.Name, part => new SegmentValue(part.Cases.Length, part.Cases.Average(i => ndcg10[i]), part.Cases.Average(i => hr10[i])));

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
