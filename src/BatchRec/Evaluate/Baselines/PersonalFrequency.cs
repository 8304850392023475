using System.Runtime.InteropServices;
using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// What shops that are bought from again and again have to be measured against: the user's own items by frequency with recency,
/// Σ over his events with the item of 0.5^(age / half-life), then everything else by popularity.
/// </summary>
/// <remarks>
/// Own items have positive scores, the others popularity − 1 in [-1, 0). Own items with equal sums (one basket) stand in the order of
/// popularity; for that they are set apart by one float.
/// </remarks>
public sealed class PersonalFrequency : Baseline
{
    private readonly int[] counts;
    private readonly float[] others;
    private readonly double halfLifeDays;

    private PersonalFrequency(int[] counts, double halfLifeDays)
    {
        (this.counts, this.halfLifeDays) = (counts, halfLifeDays);
        var most = counts.DefaultIfEmpty().Max() + 1.0;
        others = Array.ConvertAll(counts, count => count == 0 ? float.NegativeInfinity : (float)(count / most - 1));
    }

    /// <param name="halfLifeDays">After so many days an event counts half.</param>
    public static PersonalFrequency Fit(Sequences train, double halfLifeDays = 60) => new(Popularity.Counts(train), halfLifeDays);

    public const string Id = "personal-frequency";

    public override string Name => Id;

    public override int ItemCount => counts.Length;

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        others.CopyTo(scores);
        var own = new Dictionary<int, double>();
        for (var i = log.Offsets[query.User]; i < query.End; i++)
        {
            var item = log.Items[i];
            if (item >= counts.Length || counts[item] == 0) continue;
            var age = Math.Max(query.Time - log.Times[i], 0) / (double)Sequences.MicrosecondsPerDay;
            CollectionsMarshal.GetValueRefOrAddDefault(own, item, out _) += Math.Pow(0.5, age / halfLifeDays);
        }
        // From the least upwards, so that each stands at least one float above what it has to beat.
        var (below, previous) = (0f, (Weight: double.NaN, Count: -1));
        foreach (var (item, weight) in own.OrderBy(e => e.Value).ThenBy(e => counts[e.Key]))
        {
            var same = weight == previous.Weight && counts[item] == previous.Count;
            below = same ? below : Math.Max((float)weight, MathF.BitIncrement(below));
            previous = (weight, counts[item]);
            scores[item] = below;
        }
    }
}
