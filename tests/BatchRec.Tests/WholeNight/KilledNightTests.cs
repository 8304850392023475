using System.Diagnostics;
using BatchRec.Runs;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>The program with the real night: killed in the middle of a step, with everything it has started, and started again.</summary>
[Collection(PostgresTests.Name)]
public sealed class KilledNightTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(4);

    private readonly List<Process> _processes = [];
    private TestShop _shop = null!;

    public async Task InitializeAsync() => _shop = await TestShop.GeneratedAsync(cluster);

    public async Task DisposeAsync()
    {
        foreach (var process in _processes) Kill(process);
        await _shop.DisposeAsync();
    }

    public static TheoryData<Step> Steps => [.. Enum.GetValues<Step>()];

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_worker_killed_in_the_middle_of_a_step_and_started_again_publishes_the_same_rows(Step step)
    {
        await HoldAsync(step);
        var worker = Start("run", "--as-of", TestShop.AsOf.ToString("O"));
        await UntilAsync(worker, async () => (await NewestAsync(step))?.State == StepState.Running);
        Kill(worker);
        await LetGoAsync();
        // Else it was killed between steps, and this would show nothing.
        Assert.Equal(StepState.Running, (await NewestAsync(step))!.State);

        var successor = Start("serve", "--roles", "scheduler,cpu");
        await UntilAsync(successor, async () => (await _shop.Runs.LatestAsync("default", default)) is { IsActive: false });
        Kill(successor);
        var run = (await _shop.Runs.LatestAsync("default", default))!;
        Assert.True(run.State == RunState.Published, run.Message);
        Assert.Equal(2, (await NewestAsync(step))!.Attempt);
        Assert.Equal(await UndisturbedAsync(), await _shop.PublishedAsync());
    }

    /// <summary>Keeps the step from being told as done: the shortest take milliseconds, and would be over before they are killed.</summary>
    private Task HoldAsync(Step step) => _shop.ExecuteAsync($"""
        CREATE FUNCTION hold_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RAISE EXCEPTION 'held by the test'; END $$;
        CREATE TRIGGER hold_step BEFORE UPDATE ON batchrec.run_step FOR EACH ROW WHEN (NEW.state = 'done' AND NEW.step = '{step.ToString().ToLowerInvariant()}') EXECUTE FUNCTION hold_step();
        """);

    /// <summary>The server goes on with a statement whose client was killed.</summary>
    private async Task LetGoAsync()
    {
        await _shop.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'");
        await _shop.ExecuteAsync("DROP TRIGGER hold_step ON batchrec.run_step");
    }

    /// <summary>The rows of a night that nobody disturbed, in this process.</summary>
    private async Task<string> UndisturbedAsync()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        await shop.NightAsync();
        return await shop.PublishedAsync();
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "batchrec.dll"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Checkout.Folder,
        };
        var train = _shop.Options.Train;
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ConnectionStrings:Source"] = _shop.Database, ["Artefacts:Folder"] = _shop.Settled.Artefacts.Folder, ["Source:SqlFolder"] = _shop.Settled.Source.SqlFolder,
            ["Schedule:Enabled"] = "false", ["Hangfire:QueuePollSeconds"] = "0.1", ["Hangfire:InvisibilitySeconds"] = "10", ["Hangfire:StopSeconds"] = "0",
            ["Hangfire:ShutdownSeconds"] = "7", ["Train:Dimensions"] = $"{train.Dimensions}", ["Train:Heads"] = $"{train.Heads}",
            ["Train:FeedForwardDimensions"] = $"{train.FeedForwardDimensions}", ["Train:MaxEpochs"] = $"{train.MaxEpochs}", ["Train:Threads"] = $"{train.Threads}",
            ["Train:BatchSize"] = $"{train.BatchSize}", ["Train:MaxLength"] = $"{train.MaxLength}",
        }) start.Environment["BATCHREC_" + name.Replace(":", "__")] = value;
        var process = Process.Start(start)!;
        _processes.Add(process);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Kill(Process process)
    {
        if (process.HasExited) return;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
    }

    private async Task<StepRow?> NewestAsync(Step step) => await _shop.Runs.LatestAsync("default", default) is { } run
        ? (await _shop.Runs.StepsAsync(run.RunId, default)).Single(row => row.Step == step)
        : null;

    private async Task UntilAsync(Process process, Func<Task<bool>> reached)
    {
        var deadline = DateTime.UtcNow + LongEnough;
        while (!await reached())
        {
            var run = await _shop.Runs.LatestAsync("default", default);
            Assert.True(DateTime.UtcNow < deadline && !process.HasExited, $"After {LongEnough}, or ended: {run?.State} {run?.Message}");
            await Task.Delay(5);
        }
    }
}
