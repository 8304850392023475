using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Health;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using BatchRec.Tests.Jobs;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Health;

/// <summary>Each trouble is made for real, found with a remedy, and gone when it is mended.</summary>
[Collection(PostgresTests.Name)]
public sealed class ExaminationTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly string Queries = Path.Combine(Checkout.Folder, "sql", "source");

    private readonly MovableClock _clock = new(DateTimeOffset.UtcNow);
    private TestJobs _jobs = null!;

    public async Task InitializeAsync()
    {
        _jobs = await TestJobs.CreateAsync(cluster);
        await ExecuteAsync("CREATE SCHEMA shop; CREATE TABLE shop.interaction (user_id bigint, item_id bigint, event_type text, occurred_at timestamptz, value float8, position bigint); "
            + "CREATE TABLE shop.item (item_id bigint, title text, category text, price float8, available boolean)");
    }

    public async Task DisposeAsync() => await _jobs.DisposeAsync();

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_jobs.Database);
        await connection.ExecuteAsync(sql);
    }

    private Task<List<Finding>> FindAsync(params (string Key, string Value)[] settings) => FindAsync(FakeNight.Of(), settings);

    private async Task<List<Finding>> FindAsync(StepWork work, params (string Key, string Value)[] settings)
    {
        var setup = _jobs.Setup([("Source:SqlFolder", Queries), ("Alarms:FreeDiskGiB", "0"), .. settings]);
        await using var databases = new Databases(setup.ConnectionStrings);
        var all = new List<Finding>();
        await foreach (var (_, findings) in new Examinations(setup, databases, work, _clock).RunAsync(default)) all.AddRange(findings);
        Assert.All(all, finding => Assert.NotEmpty(finding.Remedy));
        return all;
    }

    private async Task<Finding> FindOneAsync(string key, params (string Key, string Value)[] settings) => Assert.Single(await FindAsync(settings), finding => finding.Key == key);

    [Fact]
    public async Task Where_all_is_served_nothing_is_found()
    {
        await _jobs.ServeAsync(FakeNight.Of());
        Assert.Empty(await FindAsync());
    }

    [Fact]
    public async Task A_database_that_is_down_and_one_that_is_not_there()
    {
        var down = await FindOneAsync("ConnectionStrings:Source", ("ConnectionStrings:Source", "Host=127.0.0.1;Port=1;Database=shop;Username=batchrec"));
        Assert.Contains("127.0.0.1:1", down.What);
        var gone = await FindOneAsync("ConnectionStrings:Results", ("ConnectionStrings:Results", _jobs.Database.Replace("Database=test", "Database=no_test", StringComparison.Ordinal)));
        Assert.Contains("does not exist", gone.What);
        Assert.Equal(Severity.Fault, gone.Severity);
    }

    [Fact]
    public async Task A_login_that_may_not_read_the_source_and_one_that_may_not_make_the_readers_role()
    {
        await ExecuteAsync("CREATE ROLE reads_little LOGIN; GRANT USAGE ON SCHEMA shop, batchrec, hangfire TO reads_little; GRANT SELECT ON shop.interaction TO reads_little; GRANT SELECT ON ALL TABLES IN SCHEMA batchrec, hangfire TO reads_little");
        var login = new NpgsqlConnectionStringBuilder(_jobs.Database) { Username = "reads_little" }.ConnectionString;
        var source = await FindOneAsync("source:default", ("ConnectionStrings:Source", login));
        Assert.Contains("permission denied for table item", source.What);
        Assert.Contains("GRANT SELECT ON", source.What);

        var reader = await FindOneAsync("reader:nobody_made_it", ("ConnectionStrings:Results", login), ("Publish:ReaderRole", "nobody_made_it"));
        Assert.Contains("CREATE ROLE nobody_made_it NOLOGIN", reader.Remedy);
        Assert.DoesNotContain(await FindAsync(("Publish:ReaderRole", "nobody_made_it")), finding => finding.Key.StartsWith("reader:", StringComparison.Ordinal));
        await ExecuteAsync("CREATE ROLE nobody_made_it NOLOGIN");
        Assert.DoesNotContain(await FindAsync(("ConnectionStrings:Results", login), ("Publish:ReaderRole", "nobody_made_it")), finding => finding.Key.StartsWith("reader:", StringComparison.Ordinal));
        await ExecuteAsync("GRANT SELECT ON shop.item TO reads_little");
        Assert.DoesNotContain(await FindAsync(("ConnectionStrings:Source", login)), finding => finding.Key == "source:default");
    }

    [Fact]
    public async Task A_user_that_the_server_does_not_know_as_with_a_wrong_password()
    {
        var finding = await FindOneAsync("ConnectionStrings:Source", ("ConnectionStrings:Source", _jobs.Database.Replace("Username=batchrec", "Username=nobody", StringComparison.Ordinal)));
        Assert.Contains("nobody", finding.What);
    }

    [Fact]
    public async Task A_schema_that_is_too_old_and_one_that_is_too_new()
    {
        await ExecuteAsync("INSERT INTO batchrec.migration (name, sha256) VALUES ('999_later', 'x')");
        Assert.Contains("999_later", (await FindOneAsync("schema:new")).What);
        await ExecuteAsync("DELETE FROM batchrec.migration WHERE name LIKE '002%' OR name LIKE '999%'");
        var old = await FindOneAsync("schema:old");
        Assert.Contains("002_publication", old.What);
        Assert.Contains("batchrec migrate", old.Remedy);
    }

    [Fact]
    public async Task A_privilege_that_is_missing_in_the_results_and_in_the_source()
    {
        var role = "poor_" + Guid.NewGuid().ToString("N")[..8];
        await ExecuteAsync($"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA batchrec, hangfire TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA batchrec, hangfire TO {role}");
        var findings = await FindAsync(("ConnectionStrings:Source", _jobs.Database.Replace("Username=batchrec", $"Username={role}", StringComparison.Ordinal)));
        Assert.Contains("UPDATE on batchrec.run", Assert.Single(findings, finding => finding.Key == "privilege:results").What);
        Assert.Contains("permission denied", Assert.Single(findings, finding => finding.Key == "source:default").What);
    }

    [Fact]
    public async Task A_source_query_without_a_column()
    {
        await ExecuteAsync("ALTER TABLE shop.interaction DROP COLUMN value");
        Assert.Contains("interactions.sql", (await FindOneAsync("source:default")).What);
    }

    [Fact]
    public async Task A_disk_that_is_full_or_cannot_be_written()
    {
        var folder = Path.Combine(_jobs.Folder, "artefacts");
        Assert.Contains("GiB are free", (await FindOneAsync($"disk:{folder}", ("Alarms:FreeDiskGiB", "1000000"))).What);
        var file = Path.Combine(_jobs.Folder, "file");
        await File.WriteAllTextAsync(file, "");
        Assert.Contains("can't be written", (await FindOneAsync($"disk:{file}/below", ("Artefacts:Folder", file + "/below"))).What);
    }

    [SkippableFact]
    public async Task A_disk_without_room_for_a_file()
    {
        using var disk = new SmallDisk(1);
        await File.WriteAllBytesAsync(Path.Combine(disk.Folder, "fill"), new byte[900_000]);
        Assert.Contains("GiB are free", (await FindOneAsync($"disk:{disk.Folder}", ("Artefacts:Folder", disk.Folder), ("Alarms:FreeDiskGiB", "0.1"))).What);
    }

    [Fact]
    public async Task A_gpu_queue_that_nobody_works_on_becomes_a_fault_when_a_step_has_waited_there()
    {
        var work = FakeNight.Of(onGpu: true, inChild: step => step == Step.Train);
        await _jobs.ServeAsync(work);
        var early = Assert.Single(await FindAsync(work), finding => finding.Key == "queue:gpu");
        Assert.Equal(Severity.Warning, early.Severity);

        await TestJobs.StartAsync(_jobs.Services(work));
        _clock.Now += TimeSpan.FromMinutes(11);
        var late = await WaitForAsync(work, "queue:gpu:late");
        Assert.Equal(Severity.Fault, late.Severity);
        Assert.Contains("--roles gpu", late.Remedy);
    }

    private async Task<Finding> WaitForAsync(StepWork work, string key)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            if ((await FindAsync(work)).FirstOrDefault(finding => finding.Key == key) is { } found) return found;
            await Task.Delay(100);
        }
        throw new TimeoutException($"{key} was not found.");
    }

    [Fact]
    public async Task A_night_that_did_not_start()
    {
        await _jobs.ServeAsync(FakeNight.Of(), Roles.Cpu);
        var server = _jobs.Services(FakeNight.Of());
        await TestJobs.EndAsync(server, (await TestJobs.StartAsync(server)).RunId);
        _clock.Now = DateTimeOffset.UtcNow.AddDays(1);
        var findings = await FindAsync(("Schedule:Enabled", "true"), ("Schedule:Cron", "* * * * *"), ("Alarms:MissedNightMinutes", "1"));
        Assert.DoesNotContain(findings, finding => finding.Key.StartsWith("missed:", StringComparison.Ordinal));

        // Due once a day: the last time some hours ago.
        var due = _clock.Now.AddHours(-3);
        findings = await FindAsync(("Schedule:Enabled", "true"), ("Schedule:Cron", $"{due.Minute} {due.Hour} * * *"));
        var missed = Assert.Single(findings, finding => finding.Key.StartsWith("missed:default:", StringComparison.Ordinal));
        Assert.Contains($"{due:yyyy-MM-dd HH:mm}Z", missed.What);
        Assert.Contains(findings, finding => finding.Key == "queue:scheduler");
    }

    [Fact]
    public async Task A_night_that_failed()
    {
        var work = FakeNight.Of((step, _, _) => step == Step.Prepare ? throw new BatchRecException("The id map is damaged.") : Task.FromResult<StepResult?>(null));
        await _jobs.ServeAsync(work);
        var server = _jobs.Services(work);
        var run = await TestJobs.EndAsync(server, (await TestJobs.StartAsync(server)).RunId);
        Assert.Contains("The id map is damaged", (await FindOneAsync($"failed:{run.RunId}")).What);
    }
}
