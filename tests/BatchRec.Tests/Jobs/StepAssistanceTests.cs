using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static BatchRec.Tests.Jobs.TestJobs;

namespace BatchRec.Tests.Jobs;

/// <summary>A step that several servers share.</summary>
[Collection(PostgresTests.Name)]
public sealed class StepAssistanceTests(PostgresCluster cluster) : IAsyncLifetime
{
    private TestJobs _jobs = null!;

    public async Task InitializeAsync() => _jobs = await TestJobs.CreateAsync(cluster);

    public async Task DisposeAsync() => await _jobs.DisposeAsync();

    private StepWork Work => FakeNight.OfFolder(_jobs.Folder);

    /// <summary>Hangfire lists a server once it has said that it lives.</summary>
    private async Task<IServiceProvider> ServersAsync(int count)
    {
        Environment.SetEnvironmentVariable(FakeNight.Folder, _jobs.Folder);
        var hosts = new List<IServiceProvider>();
        for (var i = 0; i < count; i++) hosts.Add((await _jobs.ServeAsync(Work)).Services);
        var monitoring = hosts[0].GetRequiredService<JobStorage>().GetMonitoringApi();
        while (monitoring.Servers().Count < count) await Task.Delay(50);
        return hosts[0];
    }

    private async Task WaitForAsync(string file)
    {
        var deadline = DateTime.UtcNow.AddSeconds(90);
        while (!File.Exists(_jobs.Told(file)))
        {
            if (DateTime.UtcNow > deadline) throw new TimeoutException($"{file} didn't come.");
            await Task.Delay(50);
        }
    }

    [Fact]
    public async Task Another_server_on_the_queue_shares_the_step_in_a_child_of_its_own()
    {
        File.WriteAllText(_jobs.Told("hang-recommend"), "");
        var servers = await ServersAsync(2);
        var run = await StartAsync(servers);
        await WaitForAsync("assists-recommend");
        Assert.NotEqual($"{Environment.ProcessId}", File.ReadAllText(_jobs.Told("assists-recommend")));
        File.Delete(_jobs.Told("hang-recommend"));
        Assert.Equal(RunState.Published, (await EndAsync(servers, run.RunId)).State);
    }

    [Fact]
    public async Task Who_assists_ends_when_the_run_does()
    {
        File.WriteAllText(_jobs.Told("hang-recommend"), "");
        File.WriteAllText(_jobs.Told("hang-assists"), "");
        var servers = await ServersAsync(2);
        var run = await StartAsync(servers);
        await WaitForAsync("assists-recommend");
        var child = int.Parse(File.ReadAllText(_jobs.Told("assists-recommend")));
        await servers.GetRequiredService<RunTable>().CancelAsync(run.RunId, "enough", default);
        Assert.Equal(RunState.Cancelled, (await EndAsync(servers, run.RunId)).State);
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (Directory.Exists($"/proc/{child}") && DateTime.UtcNow < deadline) await Task.Delay(50);
        Assert.False(Directory.Exists($"/proc/{child}"));
    }

    [Fact]
    public async Task A_server_that_fails_to_assist_harms_nothing()
    {
        File.WriteAllText(_jobs.Told("hang-recommend"), "");
        File.WriteAllText(_jobs.Told("fail-assists"), "");
        var servers = await ServersAsync(2);
        var run = await StartAsync(servers);
        await WaitForAsync("assists-recommend");
        File.Delete(_jobs.Told("hang-recommend"));
        Assert.Equal(RunState.Published, (await EndAsync(servers, run.RunId)).State);
    }

    [Fact]
    public async Task A_server_alone_asks_nobody()
    {
        var servers = await ServersAsync(1);
        var run = await StartAsync(servers);
        Assert.Equal(RunState.Published, (await EndAsync(servers, run.RunId)).State);
        Assert.False(File.Exists(_jobs.Told("assists-recommend")));
    }
}
