using System.Collections.Concurrent;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Runs;
using BatchRec.Tests.Jobs;
using BatchRec.Tests.WholeNight;
using BatchRec.Tune;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Dashboard;

/// <summary>
/// A shop with two real nights published, served with its dashboard. Runs that are started then do next to nothing, in a step train that reports
/// what the test says, and fails when it says so.
/// </summary>
public sealed class ServedShop(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _orders = new();
    private TestShop _shop = null!;
    private TestJobs _jobs = null!;

    public string Url { get; } = $"http://127.0.0.1:{Ports.Free()}";

    public IServiceProvider Services { get; private set; } = null!;

    public NpgsqlDataSource Data => _shop.Data;

    /// <summary>What step train is told next: a percentage to report, <c>fail</c>, or <c>go</c>.</summary>
    public void Tell(string order) => _orders.Enqueue(order);

    public async Task InitializeAsync()
    {
        _shop = await TestShop.GeneratedAsync(cluster);
        await _shop.NightAsync(await _shop.StartAsync(TestShop.AsOf.AddDays(-1)));
        await _shop.NightAsync(await _shop.StartAsync(kind: RunKind.Delta));
        await TuneAsync((await _shop.Runs.LatestAsync("default", default))!.RunId);
        HangfireStorage.Open(_shop.Database, new HangfireOptions(), prepareSchema: true);
        _jobs = await TestJobs.CreateAsync(cluster);
        var night = FakeNight.Of(async (step, context, cancellation) =>
        {
            if (step != Step.Train) return null;
            while (true)
            {
                if (!_orders.TryDequeue(out var order)) await Task.Delay(20, cancellation);
                else if (order == "go") return null;
                else if (order == "fail") throw new BatchRecException("The disk is full: free some space, then retry.");
                else context.Progress.Report(new StepProgress(int.Parse(order) / 100.0, $"at {order} of 100"));
            }
        });
        Services = (await _jobs.ServeAsync(
            night, Roles.Cpu | Roles.Dashboard, ("ConnectionStrings:Source", _shop.Database), ("Artefacts:Folder", Path.Combine(_shop.Folder, "artefacts")), ("Dashboard:Url", Url))).Services;
    }

    /// <summary>Twelve trials, the configured options' the worst of them.</summary>
    private async Task TuneAsync(RunId run)
    {
        var tunings = new TuningTable(_shop.Data, TimeProvider.System);
        var tuning = await tunings.CreateAsync("default", run, new TuneOptions(), new string('0', 64), default);
        for (var number = 1; number <= 12; number++)
            tunings.Trials(tuning).Write(new Trial
            {
                Number = number, State = TrialState.Done, Rung = 0, Schedule = 6, Curve = [0.01 * number, 0.012 * number], Seconds = 70,
                Values = new Dictionary<string, string> { ["Train:Dropout"] = $"0.{number}", ["Train:LearningRate"] = "0.002" },
            });
        await tunings.FinishAsync(tuning, "12 trials.", default);
    }

    public async Task DisposeAsync()
    {
        await _jobs.DisposeAsync();
        await _shop.DisposeAsync();
    }
}
