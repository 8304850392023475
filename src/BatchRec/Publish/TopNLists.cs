using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;

namespace BatchRec.Publish;

/// <summary>
/// What is to be published: Parquet shards with the columns user_id, item_ids, scores, sources (the last three lists in rank order), because where there are reasons, and what
/// readers need beside them.
/// </summary>
public sealed record TopNLists
{
    public const string UserIdColumn = "user_id", ItemIdsColumn = "item_ids", ScoresColumn = "scores", SourcesColumn = "sources";

    /// <summary>Lists of ids as the items': what of the history speaks for the first items, all of them one after the other; and for each of those, how many. May be missing.</summary>
    public const string BecauseColumn = "because", BecauseCountsColumn = "because_counts";

    /// <summary>Names of the shards begin so; <c>part-0003.parquet</c>.</summary>
    public const string ShardPrefix = "part-";

    /// <summary>Names of their deltas begin so, and go on as the shard's: <c>delta-0003.parquet</c>.</summary>
    public const string DeltaPrefix = "delta-";

    /// <summary>The user's dense index, the same in a shard and in its delta. Shards without one can do without.</summary>
    public const string UserColumn = "user";

    /// <summary>The list for users without a row.</summary>
    public const string DefaultFile = "default.parquet";

    /// <summary>Fact of the top-n manifest: how many items could be in a list.</summary>
    public const string CatalogueItemsFact = "catalogueItems";

    /// <summary>Each user stands in one of them, once.</summary>
    public required IReadOnlyList<Shard> Shards { get; init; }

    /// <summary>How many users have a list; null: nobody has counted.</summary>
    public long? Users { get; init; }

    /// <summary>Path of a Parquet file with one row, of the columns item_ids, scores and sources; null: there is none.</summary>
    public string? DefaultList { get; init; }

    /// <summary>Path of what extract has written of <c>items.sql</c>; null: there is none.</summary>
    public string? Items { get; init; }

    /// <summary>Items that could be in a list: the denominator of coverage.</summary>
    public required long CatalogueItems { get; init; }

    public required DateTimeOffset GeneratedAt { get; init; }

    /// <summary>The lists in a finished top-n artefact.</summary>
    /// <param name="items">Path of what extract has written of <c>items.sql</c>, or null.</param>
    /// <exception cref="BatchRecException">It holds no lists.</exception>
    public static TopNLists Of(Artefact topN, string? items)
    {
        var files = topN.Manifest.Files;
        var shards = ShardsOf(topN);
        if (shards.Count == 0) throw new BatchRecException($"{topN.Folder} holds no {ShardPrefix}*.parquet. Re-run the step that makes it: batchrec run --from recommend");
        return new TopNLists
        {
            Shards = shards, Users = topN.Manifest.Rows, DefaultList = files.FirstOrDefault(file => file.Name == DefaultFile) is { } list ? topN.PathOf(list) : null,
            Items = items, CatalogueItems = topN.Manifest.Fact<long>(CatalogueItemsFact), GeneratedAt = topN.Manifest.Created,
        };
    }

    /// <summary>The shards of a finished top-n artefact, by name.</summary>
    public static IReadOnlyList<Shard> ShardsOf(Artefact topN) => [.. FilesOf(topN).Select(files =>
        new Shard(topN.PathOf(files.Base), files.Base.Rows, files.Delta is { } delta ? new Shard(topN.PathOf(delta), delta.Rows) : null))];

    /// <summary>The files of its shards, by name.</summary>
    internal static IEnumerable<(ManifestFile Base, ManifestFile? Delta)> FilesOf(Artefact topN)
    {
        var deltas = topN.Manifest.Files.Where(file => file.Name.StartsWith(DeltaPrefix, StringComparison.Ordinal)).ToDictionary(file => file.Name[DeltaPrefix.Length..]);
        return topN.Manifest.Files.Where(file => file.Name.StartsWith(ShardPrefix, StringComparison.Ordinal)).OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => (file, deltas.GetValueOrDefault(file.Name[ShardPrefix.Length..])));
    }

    /// <summary>The types of the ids that the shards hold.</summary>
    /// <exception cref="BatchRecException">A column is missing or of another type, or the shards differ.</exception>
    internal (IdKind User, IdKind Item) IdKinds(DuckDb duck)
    {
        (IdKind, IdKind)? found = null;
        foreach (var shard in Shards.SelectMany(shard => shard.Files))
        {
            var columns = ParquetFile.Schema(duck, shard.Path).ToDictionary(column => column.Name, column => column.Type);
            var kinds = (KindOf(shard.Path, columns, UserIdColumn, ""), KindOf(shard.Path, columns, ItemIdsColumn, "[]"));
            Require(shard.Path, columns, ScoresColumn, "FLOAT[]");
            Require(shard.Path, columns, SourcesColumn, "VARCHAR[]");
            if (columns.ContainsKey(BecauseColumn))
            {
                Require(shard.Path, columns, BecauseColumn, columns[ItemIdsColumn]);
                Require(shard.Path, columns, BecauseCountsColumn, "INTEGER[]");
            }
            if (found is { } other && other != kinds)
                throw new BatchRecException($"{shard.Path} has other types of ids than {Shards[0].Path}: they are of different runs. Re-run the step that makes them: batchrec run --from recommend");
            found = kinds;
        }
        return found ?? throw new BatchRecException("There are no lists to publish. Re-run the step that makes them: batchrec run --from recommend");
    }

    private static IdKind KindOf(string path, Dictionary<string, string> columns, string name, string suffix) => columns.GetValueOrDefault(name) switch
    {
        var type when type == "BIGINT" + suffix => IdKind.BigInt,
        var type when type == "UUID" + suffix => IdKind.Uuid,
        var type when type == "VARCHAR" + suffix => IdKind.Text,
        var type => throw Wrong(path, name, type, $"BIGINT{suffix}, UUID{suffix} or VARCHAR{suffix}"),
    };

    private static void Require(string path, Dictionary<string, string> columns, string name, string wanted)
    {
        if (columns.GetValueOrDefault(name) is var type && type != wanted) throw Wrong(path, name, type, wanted);
    }

    private static BatchRecException Wrong(string path, string name, string? type, string wanted) => new(
        $"{path}: column {name} is {type ?? "missing"}, wanted is {wanted}. The file is of another version; re-run the step that makes it: batchrec run --from recommend");
}

/// <param name="Rows">Lists in the file, as its manifest has it.</param>
/// <param name="Delta">Newer lists, in the place of those of the same users or of users who have none here; null: there are none.</param>
public sealed record Shard(string Path, long Rows, Shard? Delta = null)
{
    /// <summary>The delta, where there is one, then the shard itself.</summary>
    public IReadOnlyList<Shard> Files => Delta is null ? [this] : [Delta, this];
}
