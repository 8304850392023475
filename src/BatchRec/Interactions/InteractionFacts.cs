using System.Text.Json.Serialization;
using BatchRec.Runs;

namespace BatchRec.Interactions;

/// <summary>What extract wants known about a log: stands in its manifest.</summary>
public sealed record InteractionFacts
{
    private const string Name = "extraction";

    public required IdKind UserIdKind { get; init; }

    public required IdKind ItemIdKind { get; init; }

    /// <summary>The log holds what happened before this instant (microseconds since 1970, UTC): the next night's watermark.</summary>
    public required long AsOf { get; init; }

    /// <summary>SHA-256 of the query and what it was read with: another one makes other rows, also of days long past.</summary>
    public required string Query { get; init; }

    /// <summary>Slices of the log that didn't fit in memory and were sorted on disk.</summary>
    public int Spilled { get; init; }

    /// <summary>Were all days read, or those of the overlap only?</summary>
    public required bool Full { get; init; }

    /// <summary>Rows that were read tonight, skipped ones and duplicates included.</summary>
    public required long RowsRead { get; init; }

    /// <summary>Exact duplicates that collapsed tonight.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Rows that were skipped tonight, by reason; rows of <c>items.sql</c> and <c>users.sql</c> too, under their files' names.</summary>
    public required IReadOnlyDictionary<string, long> Skipped { get; init; }

    /// <summary>Days that have rows.</summary>
    public required int Days { get; init; }

    /// <summary>Days that were taken over from the previous log as they were.</summary>
    public required int DaysReused { get; init; }

    /// <summary>How long the source's vacuum was held back.</summary>
    public required double SnapshotSeconds { get; init; }

    /// <summary>For a person, in a line.</summary>
    [JsonIgnore]
    public string Summary =>
        $"{RowsRead:N0} rows read, {Days:N0} days ({DaysReused:N0} of them as they were)"
        + (Duplicates > 0 ? $", {Duplicates:N0} exact duplicates collapsed" : "")
        + (Skipped.Count > 0 ? $"; skipped: {string.Join(", ", Skipped.Select(reason => $"{reason.Value:N0} × {reason.Key}"))}" : "");

    internal void WriteTo(ArtefactDraft draft) => draft.Fact(Name, this);

    internal static InteractionFacts Of(Artefact artefact) => artefact.Manifest.Fact<InteractionFacts>(Name);
}
