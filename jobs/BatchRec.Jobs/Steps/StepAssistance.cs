using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Runs;
using Hangfire;
using Hangfire.States;

namespace BatchRec.Jobs.Steps;

/// <summary>
/// Spreads a step over the servers that listen to its queue: the one that runs it asks the others, and each of them starts a child that shares the work.
/// Whatever goes wrong with that, the step's own server finishes it alone.
/// </summary>
public sealed class StepAssistance(
    Setup setup, Databases databases, RunTable runs, StepWork work, JobStorage storage, IBackgroundJobClientV2 client, ILogger<StepAssistance> log)
{
    // A job that came to a server which is at the step already tries again: another server may be free by then.
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookBetween = TimeSpan.FromSeconds(1);

    /// <summary>Asks each other server on the step's queue.</summary>
    /// <param name="epoch">Of the attempt that is to be assisted.</param>
    /// <param name="server">Hangfire's id of the one that runs the step.</param>
    public void Ask(RunRow run, Step step, int epoch, string server)
    {
        if (!work.IsShared(step)) return;
        try
        {
            var queue = work.QueueOf(step, setup.Of(run));
            for (var i = Liveness.OthersOn(storage, queue, server); i > 0; i--) Enqueue(run.RunId, step, epoch, server, queue, new EnqueuedState(queue));
        }
        catch (Exception fault)
        {
            log.LogWarning(fault, "No other server could be asked to share step {Step} of run {Run}, which goes on without", step, run.RunId);
        }
    }

    /// <param name="epoch">Of the attempt that asked: a later one has asked anew, and may be this server's own.</param>
    /// <param name="assisted">Hangfire's id of the server that runs the step.</param>
    /// <param name="server">and of this one</param>
    /// <returns>What happened, for the job's page.</returns>
    public async Task<string> RunAsync(RunId id, Step step, int epoch, string assisted, string server, CancellationToken stop)
    {
        if (await RunningAsync(id, step, epoch, stop) is not { } run) return "The attempt that asked has ended.";
        await using var only = server == assisted ? null : await RunLock.TryAcquireAsync(databases.ResultsConnectionString, $"{StepQueue.LockOf(run)}/{server}", TimeSpan.Zero, stop);
        if (only is null)
        {
            Enqueue(id, step, epoch, assisted, work.QueueOf(step, setup.Of(run)), new ScheduledState(TryAgainAfter));
            return "This server is at the step already; another may take the job in a few seconds.";
        }
        using var over = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stop, only.Lost);
        var watching = WatchAsync(run, step, over, either.Token);
        try
        {
            var start = StepProcess.StartOf(work.Program, setup, run, step, epoch, assist: true);
            // Nothing of it is worth waiting for: a shard that is not finished is another worker's.
            var result = await new StepProcess(start, TimeSpan.Zero, TimeSpan.Zero, new Progress<StepProgress>(), line =>
            {
                log.LogInformation("{Line}", line);
            }).RunAsync(CancellationToken.None, either.Token);
            return result.Message;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return "The step ended, or the results database was lost.";
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            log.LogWarning("This server could not assist step {Step} of run {Run}, which goes on without it: {Message}", step, id, fault.Message);
            return $"Could not assist: {fault.Message}";
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }
    }

    /// <summary>Cancels <paramref name="over"/> once the attempt that was to be assisted has ended.</summary>
    private async Task WatchAsync(RunRow run, Step step, CancellationTokenSource over, CancellationToken stop)
    {
        try
        {
            do await Task.Delay(LookBetween, stop);
            while (await RunningAsync(run.RunId, step, run.Epoch, stop) is not null);
            await over.CancelAsync();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody waits for it any more.
        }
        catch (Exception fault)
        {
            log.LogWarning("Run {Run} can't be looked after, so this server assists it no longer: {Message}", run.RunId, fault.Message);
            await over.CancelAsync();
        }
    }

    /// <summary>The run, where this attempt at its step is at work.</summary>
    private async Task<RunRow?> RunningAsync(RunId id, Step step, int epoch, CancellationToken stop) =>
        await runs.GetAsync(id, stop) is { IsActive: true } run && run.Epoch == epoch && (await runs.StepsAsync(id, stop)).Single(row => row.Step == step).State == StepState.Running ? run : null;

    private void Enqueue(RunId run, Step step, int epoch, string assisted, string queue, IState state)
    {
        var (id, name) = (run.Value, step.ToString().ToLowerInvariant());
        client.Create<AssistJob>(queue, job => job.Work(id, name, epoch, assisted, null!, CancellationToken.None), state);
    }
}
