using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using BatchRec.Schema;
using Hangfire;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BatchRec.Tests.Jobs;

/// <summary>A migrated database, an artefact folder, and Hangfire servers on them.</summary>
internal sealed class TestJobs : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-jobs-").FullName;
    private readonly List<IHost> _hosts = [];
    private readonly List<IHost> _idle = [];

    private TestJobs(string database) => Database = database;

    public string Database { get; }

    public string Folder => _folder;

    public static async Task<TestJobs> CreateAsync(PostgresCluster cluster)
    {
        var jobs = new TestJobs(await cluster.CreateDatabaseAsync());
        await using var databases = new Databases(new ConnectionStrings { Source = jobs.Database });
        await Migrations.ApplyAsync(databases.Results, default);
        HangfireStorage.Open(jobs.Database, new HangfireOptions(), prepareSchema: true);
        return jobs;
    }

    public Dictionary<string, string?> Settings => new()
    {
        ["ConnectionStrings:Source"] = Database, ["Artefacts:Folder"] = Path.Combine(_folder, "artefacts"), ["Schedule:Enabled"] = "false",
        ["Hangfire:QueuePollSeconds"] = "0.05", ["Hangfire:SchedulePollSeconds"] = "0.2", ["Hangfire:RetryDelaysSeconds"] = "0",
        ["Hangfire:InvisibilitySeconds"] = "10", ["Hangfire:StopSeconds"] = "0", ["Hangfire:ShutdownSeconds"] = "7",
    };

    public Setup Setup(params (string Key, string Value)[] more)
    {
        var settings = Settings;
        foreach (var (key, value) in more) settings[key] = value;
        // Children need no dashboard, and its users may not come by a command line.
        var commandLine = settings.Where(setting => !setting.Key.StartsWith("Dashboard:", StringComparison.Ordinal)).ToDictionary();
        return BatchRec.Jobs.Configuration.Setup.From(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), commandLine);
    }

    /// <summary>A server in this process.</summary>
    public async Task<IHost> ServeAsync(StepWork work, Roles roles = Roles.Cpu, params (string Key, string Value)[] more)
    {
        var host = JobServer.Build(Setup(more), work, roles, LogLevel.Critical);
        await host.StartAsync();
        _hosts.Add(host);
        return host;
    }

    /// <summary>The services without a server.</summary>
    public IServiceProvider Services(StepWork work)
    {
        var host = JobServer.Build(Setup(), work, Roles.None, LogLevel.Critical);
        _idle.Add(host);
        return host.Services;
    }

    /// <summary>The environment of a process that is to work here.</summary>
    public Dictionary<string, string?> Environment => Settings.ToDictionary(setting => "BATCHREC_" + setting.Key.Replace(":", "__"), setting => setting.Value)
        .Append(KeyValuePair.Create<string, string?>(FakeNight.Folder, _folder)).ToDictionary();

    public string Told(string what) => Path.Combine(_folder, what);

    public static async Task<RunRow> WaitAsync(IServiceProvider services, RunId run, Func<RunRow, IReadOnlyList<StepRow>, bool> until)
    {
        var runs = services.GetRequiredService<RunTable>();
        var deadline = DateTime.UtcNow.AddSeconds(90);
        while (true)
        {
            var row = (await runs.GetAsync(run, default))!;
            var steps = await runs.StepsAsync(run, default);
            if (until(row, steps)) return row;
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"Run {run} is {row.State} ({row.Message}): {string.Join(", ", steps.Select(step => $"{step.Step} {step.State} {step.Attempt} {step.Message}"))}");
            await Task.Delay(50);
        }
    }

    public static Task<RunRow> EndAsync(IServiceProvider services, RunId run) => WaitAsync(services, run, (row, _) => !row.IsActive);

    public static async Task<StepRow> StepAsync(IServiceProvider services, RunId run, Step step) =>
        (await services.GetRequiredService<RunTable>().StepsAsync(run, default)).Single(row => row.Step == step);

    public static Task<RunRow> StartAsync(IServiceProvider services) => services.GetRequiredService<Nights>().StartNowAsync("default", null, full: false, default);

    public static IReadOnlyList<string> HistoryOf(IServiceProvider services, string job) =>
        [.. services.GetRequiredService<JobStorage>().GetMonitoringApi().JobDetails(job).History.Select(state => state.StateName).Reverse()];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.StopAsync();
            host.Dispose();
        }
        foreach (var host in _idle) host.Dispose();
        // Hangfire's pool lives as long as the process, and the cluster has so many connections.
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
