using BatchRec.Configuration;

namespace BatchRec.Extract;

/// <summary>Section <c>Extract</c>.</summary>
public sealed record ExtractOptions : IStageOptions
{
    /// <summary>Days before the last published night that are read again: rows that were committed late or corrected are found there.</summary>
    public int OverlapDays { get; init; } = 3;

    /// <summary>Connections that read at the same time; 0: one a core, as long as each has 256 of <see cref="MemoryMiB"/>.</summary>
    public int Slices { get; init; }

    /// <summary>Share of rows with null ids and the like above which the night is given up: then the query is wrong, not a few rows.</summary>
    public double MaxSkippedShare { get; init; } = .05;

    /// <summary>For rows that are read and sorted, over all connections, and half of what the process may have at most; a slice that doesn't fit is sorted on disk.</summary>
    public int MemoryMiB { get; init; } = 2048;

    /// <summary>The snapshot holds the source's vacuum back: reading that takes longer is given up.</summary>
    public int MaxSnapshotMinutes { get; init; } = 240;

    public IEnumerable<string> Faults()
    {
        if (OverlapDays is < 0 or > 366) yield return $"Extract:OverlapDays is {OverlapDays}; use 0 to 366, 3 where rows arrive within a few days.";
        if (Slices is < 0 or > 64) yield return $"Extract:Slices is {Slices}; use 1 to 64, or 0 for one a core.";
        if (MaxSkippedShare is not (>= 0 and <= 1)) yield return $"Extract:MaxSkippedShare is {MaxSkippedShare}; use 0 (no row may be skipped) to 1 (all may).";
        if (MemoryMiB < 256) yield return $"Extract:MemoryMiB is {MemoryMiB}; use 256 or more.";
        if (MaxSnapshotMinutes < 1) yield return $"Extract:MaxSnapshotMinutes is {MaxSnapshotMinutes}; use 1 or more.";
    }
}
