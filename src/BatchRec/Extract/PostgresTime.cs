using System.Globalization;
using BatchRec.Interactions;

namespace BatchRec.Extract;

/// <summary>Instants as microseconds since 1970 (UTC), days as days since 1970, and both as PostgreSQL writes and counts them.</summary>
internal static class PostgresTime
{
    public const long MicrosecondsPerDay = Sequences.MicrosecondsPerDay;

    /// <summary>2000-01-01, from which PostgreSQL counts, in microseconds since 1970.</summary>
    public const long Epoch = 946_684_800_000_000;

    public const string MinusInfinity = "(timestamptz '-infinity')", Infinity = "(timestamptz 'infinity')";

    public static long Microseconds(DateTimeOffset instant) => (instant - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Instant(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public static int DayOf(long microseconds) => (int)Math.DivRem(microseconds, MicrosecondsPerDay).Quotient;

    public static string Literal(long microseconds) =>
        $"(timestamptz '{Instant(microseconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture)}+00')";
}
