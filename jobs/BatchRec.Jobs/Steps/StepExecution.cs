using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Reports;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>
/// Executes one step of a run for a Hangfire job, which may come twice, late, or after its run has ended: the run table says what there is to do, the
/// run's session lock lets one at a time do it, and the epoch shuts out whoever lost that lock without knowing.
/// </summary>
public sealed class StepExecution(Setup setup, Databases databases, RunTable runs, StepQueue queue, StepAssistance assistance, StepWork work, TimeProvider clock, ILoggerFactory logs)
{
    // A predecessor that was fenced finds out within a second or two, and its child writes no checkpoint.
    private static readonly TimeSpan OthersLetGoWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastWritesTake = TimeSpan.FromSeconds(30);

    /// <param name="job">Hangfire's, which the step's row is to name.</param>
    /// <param name="server">Hangfire's id of this one.</param>
    /// <returns>What happened, for the job's page.</returns>
    /// <exception cref="OperationCanceledException">The server stops (Hangfire puts the job back) or the job was deleted.</exception>
    public async Task<string> RunAsync(RunId id, Step step, string job, string server, CancellationToken stop)
    {
        if (await runs.GetAsync(id, stop) is not { IsActive: true } run) return $"Run {id} is not active: nothing to do.";
        string did;
        await using (var held = await RunLock.TryAcquireAsync(databases.ResultsConnectionString, StepQueue.LockOf(run), OthersLetGoWithin, stop))
        {
            if (held is null) return "Another worker is at this run; it goes on without this job.";
            var rows = await runs.StepsAsync(id, stop);
            var row = rows.Single(candidate => candidate.Step == step);
            if (rows.FirstOrDefault(earlier => earlier.Step < step && earlier.State != StepState.Done) is { } open)
                return $"Step {Text(open.Step)} comes first.";
            did = row.State == StepState.Done ? "The step was done already." : await AttemptAsync(run, row, job, server, held, stop);
        }
        if (await runs.GetAsync(id, stop) is not { } after) return did;
        if (after.IsActive) await queue.EnqueueNextAsync(after, stop);
        else if (after.State is RunState.Published or RunState.Refused or RunState.Held) await ReportAsync(after, stop);
        return did;
    }

    /// <summary>The run has ended as it has: a report that can't be written changes nothing of that.</summary>
    private async Task ReportAsync(RunRow run, CancellationToken stop)
    {
        try
        {
            await new RunReport(setup, databases.Results, runs, clock).WriteAsync(run, null, stop);
        }
        catch (Exception fault) when (!stop.IsCancellationRequested)
        {
            logs.CreateLogger<RunReport>().LogWarning(fault, "The report of run {Run} could not be written; `batchrec report {Run}` tries again", run.RunId, run.RunId);
        }
    }

    private async Task<string> AttemptAsync(RunRow run, StepRow row, string job, string server, RunLock held, CancellationToken stop)
    {
        var (id, step) = (run.RunId, row.Step);
        if (await runs.RaiseEpochAsync(id, stop) is not { } epoch) return $"Run {id} has ended: nothing to do.";
        var tail = new LogTail();
        var log = tail.Of(logs.CreateLogger($"BatchRec.{step}"));
        // Every line of its log names its run and step.
        using var scope = log.BeginScope("run {Run} step {Step}", id.Value, Text(step));
        // Never begun since the run was made or opened again from here: what an earlier life of the run left is not this one's.
        if (row.Started is null) new ArtefactStore(setup.Of(run).Artefacts.Folder, run.Pipeline, clock).Discard(id, step);
        await runs.StepQueuedAsync(id, step, job, stop);
        if (!await runs.StepStartedAsync(id, step, epoch, stop)) return TakenOver(id);
        assistance.Ask(run, step, epoch, server);

        var child = work.InChild(step);
        var memory = child ? null : PeakMemory.OfThisProcess();
        StepProcess? process = null;
        long? MemoryBytes() => memory is not null ? memory.Bytes : process?.PeakMemoryBytes;

        await using var progress = new ProgressWriter(runs, id, step, epoch, MemoryBytes, () => tail.Text);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, progress.Fenced);
        StepResult result;
        try
        {
            if (child)
            {
                var start = StepProcess.StartOf(work.Program, setup, run, step, epoch);
                process = new StepProcess(start, Grace, Told, progress, line =>
                {
                    log.LogInformation("{Line}", line);
                });
                result = await process.RunAsync(stop, lost.Token);
            }
            else
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, lost.Token);
                var context = StepContexts.Of(run, epoch, setup, databases, runs, progress, log, clock);
                result = await Task.Run(() => work.RunAsync(step, context, either.Token), CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested)
        {
            var fault = new StepFailedException("The connection that held the run's lock was lost: is the results database up, and is its address a direct one?");
            await FailedAsync(fault);
            throw fault;
        }
        catch (OperationCanceledException) when (progress.Fenced.IsCancellationRequested)
        {
            return TakenOver(id);
        }
        catch (SupersededException)
        {
            return TakenOver(id);
        }
        catch (Exception fault)
        {
            await FailedAsync(fault);
            throw;
        }

        // The work is done: what is left to write is written even while the server stops.
        using var soon = new CancellationTokenSource(LastWritesTake);
        if (result is { Refused: true } or { Held: true })
        {
            var state = result.Held ? RunState.Held : RunState.Refused;
            return await runs.FinishAsync(id, epoch, state, result.Message, soon.Token) ? $"{state}: {result.Message}" : TakenOver(id);
        }
        var outcome = new StepOutcome { Rows = result.Rows, Bytes = result.Bytes, Message = result.Message, PeakMemoryBytes = MemoryBytes(), LogTail = tail.Text };
        return await runs.StepDoneAsync(id, step, epoch, outcome, soon.Token) || await runs.GetAsync(id, soon.Token) is { State: RunState.Published }
            ? result.Message
            : TakenOver(id);

        async Task FailedAsync(Exception fault)
        {
            // Of the faults that we foresee, the message says it all.
            log.LogError(fault is BatchRecException or StepFailedException ? null : fault, "Step {Step} of run {Run} failed: {Message}", step, id, fault.Message);
            using var briefly = new CancellationTokenSource(LastWritesTake);
            try
            {
                var outcome = new StepOutcome { Message = fault.Message.Replace("\0", ""), PeakMemoryBytes = MemoryBytes(), LogTail = tail.Text };
                await runs.StepFailedAsync(id, step, epoch, outcome, briefly.Token);
            }
            catch (Exception second)
            {
                // The fault itself must reach Hangfire, whatever else is broken.
                log.LogWarning(second, "The failure of step {Step} of run {Run} could not be recorded.", step, id);
            }
        }
    }

    /// <summary>The child has until shortly before the server gives up waiting.</summary>
    private TimeSpan Grace => TimeSpan.FromSeconds(Math.Max(1, setup.Hangfire.ShutdownSeconds - setup.Hangfire.StopSeconds - 5));

    /// <summary>From a signal to this process to the step's token.</summary>
    private TimeSpan Told => TimeSpan.FromSeconds(setup.Hangfire.StopSeconds + 3);

    private static string TakenOver(RunId run) => $"Run {run} was cancelled or taken over by another worker meanwhile; what this one did does not count.";

    private static string Text(Step step) => step.ToString().ToLowerInvariant();
}
