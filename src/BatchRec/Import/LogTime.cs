using System.Globalization;

namespace BatchRec.Import;

/// <summary>Reads the time of a log line: ISO 8601 with or without a zone, or seconds since 1970.</summary>
/// <param name="zone">Applies to times without a zone.</param>
/// <param name="latest">No line is later than this; UTC.</param>
public sealed class LogTime(TimeZoneInfo zone, DateTime latest)
{
    /// <summary>Unix seconds of the year 5138: what is larger was meant as milliseconds or microseconds.</summary>
    private const decimal MaxUnixSeconds = 100_000_000_000;

    /// <summary>The instant (UTC, whole microseconds), or why there is none.</summary>
    public string? Parse(ReadOnlySpan<char> text, out DateTime time)
    {
        time = default;
        if (text.IsEmpty) return "no time";
        var fault = text is [_, _, _, _, '-', _, _, '-', ..] ? ParseIso(text, out time) : ParseUnixSeconds(text, out time);
        if (fault is not null) return fault;
        if (time < DateTime.UnixEpoch) return "time before 1970";
        if (time > latest) return "time in the future";
        time = new DateTime(time.Ticks - time.Ticks % TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
        return null;
    }

    private string? ParseIso(ReadOnlySpan<char> text, out DateTime time)
    {
        time = default;
        if (text.Length > 10 && text[10..].IndexOfAny("zZ+-") >= 0)
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)) return NotATime;
            time = instant.UtcDateTime;
            return null;
        }
        if (!DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return NotATime;
        // The hour that a clock skips in spring doesn't exist; shops' clocks that weren't set yet write it all the same.
        if (zone.IsInvalidTime(local)) local += TimeSpan.FromHours(1);
        time = TimeZoneInfo.ConvertTimeToUtc(local, zone);
        return null;
    }

    private static string? ParseUnixSeconds(ReadOnlySpan<char> text, out DateTime time)
    {
        time = default;
        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)) return NotATime;
        if (seconds < 0) return "time before 1970";
        if (seconds > MaxUnixSeconds) return "time too large for Unix seconds (milliseconds?)";
        time = DateTime.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        return null;
    }

    private const string NotATime = "time is neither ISO 8601 nor Unix seconds";
}
