namespace BatchRec.Runs;

/// <summary>A run that has artefacts.</summary>
public sealed record RunFiles
{
    public required RunId RunId { get; init; }

    /// <summary>They are of no use any more: its tables aren't kept, and it is published or too old to be continued.</summary>
    public required bool Spent { get; init; }
}
