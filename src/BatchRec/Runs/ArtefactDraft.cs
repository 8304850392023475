using System.Text.Json;

namespace BatchRec.Runs;

/// <summary>An artefact in the making: files go into <see cref="Folder"/>; nobody sees them until the store has sealed it.</summary>
public sealed class ArtefactDraft
{
    private readonly string _pool;
    private readonly List<ManifestFile> _shared = [];
    private readonly Dictionary<string, long> _rows = [];
    private readonly Dictionary<string, string> _parents = [];
    private readonly Dictionary<string, JsonElement> _facts = [];

    internal ArtefactDraft(string folder, string work, string pool) => (Folder, WorkFolder, _pool) = (folder, work, pool);

    /// <summary>Empty at the start of every attempt.</summary>
    public string Folder { get; }

    /// <summary>Kept between attempts until the artefact is sealed: checkpoints and finished shards.</summary>
    public string WorkFolder { get; }

    /// <summary>Rows of the artefact as a whole.</summary>
    public long Rows { get; set; }

    public void Parent(Artefact artefact) => _parents[$"{artefact.Manifest.Run}/{artefact.Manifest.Artefact}"] = artefact.Sha256;

    public void Fact<T>(string name, T value) => _facts[name] = JsonSerializer.SerializeToElement(value, Manifest.Json);

    /// <summary>Notes the rows of a file in <see cref="Folder"/>.</summary>
    public void RowsOf(string name, long rows) => _rows[name] = rows;

    /// <summary>Moves a finished file into the pipeline's pool, where runs share it by its hash.</summary>
    public ManifestFile Share(string name, string path, long rows) => Share(name, path, rows, Artefact.HashOf(path));

    /// <inheritdoc cref="Share(string, string, long)"/>
    /// <param name="sha256">Of the file, by who has written it.</param>
    public ManifestFile Share(string name, string path, long rows, string sha256)
    {
        var file = new ManifestFile(name, Shared: true, new FileInfo(path).Length, rows, sha256);
        var pooled = ArtefactStore.PoolPath(_pool, file.Sha256, name);
        if (File.Exists(pooled) && Artefact.HashOf(pooled) == file.Sha256)
        {
            File.Delete(path);
            File.SetLastWriteTimeUtc(pooled, DateTime.UtcNow);
        }
        else
        {
            Durable.Move(path, pooled);
        }
        lock (_shared) _shared.Add(file);
        return file;
    }

    /// <summary>Where a file is now.</summary>
    public string PathOf(ManifestFile file) => Artefact.PathOf(file, Folder, _pool);

    /// <summary>Takes over a file of an earlier artefact as it is.</summary>
    public void Reuse(ManifestFile file)
    {
        if (!file.Shared) throw new ArgumentException($"{file.Name} is not in the pool.", nameof(file));
        lock (_shared) _shared.Add(file);
    }

    /// <summary>Takes over another artefact's files, rows and facts as they are.</summary>
    public void TakeOver(Artefact other)
    {
        foreach (var file in other.Manifest.Files)
        {
            if (file.Shared)
            {
                Reuse(file);
                continue;
            }
            var path = Path.Combine(Folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(other.PathOf(file), path);
            RowsOf(file.Name, file.Rows);
        }
        foreach (var (name, value) in other.Manifest.Facts) _facts[name] = value;
        Rows = other.Manifest.Rows;
        Parent(other);
    }

    internal Manifest Seal(string artefact, RunId run, DateTimeOffset now)
    {
        var own = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path =>
        {
            var name = Path.GetRelativePath(Folder, path);
            return new ManifestFile(name, Shared: false, new FileInfo(path).Length, _rows.GetValueOrDefault(name), Artefact.HashOf(path));
        });
        return new Manifest
        {
            Version = Manifest.CurrentVersion, Artefact = artefact, Run = run.Value, Created = now, Code = CodeVersion.Text, Rows = Rows,
            Files = [.. own, .. _shared.OrderBy(file => file.Name, StringComparer.Ordinal)], Parents = _parents, Facts = _facts,
        };
    }
}
