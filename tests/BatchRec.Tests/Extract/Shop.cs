using System.Globalization;
using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Tests.Extract;

/// <summary>A source database with one table of interactions, and a store for what is extracted from it.</summary>
public sealed class Shop : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-shop-").FullName;
    private int _runs;

    private Shop(NpgsqlDataSource source)
    {
        Source = source;
        Interactions = "SELECT user_id, item_id, event_type, time, value, position FROM interaction WHERE time >= @from AND time < @until";
    }

    public NpgsqlDataSource Source { get; }

    /// <summary>The text of interactions.sql, items.sql and users.sql.</summary>
    public string Interactions { get; set; }
    public string? Items { get; set; }
    public string? Users { get; set; }

    public SourceOptions SourceOptions { get; set; } = new();
    public ExtractOptions Options { get; set; } = new();

    /// <summary>Below which artefacts are kept; null: in a folder of this shop's own.</summary>
    public string? StoreFolder { get; set; }

    public ArtefactStore Store => new(StoreFolder ?? _folder, "default", TimeProvider.System);

    public static Task<Shop> OpenAsync(PostgresCluster cluster, Action<NpgsqlConnectionStringBuilder> set) => OpenAsync(cluster, "bigint", set);

    public static async Task<Shop> OpenAsync(PostgresCluster cluster, string idType = "bigint", Action<NpgsqlConnectionStringBuilder>? set = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(await cluster.CreateDatabaseAsync());
        set?.Invoke(settings);
        var shop = new Shop(NpgsqlDataSource.Create(settings));
        await shop.Execute($"CREATE TABLE interaction (user_id {idType}, item_id {idType}, event_type text, time timestamptz, value numeric, position bigint)");
        return shop;
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public async Task Execute(string sql)
    {
        await using var connection = await Source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>Inserts interactions of value 1; times are like <c>2026-03-01 12:00</c>, in UTC.</summary>
    public Task Add(params (object User, object Item, string Time)[] rows) => Execute("INSERT INTO interaction VALUES " +
        string.Join(", ", rows.Select(row => $"('{row.User}', '{row.Item}', 'view', '{row.Time}+00', 1, NULL)")));

    public async Task<Artefact> Extract(string asOf, Artefact? previous = null, bool full = false, CancellationToken cancellation = default)
    {
        var queries = new SourceQueries(SourceQuery.Parse("interactions.sql", Interactions),
            Items is null ? null : SourceQuery.Parse("items.sql", Items), Users is null ? null : SourceQuery.Parse("users.sql", Users));
        return await Store.GetOrCreateAsync(NextRun(), Artefact.Interactions, (draft, token) =>
            Extraction.RunAsync(Source, queries, SourceOptions, Options, Instant(asOf), previous, full, draft, rows: null, token), cancellation);
    }

    public RunId NextRun() => RunId.Parse(string.Create(CultureInfo.InvariantCulture, $"20260301_0000{_runs++:00}_0000"));

    public static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    /// <summary>All rows in the order of days and files, like <c>7 views 30 at 2026-03-01 12:00:00</c>.</summary>
    public static IReadOnlyList<string> Rows(Artefact artefact)
    {
        var log = InteractionLog.Open(artefact);
        var texts = new List<string>();
        using var duck = new DuckDb();
        foreach (var day in log.Days)
        {
            using var rows = ParquetFile.Read(duck, day.Path, InteractionLog.UserId, InteractionLog.ItemId, InteractionLog.EventType, InteractionLog.Time);
            while (rows.Next())
                for (var row = 0; row < rows.Rows; row++)
                    texts.Add($"{Id(rows, 0, row, log.Facts.UserIdKind)} {rows.Text(2, row)}s {Id(rows, 1, row, log.Facts.ItemIdKind)} at {PostgresTime.Instant(rows.Longs(3)[row]):yyyy-MM-dd HH:mm:ss}");
        }
        return texts;
    }

    private static string Id(Chunks rows, int column, int row, IdKind kind) => kind switch
    {
        IdKind.BigInt => rows.Longs(column)[row].ToString(CultureInfo.InvariantCulture),
        IdKind.Uuid => rows.Uuids(column)[row].ToString(),
        _ => rows.Text(column, row)!,
    };
}
