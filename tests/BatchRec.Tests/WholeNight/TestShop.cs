using BatchRec.Blend;
using BatchRec.Configuration;
using BatchRec.Gate;
using BatchRec.Generate;
using BatchRec.Runs;
using BatchRec.Schema;
using BatchRec.Train;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace BatchRec.Tests.WholeNight;

/// <summary>A database with a shop's log, an artefact folder, and the real night, step by step in this process.</summary>
internal sealed class TestShop : IAsyncDisposable
{
    public static readonly DateTimeOffset AsOf = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private TestShop(string database) => (Database, Data) = (database, NpgsqlDataSource.Create(database));

    public string Database { get; }

    public NpgsqlDataSource Data { get; }

    public string Folder { get; } = Directory.CreateTempSubdirectory("batchrec-night-").FullName;

    /// <summary>One thread: the same bits on every machine load. Two epochs: a night of seconds.</summary>
    public PipelineOptions Options { get; set; } = new()
    {
        Train = new TrainOptions { Dimensions = 16, Heads = 2, FeedForwardDimensions = 32, MaxEpochs = 2, Threads = 1, BatchSize = 32, MaxLength = 50 },
    };

    /// <summary>A synthetic shop.</summary>
    public static async Task<TestShop> GeneratedAsync(PostgresCluster cluster, int users = 60, int items = 40, int events = 3_000)
    {
        var shop = await EmptyAsync(cluster);
        await ShopGeneration.RunAsync(shop.Database, new GenerateRequest { Users = users, Items = items, Events = events, Days = 60, Until = AsOf.UtcDateTime }, null, default);
        return shop;
    }

    /// <summary>The tables, without a row.</summary>
    public static async Task<TestShop> EmptyAsync(PostgresCluster cluster)
    {
        var shop = new TestShop(await cluster.CreateDatabaseAsync());
        await Migrations.ApplyAsync(shop.Data, default);
        await shop.ExecuteAsync("""
            CREATE SCHEMA shop;
            CREATE TABLE shop.interaction (user_id bigint, item_id bigint, event_type text, occurred_at timestamptz, value double precision, position bigint);
            CREATE TABLE shop.item (item_id bigint, title text, category text, price numeric, available boolean);
            """);
        return shop;
    }

    /// <summary>
    /// Ten categories come one after the other, and which of a category's items comes is chance: too many for counting, so that a model that knows categories wins.
    /// Its options train it a little.
    /// </summary>
    public static async Task<TestShop> CategoriesAsync(PostgresCluster cluster)
    {
        var shop = await EmptyAsync(cluster);
        await shop.ExecuteAsync("""
            INSERT INTO shop.interaction
            SELECT u, (u + s) % 10 + 10 * (('x' || substr(md5(u || ' ' || s), 1, 4))::bit(16)::int % 16), 'purchase', '2026-02-03Z'::timestamptz + s * interval '1 day' + u * interval '1 minute', 1, 0
            FROM generate_series(0, 59) AS u, generate_series(0, 24) AS s;
            INSERT INTO shop.item SELECT i, 'Item ' || i, 'category ' || i % 10, 1, true FROM generate_series(0, 159) AS i;
            INSERT INTO shop.item VALUES (900, 'Nobody has touched it', 'category 3', 1, true);
            """);
        shop.Options = shop.Options with
        {
            Train = new TrainOptions
            {
                Dimensions = 16, FeedForwardDimensions = 24, Patience = 0, LearningRate = 5e-3, WarmupSteps = 5, Threads = 1, BatchSize = 8, MaxLength = 12, MaxEpochs = 3,
                ItemFeatures = ["category"], EveryDays = 7,
            },
            Blend = new BlendOptions { Parts = [] },
            Gate = new GateOptions { Confidence = 0.51 },
        };
        return shop;
    }

