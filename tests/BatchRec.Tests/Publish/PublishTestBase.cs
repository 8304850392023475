using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Runs;
using BatchRec.Schema;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Publish;

/// <summary>A migrated database, a folder for shards, and nights that are quick to publish.</summary>
[Collection(PostgresTests.Name)]
public abstract class PublishTestBase(PostgresCluster cluster) : IAsyncLifetime
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("batchrec-publish-").FullName;
    private int _files;

    protected MovableClock Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 3, 0, 0, TimeSpan.Zero));

    protected string ConnectionString { get; private set; } = "";

    protected NpgsqlDataSource Results { get; private set; } = null!;

    protected RunTable Runs { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        ConnectionString = await cluster.CreateDatabaseAsync();
        Results = NpgsqlDataSource.Create(ConnectionString);
        await Migrations.ApplyAsync(Results, default);
        Runs = new RunTable(Results, Clock);
    }

    public async Task DisposeAsync()
    {
        await Results.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    protected Publication Publication(PublishOptions? options = null, Action<string>? after = null) =>
        new(Results, options ?? new PublishOptions(), Clock, NullLogger.Instance) { After = after ?? (_ => { }) };

    /// <summary>A run that has come as far as publish, an hour after the last.</summary>
    protected async Task<(RunRow Run, int Epoch)> NightAsync(string pipeline = "default")
    {
        Clock.Now += TimeSpan.FromHours(1);
        var run = await Runs.CreateAsync(new NewRun { Pipeline = pipeline, Kind = RunKind.Full, AsOf = Clock.Now, Seed = 1, Options = "{}" }, default);
        return (run, await RestartAsync(run.RunId));
    }

    protected async Task<int> RestartAsync(RunId run)
    {
        var epoch = (await Runs.RaiseEpochAsync(run, default))!.Value;
        await Runs.StepStartedAsync(run, Step.Publish, epoch, default);
        return epoch;
    }

    protected async Task<RunId> PublishAsync(TopNLists lists, PublishOptions? options = null, string pipeline = "default")
    {
        var (run, epoch) = await NightAsync(pipeline);
        var verdict = await Publication(options).PublishAsync(run, epoch, lists, new Progress<double>(), default);
        Assert.True(verdict.Accepted, verdict.Summary());
        return run.RunId;
    }

    /// <summary>One shard: users with their items, scores falling from 1.</summary>
    protected TopNLists Lists(params (long User, long[] Items)[] lists) => Lists([Shard(lists)]);

    protected TopNLists Lists(IReadOnlyList<Shard> shards, string? defaultList = null, string? items = null) => new()
    {
        Shards = shards, DefaultList = defaultList, Items = items, CatalogueItems = 10, GeneratedAt = Clock.Now,
    };

    protected Shard Shard(params (long User, long[] Items)[] lists) => Shard(
        Column.Long("user_id", lists.Select(list => list.User).ToArray()), Column.Long("", lists.SelectMany(list => list.Items).ToArray()),
        lists.Select(list => list.Items.Length).ToArray());

    protected Shard Shard(Column users, Column items, int[] lengths, float[]? scores = null, string source = "sasrec", params Column[] others) =>
        new(File([users, .. others, .. ListColumns(items, lengths, scores, source)]), lengths.Length);

    protected string DefaultList(params long[] items) => File([.. ListColumns(Column.Long("", items), [items.Length], null, "fallback")]);

    protected string File(params Column[] columns)
    {
        var path = Path.Combine(Folder, $"part-{_files++}.parquet");
        ParquetFile.Write(path, columns);
        return path;
    }

    private static IEnumerable<Column> ListColumns(Column items, int[] lengths, float[]? scores, string source)
    {
        var offsets = new int[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++) offsets[i + 1] = offsets[i] + lengths[i];
        scores ??= lengths.SelectMany(length => Enumerable.Range(0, length).Select(rank => 1f / (1 + rank))).ToArray();
        yield return Column.List("item_ids", offsets, items);
        yield return Column.List("scores", offsets, Column.Float("", scores));
        yield return Column.List("sources", offsets, Column.Text("", Enumerable.Repeat<string?>(source, offsets[^1])));
    }

    protected async Task<List<T>> Query<T>(string sql, object? values = null)
    {
        await using var connection = await Results.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql, values)).AsList();
    }

    protected async Task Execute(string sql)
    {
        await using var connection = await Results.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>All that readers see: <c>user rank item</c>, in order.</summary>
    protected async Task<string> LiveRows() => string.Join("; ", await Query<string>(
        "SELECT user_id || ' ' || rank || ' ' || item_id FROM batchrec.recommendations ORDER BY user_id, rank"));

    /// <summary>All that a crash could leave different: rows, pointer, the run and its step, tables.</summary>
    protected async Task<string> Everything() => string.Join("\n",
    [
        await LiveRows(),
        .. await Query<string>("SELECT 'default ' || rank || ' ' || item_id FROM batchrec.default_recommendations ORDER BY rank"),
        .. await Query<string>("SELECT 'item ' || item_id || ' ' || coalesce(title, '-') || ' ' || available FROM batchrec.items ORDER BY item_id"),
        .. await Query<string>("SELECT 'pointer ' || run_id || ' before ' || coalesce(previous_run_id, '-') FROM batchrec.publication"),
        .. await Query<string>("SELECT 'kept ' || run_id || ' ' || users || ' ' || rows FROM batchrec.kept_publication ORDER BY run_id"),
        .. await Query<string>("SELECT 'run ' || run_id || ' ' || state FROM batchrec.run ORDER BY run_id"),
        .. await Query<string>("SELECT 'step ' || run_id || ' ' || state || ' ' || coalesce(rows, 0) FROM batchrec.run_step WHERE step = 'publish' ORDER BY run_id"),
        .. await Query<string>("SELECT 'log ' || run_id || ' ' || action FROM batchrec.publication_log ORDER BY entry"),
        .. await Query<string>("SELECT 'table ' || regexp_replace(relname, '_[0-9]+$', '') FROM pg_class WHERE relkind = 'r' AND relname ~ '^(recommendation|item)_2' ORDER BY relname"),
    ]);
}
