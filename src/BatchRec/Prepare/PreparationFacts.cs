using System.Text.Json.Serialization;
using BatchRec.Interactions;
using BatchRec.Runs;

namespace BatchRec.Prepare;

/// <summary>What prepare wants known about its sequences: stands in their manifest.</summary>
public sealed record PreparationFacts
{
    private const string Name = "preparation";

    public required IdKind UserIdKind { get; init; }

    public required IdKind ItemIdKind { get; init; }

    /// <summary>Of all nights so far: those who have no event any more included.</summary>
    public required int Users { get; init; }

    /// <inheritdoc cref="Users"/>
    public required int Items { get; init; }

    /// <summary>In the order in which they were first seen, on any night.</summary>
    public required IReadOnlyList<string> EventTypes { get; init; }

    public required int UsersPerBucket { get; init; }

    /// <summary>The events lie before this instant (microseconds since 1970, UTC).</summary>
    public required long AsOf { get; init; }

    /// <summary>Buckets that were taken over from the previous night as they were.</summary>
    public required int BucketsReused { get; init; }

    /// <summary>For a person, in a line.</summary>
    [JsonIgnore]
    public string Summary => $"{Users:N0} users, {Items:N0} items, event types {string.Join(", ", EventTypes)}; {BucketsReused:N0} buckets as they were";

    internal void WriteTo(ArtefactDraft draft) => draft.Fact(Name, this);

    internal static PreparationFacts Of(Artefact artefact) => artefact.Manifest.Fact<PreparationFacts>(Name);
}
