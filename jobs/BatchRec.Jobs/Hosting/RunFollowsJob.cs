using BatchRec.Runs;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace BatchRec.Jobs.Hosting;

/// <summary>
/// What an operator does to a step's job on Hangfire's pages happens to its run:
/// <list type="bullet">
/// <item>Requeue of a job that has ended opens the run again from its step, as <c>batchrec run --from</c> does; where that can't be, the job fails and says why.</item>
/// <item>Delete of a job that waits or works cancels the run.</item>
/// <item>A job that failed for good, its retries used up or its fault one for a person, fails the run.</item>
/// </list>
/// Jobs that the run's row doesn't name (older ones, doubles) change nothing.
/// </summary>
public sealed class RunFollowsJob(RunTable runs, ILogger<RunFollowsJob> log) : IElectStateFilter, IApplyStateFilter
{
    /// <summary>Order among the filters: a requeue that is refused must still meet the retry filter, which leaves it failed.</summary>
    public const int BeforeRetries = 10;

    private static readonly TimeSpan KeepReconciliations = TimeSpan.FromHours(1);
    private static readonly string[] Ended = [SucceededState.StateName, FailedState.StateName, DeletedState.StateName];

    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is not EnqueuedState || !Ended.Contains(context.CurrentState) || StepOf(context.BackgroundJob.Job) is not var (run, step)) return;
        try
        {
            // Hangfire's filters are synchronous.
            runs.ReopenAsync(run, step, CancellationToken.None).GetAwaiter().GetResult();
            context.SetJobParameter("RetryCount", 0);
        }
        catch (BatchRecException fault)
        {
            context.CandidateState = new FailedState(fault) { Reason = "The step can't run again." };
        }
    }

    public void OnStateApplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        if (context.BackgroundJob.Job?.Type == typeof(ReconcileJob)) context.JobExpirationTimeout = KeepReconciliations;
        if (context.NewState is FailedState failed)
            log.LogError("Job {Job} ({Name}) failed for good: {Message}", context.BackgroundJob.Id, context.BackgroundJob.Job?.Type.Name, failed.Exception.Message);
        if (StepOf(context.BackgroundJob.Job) is not var (run, step)) return;
        var ended = Ended.Contains(context.OldStateName);
        FollowAsync(run, step, context.BackgroundJob.Id, ended, context.NewState).GetAwaiter().GetResult();
    }

    public void OnStateUnapplied(ApplyStateContext context, IWriteOnlyTransaction transaction)
    {
        // What a job leaves behind means nothing to its run; what it enters does.
    }

    private async Task FollowAsync(RunId run, Step step, string job, bool ended, IState state)
    {
        if (state is EnqueuedState && ended)
        {
            await runs.StepQueuedAsync(run, step, job, CancellationToken.None);
            return;
        }
        if (ended || state is not (DeletedState or FailedState)) return;
        if (await runs.GetAsync(run, CancellationToken.None) is not { IsActive: true } active) return;
        var row = (await runs.StepsAsync(run, CancellationToken.None)).Single(candidate => candidate.Step == step);
        if (row.HangfireJobId != job || row.State == StepState.Done) return;

        if (state is FailedState failed) await runs.FinishAsync(run, active.Epoch, RunState.Failed, $"{step}: {failed.Exception.Message}", CancellationToken.None);
        else await runs.CancelAsync(run, $"Job {job} ({step}) was deleted: {state.Reason ?? "no reason given"}.", CancellationToken.None);
    }

    private static (RunId Run, Step Step)? StepOf(Job? job) =>
        job?.Type == typeof(StepJob) && job.Args is [string run, string step, ..] ? (RunId.Parse(run), Enum.Parse<Step>(step, ignoreCase: true)) : null;
}
