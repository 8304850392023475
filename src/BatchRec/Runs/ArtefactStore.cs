using System.Security.Cryptography;
using System.Text.Json;

namespace BatchRec.Runs;

/// <summary>
/// The artefacts of one pipeline, below one folder that all workers mount:
/// <code>
/// root/pipeline/runs/20261122_020000_3f9a/interactions/manifest.json + files
/// root/pipeline/pool/3f/3f9a….parquet        files that runs share, under their hash
/// root/pipeline/tune/20261122_020000_3f9a/   checkpoints of a tuning's trials, and what it proposes
/// </code>
/// An artefact is built under a temporary name, fsync'ed and renamed: present means complete.
/// </summary>
public sealed class ArtefactStore(string root, string pipeline, TimeProvider clock)
{
    // NFS clients cache a folder's listing: what another worker has just sealed may take this long to appear.
    private static readonly TimeSpan AppearsWithin = TimeSpan.FromSeconds(60);

    // A step that is still running has put files into the pool that no manifest names yet.
    private static readonly TimeSpan UnsealedFor = TimeSpan.FromDays(1);

    private readonly string _folder = Path.Combine(Path.GetFullPath(root), pipeline);

    private string Pool => Path.Combine(_folder, "pool");

    /// <summary>The folder of all runs' folders.</summary>
    public string AllRuns => Path.Combine(_folder, "runs");

    /// <summary>The checkpoints and the result of a tuning.</summary>
    public string TuningFolder(string tuning) => Path.Combine(_folder, "tune", tuning);

    public string RunFolder(RunId run) => Path.Combine(AllRuns, run.Value);

    /// <summary>Where the artefact's draft keeps what outlives an attempt (<see cref="ArtefactDraft.WorkFolder"/>); gone once the artefact is sealed.</summary>
    public string WorkFolder(RunId run, string artefact) => FolderOf(run, artefact) + ".work";

    /// <summary>The finished artefact: at once where it is there already, else made by <paramref name="make"/>.</summary>
    public async Task<Artefact> GetOrCreateAsync(
        RunId run, string artefact, Func<ArtefactDraft, CancellationToken, Task> make, CancellationToken cancellation)
    {
        if (Find(run, artefact) is { } present) return present;

        var folder = FolderOf(run, artefact);
        // Of this attempt alone: one that was taken for dead and wakes up finds its folder gone, and can't write into its successor's.
        var (temporary, work) = ($"{folder}.{Guid.NewGuid():N}.tmp", WorkFolder(run, artefact));
        foreach (var left in LeftOf(folder)) Directory.Delete(left, recursive: true);
        Directory.CreateDirectory(temporary);
        Directory.CreateDirectory(work);
        Directory.CreateDirectory(Pool);

        var draft = new ArtefactDraft(temporary, work, Pool);
        await make(draft, cancellation);
        cancellation.ThrowIfCancellationRequested();

        var manifest = draft.Seal(artefact, run, clock.GetUtcNow());
        Durable.Write(Path.Combine(temporary, ManifestName), JsonSerializer.SerializeToUtf8Bytes(manifest, Manifest.Json));
        if (Find(run, artefact) is { } others)
        {
            Directory.Delete(temporary, recursive: true);
            return others;
        }
        Durable.MoveFolder(temporary, folder);
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        return Find(run, artefact)!;
    }

    private static string[] LeftOf(string folder) =>
        Directory.Exists(Path.GetDirectoryName(folder)) ? Directory.GetDirectories(Path.GetDirectoryName(folder)!, Path.GetFileName(folder) + ".*.tmp") : [];

