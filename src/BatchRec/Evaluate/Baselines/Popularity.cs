using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>Count of interactions: of all time, or of the last days before the cutoff, which on fast-moving shops is hard to beat.</summary>
public sealed class Popularity : Baseline
{
    private readonly float[] scores;

    private Popularity(string name, ReadOnlySpan<int> counts)
    {
        Name = name;
        scores = new float[counts.Length];
        for (var i = 0; i < counts.Length; i++) scores[i] = counts[i] == 0 ? float.NegativeInfinity : counts[i];
    }

    public static Popularity OfAllTime(Sequences train) => new("popularity", Counts(train));

    /// <param name="cutoff">Microseconds since 1970, UTC; events in [cutoff − days, cutoff) count.</param>
    public static Popularity OfLastDays(Sequences train, long cutoff, int days = 7) =>
        new($"popularity-{days}d", Counts(train, cutoff - days * Sequences.MicrosecondsPerDay, cutoff));

    public override string Name { get; }

    public override int ItemCount => scores.Length;

    public override bool IsSameForAll => true;

    protected internal override void Score(Sequences log, Query query, Span<float> scores) => this.scores.CopyTo(scores);

    /// <summary>(items) events of each item in [from, until), microseconds since 1970, UTC</summary>
    public static int[] Counts(Sequences log, long from = long.MinValue, long until = long.MaxValue)
    {
        var counts = new int[log.ItemCount];
        for (var i = 0L; i < log.EventCount; i++)
            if (log.Times[i] >= from && log.Times[i] < until) counts[log.Items[i]]++;
        return counts;
    }
}
