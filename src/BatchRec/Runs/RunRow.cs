namespace BatchRec.Runs;

/// <summary>A row of <c>batchrec.run</c>. Times are UTC.</summary>
public sealed record RunRow
{
    public required RunId RunId { get; init; }
    public required string Pipeline { get; init; }
    public required RunKind Kind { get; init; }

    /// <summary>The night's instant: events at or after it are not read.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>When the schedule wanted it; null for a manual run.</summary>
    public DateTimeOffset? ScheduledFor { get; init; }

    public required RunState State { get; init; }

    /// <summary>Raised by every start or restart of a step: whoever holds an older one changes nothing any more.</summary>
    public required int Epoch { get; init; }

    public required long Seed { get; init; }

    /// <summary>The options of all stages as they stood at the start (JSON).</summary>
    public required string Options { get; init; }

    public required string CodeVersion { get; init; }
    public required DateTimeOffset Created { get; init; }
    public DateTimeOffset? Started { get; init; }
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Both verdicts (JSON): <c>quality</c> by the gate, <c>rows</c> by publish.</summary>
    public required string Verdict { get; init; }

    /// <summary>NDCG@10 of the holdout model over that of the best baseline.</summary>
    public double? Lift { get; init; }

    /// <summary>When a rollback took its publication back.</summary>
    public DateTimeOffset? Withdrawn { get; init; }

    /// <summary>Why it ended as it did.</summary>
    public string? Message { get; init; }

    public bool IsActive => State is RunState.Queued or RunState.Running;
}

public enum RunKind
{
    /// <summary>Reads and trains everything anew.</summary>
    Full,

    /// <summary>Reads what is new since the live run's watermark, and the overlap.</summary>
    Delta,
}

public enum RunState
{
    Queued,
    Running,

    /// <summary>By one of the two verdicts; the live tables are as they were.</summary>
    Refused,

    /// <summary>Its lists are made, and a hold kept them from being published.</summary>
    Held,
    Failed,
    Cancelled,
    Published,
}
