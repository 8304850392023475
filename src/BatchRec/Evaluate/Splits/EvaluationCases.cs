using System.Runtime.InteropServices;
using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>Questions and their right answers, as flat arrays. Targets are distinct; items that training never saw stay in as misses.</summary>
public sealed class EvaluationCases
{
    private EvaluationCases(Query[] queries, int[] offsets, int[] targets) => (Queries, TargetOffsets, Targets) = (queries, offsets, targets);

    /// <summary>(cases), ordered by user, then time</summary>
    public Query[] Queries { get; }

    /// <summary>(cases + 1)</summary>
    public int[] TargetOffsets { get; }

    /// <summary>Dense item indices, distinct and ascending within a case.</summary>
    public int[] Targets { get; }

    public int Count => Queries.Length;

    public ReadOnlySpan<int> TargetsOf(int index) => Targets.AsSpan(TargetOffsets[index]..TargetOffsets[index + 1]);

    /// <summary>The cases at these positions, in that order.</summary>
    public EvaluationCases Pick(ReadOnlySpan<int> positions)
    {
        var picked = new Collector();
        foreach (var position in positions) picked.Add(Queries[position], TargetsOf(position));
        return picked.Done();
    }

    internal sealed class Collector
    {
        private readonly List<Query> queries = [];
        private readonly List<int> offsets = [0];
        private readonly List<int> targets = [];

        /// <summary>Adds a case; repeats among its targets collapse.</summary>
        public void Add(Query query, ReadOnlySpan<int> items)
        {
            queries.Add(query);
            var from = targets.Count;
            targets.AddRange(items);
            var own = CollectionsMarshal.AsSpan(targets)[from..];
            own.Sort();
            var kept = 0;
            for (var i = 0; i < own.Length; i++)
                if (i == 0 || own[i] != own[kept - 1]) own[kept++] = own[i];
            CollectionsMarshal.SetCount(targets, from + kept);
            offsets.Add(targets.Count);
        }

        public EvaluationCases Done() => new([.. queries], [.. offsets], [.. targets]);
    }
}
