using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// A log cut at one instant T for everybody, so that no training sequence sees the future (Ji et al. 2023, "A critical study on data
/// leakage in recommender system offline evaluation"). The protocols over it share one copy of the training part.
/// </summary>
/// <param name="log">Everything, after T too.</param>
/// <param name="time">T, microseconds since 1970, UTC.</param>
/// <param name="targets">The event types that a recommendation is meant to bring about; others are history only.</param>
public sealed class TimeCutoff(Sequences log, long time, EventTypeSet targets)
{
    private Sequences? train;

    public TimeCutoff(Sequences log, long time) : this(log, time, new EventTypeSet(log, null)) { }

    /// <summary>T so many days before <paramref name="asOf"/>, both microseconds since 1970, UTC.</summary>
    public static long DaysBefore(long asOf, double days) => asOf - (long)(days * Sequences.MicrosecondsPerDay);

    /// <summary>The time below which the given share of all events lies.</summary>
    public static long AtQuantile(Sequences log, double share)
    {
        if (log.EventCount == 0) throw new BatchRecException("The interaction log is empty: there is no time to cut it at. Extract some interactions first.");
        var times = log.Times.AsSpan(0, (int)log.EventCount).ToArray();
        Array.Sort(times);
        return times[Math.Min((int)(share * times.Length), times.Length - 1)];
    }

    public Sequences Log => log;

    public long Time => time;

    /// <summary>(users) absolute end, exclusive, of each user's events before T; another one where the log was cut by other means than time</summary>
    public long[] Ends { get; init; } = log.EndsBefore(time);

    /// <summary>Whether events of one instant are a basket without an order; false: they come in the order of the log, as published studies have them.</summary>
    public bool Baskets { get; init; } = true;

    /// <summary>Everybody's events before T.</summary>
    public Sequences Train => train ??= log.Until(Ends);

    internal bool IsTarget(long position) => targets.Contains(log.Events[position]);

    internal Split Split(string protocol, EvaluationCases cases, int newUsers) =>
        new() { Protocol = protocol, Train = Train, Log = log, Cases = cases, Cutoff = time, NewUsers = newUsers };
}
