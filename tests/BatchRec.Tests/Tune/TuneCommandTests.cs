using System.Diagnostics;
using System.Text.Json;
using BatchRec.Jobs;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using BatchRec.Tests.Jobs;
using BatchRec.Tests.WholeNight;
using Xunit;

namespace BatchRec.Tests.Tune;

/// <summary><c>batchrec tune</c> on a real database, on what a real run has prepared.</summary>
[Collection(PostgresTests.Name)]
public sealed class TuneCommandTests(PostgresCluster cluster) : IAsyncLifetime
{
    private TestShop _shop = null!;

    public async Task InitializeAsync()
    {
        _shop = await TestShop.GeneratedAsync(cluster);
        await _shop.NightAsync(until: Step.Prepare);
    }

    public async Task DisposeAsync() => await _shop.DisposeAsync();

    /// <summary>Small models, rungs of 2 and 6 epochs.</summary>
    private string Settings => $"--Artefacts:Folder={Path.Combine(_shop.Folder, "artefacts")} --Train:Dimensions=16 --Train:FeedForwardDimensions=16 --Train:MaxLength=20 --Train:Threads=1 --Train:Patience=0 "
        + "--Tune:MinEpochs=2 --Tune:RandomTrials=3";

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(string arguments) => CommandLineTests.RunAsync($"{arguments} {Settings}", _shop.Database);

    [Fact]
    public async Task It_leaves_its_trials_in_SQL_and_proposes_what_is_better()
    {
        var space = Path.Combine(_shop.Folder, "space.json");
        await File.WriteAllTextAsync(space, """{ "Train:Dropout": "0.05..0.6", "Train:LearningRate": "log 1e-4..2e-2" }""");
        var command = $"tune --trials 6 --space {space} --json --Train:MaxEpochs=6";
        var (exitCode, output, errors) = await RunAsync(command);
        Assert.True(exitCode == ExitCode.Done, errors);
        using var report = JsonDocument.Parse(output);
        var trials = report.RootElement.GetProperty("trials").EnumerateArray().ToList();
        Assert.Equal(6, trials.Count);
        Assert.Equal(6, await _shop.QueryAsync<long>("SELECT count(*) FROM batchrec.tuning_trial"));
        Assert.Equal(2, await _shop.QueryAsync<int>("SELECT min(epochs) FROM batchrec.tuning_trial"));
        Assert.Equal(("done", 6, 0.2), await _shop.QueryAsync<(string, int, double)>("SELECT state, epochs, (options ->> 'Train:Dropout')::double precision FROM batchrec.tuning_trial WHERE trial = 1"));
        Assert.Equal(0, await _shop.QueryAsync<long>("SELECT count(*) FROM batchrec.tuning_trial WHERE ndcg IS DISTINCT FROM (SELECT max(one) FROM unnest(curve) AS one)"));
        Assert.Equal(("halving", "6 trials."), await _shop.QueryAsync<(string, string)>("SELECT search, message FROM batchrec.tuning"));
        var best = await _shop.QueryAsync<int>("SELECT trial FROM batchrec.tuning_trial ORDER BY ndcg DESC, trial LIMIT 1");
        Assert.Equal(best, trials[0].GetProperty("trial").GetInt32());

        // The same again trains nothing; what was found is shown as a table, too.
        var (_, again, _) = await RunAsync(command);
        Assert.Equal(output, again);
        Assert.Equal(1, await _shop.QueryAsync<long>("SELECT count(*) FROM batchrec.tuning"));
        var (_, shown, _) = await RunAsync("tune show");
        Assert.Matches(@"trial +NDCG@10 +epochs +state +seconds +Dropout +LearningRate", shown);
        Assert.Matches(@"1 \(configured\) +0\.\d{4} +6 of 6 +done", shown);
        if (best == 1)
        {
            Assert.Contains("nothing is proposed", shown);
            Assert.False(report.RootElement.TryGetProperty("file", out _));
        }
        else
        {
            var file = await File.ReadAllTextAsync(report.RootElement.GetProperty("file").GetString()!);
            Assert.Contains(file.Trim(), shown);
            Assert.Contains(JsonDocument.Parse(file).RootElement.GetProperty("Train").EnumerateObject(), option => option.Name is "Dropout" or "LearningRate");
        }
    }

    [Fact]
    public async Task Stopped_by_a_signal_it_goes_on_where_it_was()
    {
        var endless = "tune --minutes 600 --Train:MaxEpochs=1000000";
        var start = new ProcessStartInfo("dotnet", [FakeNight.Program, .. $"{endless} {Settings}".Split(' '), "--ConnectionStrings:Source=" + _shop.Database]) { RedirectStandardError = true, WorkingDirectory = _shop.Folder };
        using var process = Process.Start(start)!;
        try
        {
            var deadline = DateTime.UtcNow.AddSeconds(60);
            while (await _shop.QueryAsync<int>("SELECT coalesce(max(epochs), 0) FROM batchrec.tuning_trial") < 2)
            {
                Assert.True(DateTime.UtcNow < deadline && !process.HasExited, "no trial has had two epochs");
                await Task.Delay(50);
            }
            var (another, _, why) = await RunAsync(endless);
            Assert.Equal(ExitCode.Failed, another);
            Assert.Contains("Another process is tuning pipeline default", why);

            Signals.Send(process.Id, Signals.Terminate);
            var said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(ExitCode.Failed, process.ExitCode);
            Assert.Contains("The same command goes on from there", said);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
        Assert.Equal(("running", true), await _shop.QueryAsync<(string, bool)>("SELECT state, finished IS NULL FROM batchrec.tuning_trial JOIN batchrec.tuning USING (tuning_id)"));
        var epochs = await _shop.QueryAsync<int>("SELECT epochs FROM batchrec.tuning_trial");

        // A minute's thousandth is over by the next epoch.
        var (exitCode, output, errors) = await RunAsync(endless.Replace("600", "0.001"));
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Contains("goes on, on run", errors);
        Assert.Contains("Only the configured options (trial 1) were trained: nothing is proposed.", output);
        Assert.InRange(await _shop.QueryAsync<int>("SELECT epochs FROM batchrec.tuning_trial"), epochs, epochs + 1);
    }

    [Fact]
    public async Task Without_a_run_it_says_what_to_do()
    {
        await using var empty = await TestShop.EmptyAsync(cluster);
        var (exitCode, _, errors) = await CommandLineTests.RunAsync($"tune {Settings}", empty.Database);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("Make one first: batchrec run", errors);
        (exitCode, _, errors) = await CommandLineTests.RunAsync($"tune show {Settings}", empty.Database);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("has not been tuned yet", errors);
    }
}
