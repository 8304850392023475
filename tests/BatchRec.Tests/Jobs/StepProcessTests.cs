using System.Diagnostics;
using BatchRec.Jobs.Steps;
using BatchRec.Publish;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Jobs;

/// <summary>The parent's side of a step in a child process, with shells for children.</summary>
public sealed class StepProcessTests
{
    private readonly List<string> _log = [];
    private readonly List<StepProgress> _progress = [];

    private sealed class Told(List<StepProgress> told) : IProgress<StepProgress>
    {
        public void Report(StepProgress value) => told.Add(value);
    }

    private Task<StepResult> RunAsync(string script, double graceSeconds = 20, CancellationToken stop = default, CancellationToken kill = default) =>
        Child(script, TimeSpan.FromSeconds(graceSeconds)).RunAsync(stop, kill);

    private StepProcess Child(string script, TimeSpan grace) =>
        new(new ProcessStartInfo("/bin/sh", ["-c", script]), grace, TimeSpan.FromSeconds(0.5), new Told(_progress), line =>
        {
            lock (_log) _log.Add(line);
        });

    private static string Say(StepMessage message) => $"echo '{message.ToLine()}'\n";

    [Fact]
    public async Task Progress_log_and_result_are_told_apart()
    {
        var result = await RunAsync(
            Say(new StepMessage.Progressed(new StepProgress(0.5, "epoch 1"))) + "echo 'a native library prints'\necho 'a line of log' >&2\n"
            + Say(new StepMessage.Ended(new StepResult(10, 20, "trained"), 4096)));
        Assert.Equal(new StepResult(10, 20, "trained"), result);
        Assert.Equal([new StepProgress(0.5, "epoch 1")], _progress);
        Assert.Equal(["a line of log", "a native library prints"], _log.Order());
    }

    [Fact]
    public void A_message_survives_its_line()
    {
        StepMessage[] messages =
        [
            new StepMessage.Progressed(new StepProgress(double.NaN, "loss NaN\nand a second line")), new StepMessage.Ended(new StepResult(1, 2, "it's", Refused: true), null),
            new StepMessage.Stopped(), new StepMessage.Faulted("no such file", true), new StepMessage.Faulted("too late", true, Superseded: true),
        ];
        foreach (var message in messages)
        {
            Assert.DoesNotContain('\n', message.ToLine());
            Assert.Equal(message, StepMessage.Parse(message.ToLine()));
        }
        Assert.Null(StepMessage.Parse("{\"kind\":\"strange\"}"));
        Assert.Null(StepMessage.Parse("{\"kind\":"));
    }

    [Theory]
    [InlineData("kill -9 $$", "The step's process was killed by SIGKILL (out of memory? Then give the machine or its container more, or let interactions.sql leave out old or weak events).")]
    [InlineData("kill -11 $$", "The step's process was killed by SIGSEGV.")]
    [InlineData("kill -6 $$", "The step's process was killed by SIGABRT.")]
    [InlineData("exit 5", "The step's process ended with exit code 5 and no result.")]
    [InlineData("exit 0", "The step's process ended with exit code 0 and no result.")]
    public async Task A_child_that_ends_without_a_result_says_how_it_ended(string script, string message) =>
        Assert.Equal(message, (await Assert.ThrowsAsync<StepFailedException>(() => RunAsync(script))).Message);

    [Fact]
    public async Task A_fault_is_the_child_s_own_and_says_whether_a_person_has_to_mend_it()
    {
        Assert.Equal("Mend me.", (await Assert.ThrowsAsync<BatchRecException>(() => RunAsync(Say(new StepMessage.Faulted("Mend me.", true)) + "exit 1"))).Message);
        Assert.Equal("Too late.", (await Assert.ThrowsAsync<SupersededException>(() => RunAsync(Say(new StepMessage.Faulted("Too late.", true, Superseded: true)) + "exit 1"))).Message);
        Assert.Equal("It burns.", (await Assert.ThrowsAsync<StepFailedException>(() => RunAsync(Say(new StepMessage.Faulted("It burns.", false)) + "exit 1"))).Message);
    }

    [Fact]
    public async Task A_result_followed_by_a_crash_is_no_result() =>
        await Assert.ThrowsAsync<StepFailedException>(() => RunAsync(Say(new StepMessage.Ended(new StepResult(1, 1, "done"), 1)) + "kill -11 $$"));

    [Fact]
    public async Task Asked_to_stop_the_child_gets_SIGTERM_and_time_for_its_checkpoint()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync($"trap \"echo checkpoint >&2; {Say(new StepMessage.Stopped()).Replace("\"", "\\\"").Trim()}; exit 1\" TERM\necho ready >&2\nwhile :; do sleep 0.05; done", stop: stop.Token);
        await WaitForLogAsync("ready");
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.Contains("checkpoint", _log);
    }

    [Fact]
    public async Task A_child_that_was_asked_to_stop_just_before_its_parent_was_is_no_failure()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync("echo ready >&2\n" + Say(new StepMessage.Stopped()) + "exit 1", stop: stop.Token);
        await WaitForLogAsync("ready");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        var alone = await Assert.ThrowsAsync<StepFailedException>(() => RunAsync(Say(new StepMessage.Stopped()) + "exit 1"));
        Assert.Equal("The step's process was asked to stop (SIGTERM), and not by this server.", alone.Message);
    }

    [Fact]
    public async Task A_child_that_is_deaf_to_SIGTERM_is_killed_when_its_time_is_up()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync("trap '' TERM\necho ready >&2\nwhile :; do sleep 0.05; done", graceSeconds: 0.3, stop: stop.Token);
        await WaitForLogAsync("ready");
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_child_whose_step_someone_else_took_is_killed_at_once()
    {
        using var kill = new CancellationTokenSource();
        var running = RunAsync("trap '' TERM\necho ready >&2\nwhile :; do sleep 0.05; done", kill: kill.Token);
        await WaitForLogAsync("ready");
        await kill.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_child_s_memory_is_known_while_it_runs_and_after()
    {
        var process = Child("echo ready >&2\nread line", TimeSpan.FromSeconds(1));
        using var kill = new CancellationTokenSource();
        var running = process.RunAsync(default, kill.Token);
        // Before its first line a child may still be what it was started from, with hardly a page of its own.
        await WaitForLogAsync("ready");
        Assert.InRange(process.PeakMemoryBytes!.Value, 1 << 16, 1 << 28);
        await kill.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.InRange(process.PeakMemoryBytes!.Value, 1 << 16, 1 << 28);
    }

    private async Task WaitForLogAsync(string line)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            lock (_log)
                if (_log.Contains(line)) return;
            Assert.True(DateTime.UtcNow < deadline);
            await Task.Delay(20);
        }
    }
}
