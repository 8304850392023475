using BatchRec.Runs;

namespace BatchRec.Plan;

/// <summary>What a step is expected to take; null where nothing is known.</summary>
public sealed record StepPlan
{
    public required Step Step { get; init; }

    /// <summary>That it makes: interactions, lists, lines of a report; as its row says when it is done.</summary>
    public long? Rows { get; init; }

    public double? Seconds { get; init; }

    /// <summary>The time is a bound, not an expectation.</summary>
    public bool AtMost { get; init; }

    public long? PeakMemoryBytes { get; init; }

    /// <summary>In files below the artefact folder.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Where the numbers come from.</summary>
    public required string From { get; init; }
}
