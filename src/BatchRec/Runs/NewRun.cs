namespace BatchRec.Runs;

/// <summary>What a run is started with.</summary>
public sealed record NewRun
{
    public required string Pipeline { get; init; }
    public required RunKind Kind { get; init; }

    /// <summary>Events at or after it are not read.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>When the schedule wanted it: a night that fires twice is one run. Null for a manual run.</summary>
    public DateTimeOffset? ScheduledFor { get; init; }

    public required long Seed { get; init; }

    /// <summary>The options of all stages (JSON), without secrets.</summary>
    public required string Options { get; init; }
}