    /// <summary>Interactions and their items, all purchases, a minute apart in the order given, the last a day before as-of.</summary>
    public Task AddAsync(IEnumerable<(long User, long Item)> purchases)
    {
        var rows = purchases.ToList();
        var first = AsOf.AddDays(-1).AddMinutes(-rows.Count);
        return InsertAsync();

        async Task InsertAsync()
        {
            await using var connection = await Data.OpenConnectionAsync();
            await connection.ExecuteAsync(
                "INSERT INTO shop.interaction SELECT u, i, 'purchase', t, 1, p FROM unnest(@users, @items, @times, @positions) AS rows (u, i, t, p)",
                new
                {
                    users = rows.Select(row => row.User).ToArray(), items = rows.Select(row => row.Item).ToArray(),
                    times = rows.Select((_, i) => first.AddMinutes(i).UtcDateTime).ToArray(), positions = rows.Select((_, i) => (long)i).ToArray(),
                });
            await connection.ExecuteAsync("INSERT INTO shop.item SELECT DISTINCT item_id, 'Item ' || item_id, 'things', 1, true FROM shop.interaction");
        }
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Data.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await Data.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql);
    }

    public async Task<IReadOnlyList<T>> QueryAllAsync<T>(string sql)
    {
        await using var connection = await Data.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql)];
    }

    /// <summary>The pipeline's queries; a test that changes them copies them first (<see cref="OwnQueries"/>).</summary>
    private string _queries = Path.Combine(Checkout.Folder, "sql", "source");

    /// <returns>the folder of queries that are this shop's alone</returns>
    public string OwnQueries()
    {
        var own = Directory.CreateDirectory(Path.Combine(Folder, "queries", "default")).FullName;
        foreach (var query in Directory.EnumerateFiles(Path.Combine(_queries, "default"), "*.sql")) File.Copy(query, Path.Combine(own, Path.GetFileName(query)));
        _queries = Path.Combine(Folder, "queries");
        return own;
    }

    public RunTable Runs => new(Data, TimeProvider.System);

    public ArtefactStore Store => new(Path.Combine(Folder, "artefacts"), "default", TimeProvider.System);

    public PipelineOptions Settled => Options with
    {
        Artefacts = new ArtefactsOptions { Folder = Path.Combine(Folder, "artefacts") },
        Source = Options.Source with { SqlFolder = _queries },
    };

    public Task<RunRow> StartAsync(DateTimeOffset? asOf = null, RunKind kind = RunKind.Full) =>
        Runs.CreateAsync(new NewRun { Pipeline = "default", Kind = kind, AsOf = asOf ?? AsOf, Seed = 1, Options = "{}" }, default);

    /// <summary>One step, as a job would run it.</summary>
    public async Task<StepResult> StepAsync(RunId run, Step step)
    {
        var epoch = (await Runs.RaiseEpochAsync(run, default))!.Value;
        await Runs.StepStartedAsync(run, step, epoch, default);
        var result = await Night.RunAsync(step, await ContextAsync(run, epoch), default);
        if (result.Refused) await Runs.FinishAsync(run, epoch, RunState.Refused, result.Message, default);
        else await Runs.StepDoneAsync(run, step, epoch, new StepOutcome { Rows = result.Rows, Bytes = result.Bytes, Message = result.Message }, default);
        return result;
    }

    /// <summary>What a step is given, as a job would give it.</summary>
    public async Task<StepContext> ContextAsync(RunId run, int epoch) => new()
    {
        Run = (await Runs.GetAsync(run, default))!, Epoch = epoch, Options = Settled, Store = Store, Runs = Runs, Source = Data, Results = Data,
        TryLock = (name, cancellation) => RunLock.TryAcquireAsync(Database, name, TimeSpan.Zero, cancellation), Progress = new Progress<StepProgress>(), Log = NullLogger.Instance, Clock = TimeProvider.System,
    };

    /// <summary>All steps from one on; the messages they left.</summary>
    public async Task<IReadOnlyDictionary<Step, StepResult>> NightAsync(RunRow? run = null, Step from = Step.Extract, Step until = Step.Publish)
    {
        run ??= await StartAsync();
        var results = new Dictionary<Step, StepResult>();
        for (var step = from; step <= until; step++)
        {
            results[step] = await StepAsync(run.RunId, step);
            if (results[step].Refused) break;
        }
        return results;
    }

    /// <summary>What readers see, as one number: users, ranks, items, scores, sources and reasons, without the run's name and hour.</summary>
    public Task<string> PublishedAsync() => QueryAsync<string>(
        "SELECT count(*) || ' rows, ' || coalesce(md5(string_agg(concat_ws(',', user_id, rank, item_id, score, source, because), ';' ORDER BY user_id, rank)), 'none') FROM batchrec.recommendations");

    public async ValueTask DisposeAsync()
    {
        await Data.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
