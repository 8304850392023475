using Cronos;

namespace BatchRec.Configuration;

/// <summary>When a pipeline's night runs.</summary>
public sealed record ScheduleOptions : IStageOptions
{
    /// <summary>False: the pipeline runs by <c>batchrec run</c> only.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Five fields: minute, hour, day, month, weekday. Better not between 02:00 and 03:00 of a zone with summer time, where a day has that hour twice or never.</summary>
    public string Cron { get; init; } = "0 4 * * *";

    /// <summary>IANA name of the zone that <see cref="Cron"/> is meant in.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The night that was due last at <paramref name="now"/>: what fires late, or twice, still is that night.</summary>
    /// <returns>Null where the schedule has no occurrence in the four years before.</returns>
    public DateTimeOffset? LastDue(DateTimeOffset now)
    {
        var (cron, zone) = (CronExpression.Parse(Cron), TimeZoneInfo.FindSystemTimeZoneById(TimeZone));
        // Cronos looks ahead only: search back in growing steps, four years for a 29 February.
        foreach (var days in (int[])[1, 8, 32, 367, 4 * 366])
            if (cron.GetOccurrences(now.AddDays(-days), now, zone, fromInclusive: true, toInclusive: true).LastOrDefault() is var due && due != default)
                return due.ToUniversalTime();
        return null;
    }

    public IEnumerable<string> Faults()
    {
        if (!CronExpression.TryParse(Cron, out _))
            yield return $"Schedule:Cron is '{Cron}'; write five fields (minute, hour, day, month, weekday), such as '0 4 * * *' for every day at 04:00.";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            yield return $"Schedule:TimeZone is '{TimeZone}', which this machine does not know; write an IANA name such as UTC or Europe/Berlin, or install tzdata.";
    }
}
