using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// Where a night cuts its log: so many days before as-of, or earlier where hardly anybody has come since. A verdict needs answers to
/// judge by: a shop that pauses, or a log that ended long ago, is cut at the time below which 90 % of its events lie.
/// </summary>
public static class HoldoutCutoff
{
    /// <summary>Fewer returning users than this, and the interval of HR@10 is wider than the differences that a verdict is about.</summary>
    public const int EnoughUsers = 200;

    private const double QuietShare = 0.9;

    /// <param name="log">Not empty.</param>
    /// <param name="end">As-of, or the cutoff that this one is to lie before; microseconds since 1970, UTC.</param>
    /// <returns>microseconds since 1970, UTC</returns>
    public static long Of(Sequences log, long end, int days)
    {
        var byDays = TimeCutoff.DaysBefore(end, days);
        return ReturningUsers(log, byDays) >= EnoughUsers ? byDays : Math.Min(byDays, TimeCutoff.AtQuantile(log, QuietShare));
    }

    /// <summary>Users with events on both sides of the cutoff.</summary>
    private static int ReturningUsers(Sequences log, long cutoff)
    {
        var count = 0;
        for (var u = 0; u < log.UserCount; u++)
        {
            var (from, until) = (log.Offsets[u], log.Offsets[u + 1]);
            if (until - from >= 2 && log.Times[from] < cutoff && log.Times[until - 1] >= cutoff) count++;
        }
        return count;
    }
}
