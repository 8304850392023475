namespace BatchRec.Generate;

/// <summary>How large a synthetic shop is, and which one of that size.</summary>
public sealed record GenerateRequest
{
    public int Users { get; init; } = 2_000;

    public int Items { get; init; } = 500;

    public long Events { get; init; } = 100_000;

    public int Days { get; init; } = 90;

    /// <summary>The same seed, sizes and <see cref="Until"/> give the same rows.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The shop's last day ends here, exclusive; UTC.</summary>
    public required DateTime Until { get; init; }

    private const int LeastEventsAUser = 5;

    /// <summary>Every fault, a sentence each.</summary>
    public IEnumerable<string> Faults()
    {
        if (Users is < 1 or > 100_000_000) yield return $"--users is {Users:N0}; use 1 to 100,000,000.";
        if (Items is < 1 or > 10_000_000) yield return $"--items is {Items:N0}; use 1 to 10,000,000.";
        if (Events < (long)Users * LeastEventsAUser) yield return $"--events is {Events:N0} for {Users:N0} users; use {(long)Users * LeastEventsAUser:N0} or more, so that each has some.";
        if (Days is < 1 or > 3_650) yield return $"--days is {Days:N0}; use 1 to 3,650.";
        if (Until.Year is < 1990 or > 2200) yield return $"--until is {Until:yyyy-MM-dd}; use a day from 1990 to 2200.";
    }
}
