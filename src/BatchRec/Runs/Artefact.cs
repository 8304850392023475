using System.Security.Cryptography;

namespace BatchRec.Runs;

/// <summary>A finished, immutable artefact of a run: files, and the manifest that vouches for them.</summary>
public sealed class Artefact
{
    /// <summary>The day files of the log (Parquet), items and users: made by extract.</summary>
    public const string Interactions = "interactions";

    /// <summary>Users' sequences in buckets and the id maps: made by prepare.</summary>
    public const string Sequences = "sequences";

    /// <summary>The model that was trained on what lies before T: made by train.</summary>
    public const string HoldoutModel = "holdout-model";

    /// <summary>Metrics of models and baselines, and the values per case that the bootstrap needs: made by evaluate.</summary>
    public const string Evaluation = "evaluation";

    /// <summary>Verdict 1: made by gate.</summary>
    public const string Verdict = "verdict";

    /// <summary>The model that was trained on everything: made by refit.</summary>
    public const string Model = "model";

    /// <summary>Top-N lists in shards (Parquet): made by recommend.</summary>
    public const string TopN = "top-n";

    /// <summary>What each step makes; publish makes rows.</summary>
    public static IReadOnlyDictionary<Step, string> MadeBy { get; } = new SortedDictionary<Step, string>
    {
        [Step.Extract] = Interactions, [Step.Prepare] = Sequences, [Step.Train] = HoldoutModel, [Step.Evaluate] = Evaluation,
        [Step.Gate] = Verdict, [Step.Refit] = Model, [Step.Recommend] = TopN,
    };

    private readonly string _pool;

    internal Artefact(string folder, string pool, Manifest manifest, string sha256)
    {
        (Folder, _pool, Manifest, Sha256) = (folder, pool, manifest, sha256);
    }

    public string Folder { get; }

    public Manifest Manifest { get; }

    /// <summary>Of the manifest's bytes: one number that stands for the whole artefact.</summary>
    public string Sha256 { get; }

    public string PathOf(string name) => PathOf(Manifest.Files.FirstOrDefault(file => file.Name == name)
        ?? throw new BatchRecException($"Run {Manifest.Run}: {Manifest.Artefact} has no file {name}. Re-run the step that makes it: batchrec run --from …"));

    public string PathOf(ManifestFile file) => PathOf(file, Folder, _pool);

    internal static string PathOf(ManifestFile file, string folder, string pool) => file.Shared ? ArtefactStore.PoolPath(pool, file.Sha256, file.Name) : Path.Combine(folder, file.Name);

    /// <summary>Reads every file and compares it with the manifest.</summary>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed.</exception>
    public void Verify()
    {
        foreach (var file in Manifest.Files)
        {
            var path = PathOf(file);
            if (!File.Exists(path)) throw Damaged(file, "is missing");
            if (new FileInfo(path).Length is var bytes && bytes != file.Bytes) throw Damaged(file, $"has {bytes:N0} bytes where its manifest says {file.Bytes:N0}");
            if (HashOf(path) != file.Sha256) throw Damaged(file, "was changed after its manifest was written (SHA-256 differs)");
        }
    }

    internal static string HashOf(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private BatchRecException Damaged(ManifestFile file, string how) => new(
        $"Run {Manifest.Run}: {PathOf(file)} {how}. Nothing was published from it; remove {Folder} and run the night again: batchrec run --full");
}
