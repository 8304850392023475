using System.Diagnostics;
using System.Text;
using System.Text.Json;
using BatchRec.Jobs;
using BatchRec.Runs;
using Xunit;
using static BatchRec.Tests.Jobs.TestJobs;

namespace BatchRec.Tests.Jobs;

/// <summary>The program as a process: what it says, what it ends with, and what is left when it is killed.</summary>
[Collection(PostgresTests.Name)]
public sealed class ProgramTests(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly List<Process> _processes = [];
    private TestJobs _jobs = null!;
    private IServiceProvider _services = null!;

    public async Task InitializeAsync()
    {
        _jobs = await TestJobs.CreateAsync(cluster);
        _services = _jobs.Services(FakeNight.Of());
    }

    public async Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }
        await _jobs.DisposeAsync();
    }

    private Process Start(string arguments, StringBuilder? output = null, StringBuilder? errors = null, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [FakeNight.Program, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _jobs.Folder,
        };
        foreach (var (name, value) in _jobs.Environment) start.Environment[name] = value;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => output?.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) =>
        {
            if (errors is null) return;
            lock (errors) errors.AppendLine(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
        return process;
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string arguments, params (string Name, string? Value)[] environment)
    {
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        var process = Start(arguments, output, errors, environment);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));
        return (process.ExitCode, output.ToString().Trim(), errors.ToString().Trim());
    }

    private void Tell(string what) => File.WriteAllText(_jobs.Told(what), "");

    [Fact]
    public async Task A_run_without_a_server_is_served_by_its_own_process_and_ends_with_0()
    {
        var (exitCode, output, errors) = await RunAsync("run --as-of 2026-03-01");
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Contains("full, events before 2026-03-01 00:00:00Z", output);
        foreach (var step in FakeNight.Steps) Assert.Contains($"{step.ToString().ToLowerInvariant(),-10} done", output);
        Assert.Contains("is published after", output);

        var (_, json, _) = await RunAsync("status --json");
        var run = JsonDocument.Parse(json).RootElement.GetProperty("run");
        Assert.Equal(("published", 8), (run.GetProperty("state").GetString(), run.GetProperty("steps").GetArrayLength()));
        Assert.True(run.GetProperty("steps")[2].GetProperty("peak_memory_bytes").GetInt64() > 1 << 20);

        var (text, shown, _) = await RunAsync("status");
        Assert.Equal(ExitCode.Done, text);
        Assert.Contains("published", shown);
    }

    [Fact]
    public async Task A_refused_run_ends_with_3_and_a_failed_one_with_1()
    {
        Tell("refuse-gate");
        var (refused, _, why) = await RunAsync("run");
        Assert.Equal(ExitCode.Refused, refused);
        Assert.Contains("is refused after", why);
        Assert.Contains("worse than popularity", why);

        File.Delete(_jobs.Told("refuse-gate"));
        Tell("fault-train");
        var (failed, _, fault) = await RunAsync("run --from train");
        Assert.Equal(ExitCode.Failed, failed);
        Assert.Contains("Train: Mend me.", fault);

        File.Delete(_jobs.Told("fault-train"));
        var (done, output, _) = await RunAsync("run --from train");
        Assert.Equal(ExitCode.Done, done);
        Assert.DoesNotContain("prepare    started", output);

        var (again, _, published) = await RunAsync("run --from train");
        Assert.Equal(ExitCode.Failed, again);
        Assert.Contains("a publication is never changed. Start a new run: batchrec run", published);
    }

    [Fact]
    public async Task A_shop_that_no_query_reads_is_loaded_with_a_warning()
    {
        const string generate = "generate --users 50 --items 20 --events 500 --until 2026-03-01", warning = "Warning: no pipeline's interactions.sql names shop.interaction";
        var queries = Directory.CreateDirectory(Path.Combine(_jobs.Folder, "queries", "default"));
        var query = Path.Combine(queries.FullName, "interactions.sql");
        (string, string?) folder = ("BATCHREC_Source__SqlFolder", queries.Parent!.FullName);

        await File.WriteAllTextAsync(query, "SELECT user_id, item_id, event_type, time FROM orders WHERE time >= @from AND time < @until");
        Assert.Contains(warning, (await RunAsync(generate, folder)).Errors);

        await File.WriteAllTextAsync(query, "SELECT user_id, item_id, event_type, occurred_at AS time FROM Shop.Interaction WHERE occurred_at >= @from AND occurred_at < @until");
        var (exitCode, output, errors) = await RunAsync(generate, folder);
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.DoesNotContain(warning, errors);
        Assert.Contains("Next: batchrec run --as-of 2026-", output);
    }

    [Fact]
    public async Task A_database_that_was_not_migrated_says_so_and_migrating_it_twice_is_fine()
    {
        var empty = ("BATCHREC_ConnectionStrings__Source", (string?)await cluster.CreateDatabaseAsync());
        foreach (var verb in (string[])["run", "serve --roles cpu", "status", "evaluate"])
        {
            var (exitCode, _, errors) = await RunAsync(verb, empty);
            Assert.Equal(ExitCode.Usage, exitCode);
            Assert.EndsWith("Run: batchrec migrate", errors);
        }
        Assert.Contains("Applied 001", (await RunAsync("migrate", empty)).Output);
        Assert.Equal("The tables are up to date.", (await RunAsync("migrate", empty)).Output);
        Assert.Equal(ExitCode.Done, (await RunAsync("run", empty)).ExitCode);
    }

    [Theory]
    [InlineData("prepare")]
    [InlineData("train")]
    [InlineData("publish")]
    public async Task A_server_killed_in_the_middle_of_a_step_is_made_up_for_by_the_next_one(string step)
    {
        Tell("hang-" + step);
        var server = Start("serve --roles scheduler,cpu");
        var run = await StartAsync(_services);
        var which = Enum.Parse<Step>(step, ignoreCase: true);
        await WaitAsync(_services, run.RunId, (_, steps) => steps[(int)which].State == StepState.Running && File.Exists(_jobs.Told("pid-" + step)));
        server.Kill();
        await server.WaitForExitAsync();

        // A child is gone with its server, or it would write where its successor does.
        var worker = int.Parse(await File.ReadAllTextAsync(_jobs.Told("pid-" + step)));
        await GoneAsync(worker);
        File.Delete(_jobs.Told("hang-" + step));
        Start("serve --roles scheduler,cpu");
        Assert.Equal(RunState.Published, (await EndAsync(_services, run.RunId)).State);
        Assert.Equal(2, (await StepAsync(_services, run.RunId, which)).Attempt);
    }

    [Fact]
    public async Task A_child_that_is_killed_fails_its_step_with_the_signal_and_is_tried_again()
    {
        Tell("hang-train");
        Start("serve --roles cpu", null, null, ("BATCHREC_Hangfire__RetryDelaysSeconds", "2"));
        var run = await StartAsync(_services);
        await WaitAsync(_services, run.RunId, (_, steps) => steps[(int)Step.Train].State == StepState.Running && File.Exists(_jobs.Told("pid-train")));
        Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(_jobs.Told("pid-train")))).Kill();
        File.Delete(_jobs.Told("hang-train"));
        await WaitAsync(_services, run.RunId, (_, steps) => steps[(int)Step.Train].State == StepState.Failed);
        var train = await StepAsync(_services, run.RunId, Step.Train);
        Assert.StartsWith("The step's process was killed by SIGKILL (out of memory?", train.Message);
        Assert.Contains("working on train", train.LogTail);
        // Of a step in the server's own process, too.
        Assert.Contains("working on prepare", (await StepAsync(_services, run.RunId, Step.Prepare)).LogTail);
        Assert.Equal(RunState.Published, (await EndAsync(_services, run.RunId)).State);
    }

    [Fact]
    public async Task A_server_that_is_told_to_stop_lets_the_child_end_and_gives_the_step_back()
    {
        Tell("hang-train");
        var server = Start("serve --roles cpu");
        var run = await StartAsync(_services);
        await WaitAsync(_services, run.RunId, (_, steps) => steps[(int)Step.Train].State == StepState.Running && File.Exists(_jobs.Told("pid-train")));
        BatchRec.Jobs.Steps.Signals.Send(server.Id, BatchRec.Jobs.Steps.Signals.Terminate);
        await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ExitCode.Done, server.ExitCode);
        await GoneAsync(int.Parse(await File.ReadAllTextAsync(_jobs.Told("pid-train"))));

        File.Delete(_jobs.Told("hang-train"));
        var (exitCode, output, _) = await RunAsync("run");
        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Contains($"Run {run.RunId} is not finished: going on with it", output);
    }

    [Fact]
    public async Task A_log_for_collectors_is_an_object_a_line_that_names_its_run_and_step()
    {
        var errors = new StringBuilder();
        Start("serve --roles cpu", null, errors, ("BATCHREC_Log__Format", "json"));
        var run = (await StartAsync(_services)).RunId;
        await EndAsync(_services, run);
        string[] lines;
        lock (errors) lines = errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var step in (string[])["extract", "train"])
            Assert.Contains(lines, line => line.Contains($"working on {step}", StringComparison.Ordinal) && JsonDocument.Parse(line).RootElement.GetProperty("Scopes").EnumerateArray().Any(scope =>
                scope.ValueKind == JsonValueKind.Object && scope.TryGetProperty("Run", out var of) && of.GetString() == run.Value && scope.GetProperty("Step").GetString() == step));
    }

    private static async Task GoneAsync(int process)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (Directory.Exists($"/proc/{process}"))
        {
            Assert.True(DateTime.UtcNow < deadline, $"Process {process} lives on.");
            await Task.Delay(50);
        }
    }
}
