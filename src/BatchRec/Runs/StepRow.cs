namespace BatchRec.Runs;

/// <summary>A row of <c>batchrec.run_step</c>. Times are UTC.</summary>
public sealed record StepRow
{
    public required RunId RunId { get; init; }
    public required Step Step { get; init; }
    public required StepState State { get; init; }

    /// <summary>How often it has started, over all epochs.</summary>
    public required int Attempt { get; init; }

    public string? HangfireJobId { get; init; }
    public DateTimeOffset? Started { get; init; }
    public DateTimeOffset? Finished { get; init; }
    public long? Rows { get; init; }
    public long? Bytes { get; init; }
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Of the step, 0 to 1.</summary>
    public float? Fraction { get; init; }

    public string? Message { get; init; }

    /// <summary>The last lines that the step's process wrote.</summary>
    public string? LogTail { get; init; }
}

public enum StepState
{
    Pending,
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,

    /// <summary>Not run, since the run ended before it.</summary>
    Skipped,
}

/// <summary>What a step leaves in its row when it ends.</summary>
public sealed record StepOutcome
{
    public long? Rows { get; init; }
    public long? Bytes { get; init; }
    public long? PeakMemoryBytes { get; init; }
    public string? Message { get; init; }
    public string? LogTail { get; init; }
}
