using System.Net;
using BatchRec.Jobs.Health;
using BatchRec.Jobs.Hosting;
using BatchRec.Tests.Jobs;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;
using static BatchRec.Tests.Jobs.TestJobs;

namespace BatchRec.Tests.Health;

[Collection(PostgresTests.Name)]
public sealed class HealthEndpointTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly HttpClient Http = new();

    private readonly string _url = $"http://127.0.0.1:{Ports.Free()}";
    private TestJobs _jobs = null!;
    private IServiceProvider _server = null!;

    public async Task InitializeAsync()
    {
        _jobs = await TestJobs.CreateAsync(cluster);
        _server = (await _jobs.ServeAsync(FakeNight.Of(), Roles.Cpu | Roles.Dashboard, ("Dashboard:Url", _url))).Services;
    }

    public async Task DisposeAsync() => await _jobs.DisposeAsync();

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string path)
    {
        using var answer = await Http.GetAsync(_url + path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Live_and_ready_and_not_yet_fresh()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/health/live")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/health/ready")).Status);
        var (status, text) = await GetAsync("/health/fresh");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("published nothing yet", text);
    }

    [Fact]
    public async Task Not_ready_when_the_schema_is_too_old()
    {
        await using (var connection = new NpgsqlConnection(_jobs.Database)) await connection.ExecuteAsync("DELETE FROM batchrec.migration WHERE name LIKE '002%'");
        var (status, text) = await GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("002_publication", text);
    }

    [Fact]
    public async Task Metrics_tell_the_newest_run_and_its_steps()
    {
        var run = await StartAsync(_server);
        await EndAsync(_server, run.RunId);
        var (status, text) = await GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(text.Contains("batchrec_up 1", StringComparison.Ordinal), text);
        Assert.Contains("batchrec_run_state{pipeline=\"default\",state=\"published\"} 1", text);
        Assert.Contains("batchrec_run_state{pipeline=\"default\",state=\"failed\"} 0", text);
        Assert.Contains("batchrec_step_rows{pipeline=\"default\",step=\"prepare\"} 10", text);
        Assert.Contains("batchrec_queue_depth{queue=\"gpu\"} 0", text);
    }

    [Fact]
    public async Task What_is_pushed_is_read_anew_without_a_scrape()
    {
        var numbers = _server.GetRequiredService<NightMetrics>();
        double Up() => numbers.Gauges.Single(gauge => gauge.Name == "up").Values().Single().Number;
        Assert.Equal(0, Up());
        using var refresh = new MetricsRefresh(numbers);
        await refresh.StartAsync(default);
        for (var i = 0; i < 200 && Up() == 0; i++) await Task.Delay(50);
        Assert.Equal(1, Up());
        await refresh.StopAsync(default);
    }
}