    /// <summary>The artefact, or null where it isn't there (yet).</summary>
    /// <exception cref="BatchRecException">Its manifest is unreadable or of another version.</exception>
    public Artefact? Find(RunId run, string artefact)
    {
        var folder = FolderOf(run, artefact);
        var path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path)) return null;

        var bytes = File.ReadAllBytes(path);
        Manifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<Manifest>(bytes, Manifest.Json);
        }
        catch (JsonException exception)
        {
            throw new BatchRecException($"{path} is not a manifest: {exception.Message} Remove {folder} and re-run the step that makes it: batchrec run --from …", exception);
        }
        if (manifest?.Version != Manifest.CurrentVersion)
            throw new BatchRecException($"{path} has version {manifest?.Version}; this program reads version {Manifest.CurrentVersion}. Re-run the night with it: batchrec run --full");
        return new Artefact(folder, Pool, manifest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>The artefact with its files verified against the manifest, waited for up to a minute.</summary>
    /// <exception cref="BatchRecException">It is missing, truncated or changed.</exception>
    public async Task<Artefact> OpenAsync(RunId run, string artefact, CancellationToken cancellation)
    {
        var deadline = clock.GetUtcNow() + (Directory.Exists(RunFolder(run)) ? AppearsWithin : TimeSpan.Zero);
        var found = Find(run, artefact);
        while (found is null && clock.GetUtcNow() < deadline)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), clock, cancellation);
            found = Find(run, artefact);
        }
        if (found is null)
            throw new BatchRecException($"Run {run} has no {artefact} below {RunFolder(run)}. Is Artefacts:Folder the one that all workers share? Else re-run the step that makes it: batchrec run --from …");
        found.Verify();
        return found;
    }

    /// <summary>
    /// Removes what a run's steps from <paramref name="from"/> on have made, so that they make it anew. Checkpoints of <paramref name="from"/> itself stay:
    /// it goes on from them where it had not finished.
    /// </summary>
    public void Discard(RunId run, Step from)
    {
        foreach (var (step, artefact) in Artefact.MadeBy.Where(made => made.Key >= from))
        {
            var folder = FolderOf(run, artefact);
            if (Directory.Exists(folder))
            {
                // The manifest goes first: a folder without one is no artefact, should we die half-way.
                File.Delete(Path.Combine(folder, ManifestName));
                Directory.Delete(folder, recursive: true);
            }
            if (step > from && Directory.Exists(folder + ".work")) Directory.Delete(folder + ".work", recursive: true);
        }
    }

    /// <summary>Removes what a tuning has left.</summary>
    public void DiscardTuning(string tuning)
    {
        if (Directory.Exists(TuningFolder(tuning))) Directory.Delete(TuningFolder(tuning), recursive: true);
    }

    /// <summary>Runs that have files here; another database's nights may work in the same folder.</summary>
    public IReadOnlyList<RunId> Runs() =>
        Directory.Exists(AllRuns) ? [.. Directory.EnumerateDirectories(AllRuns).Select(folder => Path.GetFileName(folder)).Where(RunId.IsValid).Select(RunId.Parse)] : [];

    /// <summary>
    /// Removes the folders of runs, then the pooled files that no other run refers to; with a manifest that can't be read, nobody knows which those are, and
    /// the pool stays as it is.
    /// </summary>
    public void Collect(IEnumerable<RunId> spent)
    {
        foreach (var run in spent)
            if (Directory.Exists(RunFolder(run))) Directory.Delete(RunFolder(run), recursive: true);
        if (!Directory.Exists(AllRuns)) return;

        HashSet<string> referred;
        try
        {
            referred = Directory.GetFiles(AllRuns, ManifestName, SearchOption.AllDirectories)
                .SelectMany(path => JsonSerializer.Deserialize<Manifest>(File.ReadAllBytes(path), Manifest.Json)!.Files)
                .Where(file => file.Shared).Select(file => PoolPath(Pool, file.Sha256, file.Name)).ToHashSet();
        }
        catch (Exception fault) when (fault is JsonException or IOException)
        {
            // Perhaps another database's night has just moved or removed one.
            return;
        }
        if (!Directory.Exists(Pool)) return;
        foreach (var file in Directory.EnumerateFiles(Pool, "*", SearchOption.AllDirectories))
            if (!referred.Contains(file) && clock.GetUtcNow() - File.GetLastWriteTimeUtc(file) > UnsealedFor) File.Delete(file);
    }

    internal static string PoolPath(string pool, string sha256, string name)
    {
        var folder = Path.Combine(pool, sha256[..2]);
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, sha256 + Path.GetExtension(name));
    }

    private const string ManifestName = "manifest.json";

    private string FolderOf(RunId run, string artefact) => Path.Combine(RunFolder(run), artefact);
}
