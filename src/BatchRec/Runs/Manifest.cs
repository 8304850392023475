using System.Text.Json;

namespace BatchRec.Runs;

/// <summary>What an artefact holds and comes from: written last, so a folder with a manifest is a whole artefact.</summary>
public sealed record Manifest
{
    /// <summary>Raised when the meaning of a file or field changes; another version is refused, never guessed at.</summary>
    public const int CurrentVersion = 1;

    public static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public required int Version { get; init; }
    public required string Artefact { get; init; }
    public required string Run { get; init; }
    public required DateTimeOffset Created { get; init; }

    /// <summary>Version of the program that made it.</summary>
    public required string Code { get; init; }

    public required long Rows { get; init; }
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>What it was made from: <c>run/artefact</c> → SHA-256 of that manifest.</summary>
    public required IReadOnlyDictionary<string, string> Parents { get; init; }

    /// <summary>What the step wants known: counts of skipped rows, the cutoff, the options and seed it ran with.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Facts { get; init; }

    /// <exception cref="BatchRecException">There is no such fact: the artefact is of another making.</exception>
    public T Fact<T>(string name) => Facts.TryGetValue(name, out var value)
        ? value.Deserialize<T>(Json)!
        : throw new BatchRecException($"Run {Run}: the manifest of {Artefact} has no fact '{name}'. Re-run the step that makes it: batchrec run --from …");
}

/// <param name="Name">As the step knows it: <c>day=2026-03-01.parquet</c>.</param>
/// <param name="Shared">True: it stands under its hash in the pipeline's pool, shared between runs; false: in the artefact's folder.</param>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record ManifestFile(string Name, bool Shared, long Bytes, long Rows, string Sha256);
