using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Health;
using BatchRec.Tests.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BatchRec.Tests.Health;

[Collection(PostgresTests.Name)]
public sealed class WatchTests(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly ConcurrentQueue<JsonNode> _told = [];
    private readonly string _url = $"http://127.0.0.1:{Ports.Free()}";
    private WebApplication _receiver = null!;
    private TestJobs _jobs = null!;
    private int _beats;

    public async Task InitializeAsync()
    {
        _jobs = await TestJobs.CreateAsync(cluster);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(_url);
        _receiver = builder.Build();
        _receiver.Run(async http =>
        {
            if (http.Request.Path == "/beat") Interlocked.Increment(ref _beats);
            else _told.Enqueue((await JsonNode.ParseAsync(http.Request.Body))!);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        await _receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _receiver.DisposeAsync();
        await _jobs.DisposeAsync();
    }

    [Fact]
    public async Task What_is_new_is_told_once_and_what_is_over_too_and_the_heartbeat_goes_on()
    {
        var folder = Path.Combine(_jobs.Folder, "artefacts");
        var file = Path.Combine(_jobs.Folder, "blocked");
        await File.WriteAllTextAsync(file, "");
        var setup = _jobs.Setup(("Artefacts:Folder", file), ("Alarms:FreeDiskGiB", "0"));
        await using var databases = new Databases(setup.ConnectionStrings);
        using var http = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        var options = new AlarmOptions { WebhookUrl = _url + "/hook", HeartbeatUrl = _url + "/beat" };
        using var watch = new Watch(new Examinations(setup, databases, FakeNight.Of(), TimeProvider.System), options, http.GetRequiredService<IHttpClientFactory>(), NullLogger<Watch>.Instance);

        await watch.LookAsync(default);
        await watch.LookAsync(default);
        var raised = Assert.Single(_told, told => (string?)told["key"] == $"disk:{file}");
        Assert.Equal(("raised", "fault"), ((string?)raised["state"], (string?)raised["severity"]));
        Assert.Contains("can't be written", (string?)raised["text"]);
        Assert.Contains("Artefacts:Folder", (string?)raised["remedy"]);

        File.Delete(file);
        await watch.LookAsync(default);
        Assert.Equal(["raised", "over"], _told.Where(told => (string?)told["key"] == $"disk:{file}").Select(told => (string?)told["state"]));
        Assert.Equal(3, _beats);
    }

    [Fact]
    public async Task A_receiver_that_is_down_ends_nothing()
    {
        var setup = _jobs.Setup(("Alarms:FreeDiskGiB", "1000000"));
        await using var databases = new Databases(setup.ConnectionStrings);
        using var http = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        var options = new AlarmOptions { WebhookUrl = "http://127.0.0.1:1/hook", HeartbeatUrl = "http://127.0.0.1:1/beat" };
        using var watch = new Watch(new Examinations(setup, databases, FakeNight.Of(), TimeProvider.System), options, http.GetRequiredService<IHttpClientFactory>(), NullLogger<Watch>.Instance);
        await watch.LookAsync(default);
    }
}
