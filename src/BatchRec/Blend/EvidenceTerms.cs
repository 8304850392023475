using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;

namespace BatchRec.Blend;

/// <summary>What the evidence of baselines adds to the scores of a query: Σ over baselines of weight × log share / deviation. One thread's room.</summary>
/// <param name="parts">and the places of their weights</param>
/// <param name="known">How many items the log holds that they were fitted on.</param>
internal sealed class EvidenceTerms(IReadOnlyList<(Baseline Baseline, int Part)> parts, int itemCount, int known)
{
    private readonly Evidence _evidence = new(itemCount, known);

    /// <summary>(items) 0 where there is none</summary>
    public float[] Terms { get; } = new float[itemCount];

    /// <returns>what the blend's score has besides, of every item: -Σ weight × mean / deviation</returns>
    public double Read(Sequences log, Query query, ReadOnlySpan<float> weights)
    {
        Terms.AsSpan().Clear();
        var constant = 0.0;
        foreach (var (baseline, part) in parts)
        {
            if (weights[part] == 0) continue;
            _evidence.Read(baseline, log, query);
            var factor = weights[part] * _evidence.Scale;
            constant -= factor * _evidence.Mean;
            ReadOnlySpan<int> items = _evidence.Items;
            ReadOnlySpan<float> logs = _evidence.Logs[..items.Length];
            var weight = (float)factor;
            ref var first = ref MemoryMarshal.GetArrayDataReference(Terms);
            // They are items, and terms has as many: nothing to check.
            for (var i = 0; i < items.Length; i++) Unsafe.Add(ref first, items[i]) += weight * logs[i];
        }
        return constant;
    }
}
