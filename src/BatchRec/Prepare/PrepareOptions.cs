using BatchRec.Configuration;

namespace BatchRec.Prepare;

/// <summary>Section <c>Prepare</c>.</summary>
public sealed record PrepareOptions : IStageOptions
{
    /// <summary>Users whose events share a file: the unit that is rebuilt when one of them has been active. Another number rebuilds all.</summary>
    public int UsersPerBucket { get; init; } = 16_384;

    /// <summary>
    /// For events that are grouped by user, and half of what the process may have at most. More than fit are grouped some buckets at a time, and the days read again for
    /// each time.
    /// </summary>
    public int MemoryMiB { get; init; } = 2048;

    public IEnumerable<string> Faults()
    {
        if (MemoryMiB < 64) yield return $"Prepare:MemoryMiB is {MemoryMiB}; use 64 or more, 2048 where in doubt.";
        if (UsersPerBucket is < 1 or > 1_000_000) yield return $"Prepare:UsersPerBucket is {UsersPerBucket}; use 1 to 1000000 users, 16384 where in doubt.";
    }
}
