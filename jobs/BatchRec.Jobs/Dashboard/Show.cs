using BatchRec.Runs;

namespace BatchRec.Jobs.Dashboard;

/// <summary>Values as a person reads them.</summary>
internal static class Show
{
    /// <summary><c>42 s</c>, <c>3 min 20 s</c>, <c>1 h 05 min</c>, <c>2 d 3 h</c></summary>
    public static string Duration(TimeSpan span) => span switch
    {
        { TotalSeconds: < 10 } => $"{Math.Max(0, span.TotalSeconds):0.0} s",
        { TotalSeconds: < 60 } => $"{span.Seconds} s",
        { TotalHours: < 1 } => $"{span.Minutes} min {span.Seconds:00} s",
        { TotalDays: < 1 } => $"{span.Hours} h {span.Minutes:00} min",
        _ => $"{(int)span.TotalDays} d {span.Hours} h",
    };

    public static string Size(long bytes) => bytes >= 1L << 30 ? $"{bytes / (double)(1L << 30):0.0} GiB" : $"{bytes / (double)(1 << 20):0.#} MiB";

    /// <summary><c>1,234</c>, <c>12.3 k</c>, <c>4.5 M</c></summary>
    public static string Count(double number) => Math.Abs(number) switch
    {
        < 10_000 => $"{number:N0}",
        < 1_000_000 => $"{number / 1_000:0.#} k",
        < 1_000_000_000 => $"{number / 1_000_000:0.##} M",
        _ => $"{number / 1_000_000_000:0.##} G",
    };

    public static string Instant(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm} UTC";

    /// <summary>The script adds what time that is where the reader is.</summary>
    public static Markup Time(DateTimeOffset at) => Markup.Of($"""<time datetime="{at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}">{Instant(at)}</time>""");

    public static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>A run's or a step's state, with a sign beside its colour.</summary>
    public static Markup State(string state) => Markup.Of($"""<span class="br-state br-is-{state}"><span aria-hidden="true">{Sign(state)}</span> {state}</span>""");

    public static Markup State(RunRow run) => State(run.Withdrawn is null ? Name(run.State) : "withdrawn");

    public static string Sign(string state) => state switch
    {
        "done" or "published" => "✓",
        "running" => "▶",
        "failed" => "✕",
        "refused" => "⊘",
        "held" => "‖",
        "cancelled" or "skipped" => "–",
        "withdrawn" or "rolled back" => "↩",
        "baseline" => "◐",
        "stopped" => "‖",
        "released" => "▶",
        _ => "○",
    };
}
