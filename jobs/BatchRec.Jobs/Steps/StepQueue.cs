using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Runs;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace BatchRec.Jobs.Steps;

/// <summary>Hands steps to Hangfire: one live job for each (run, step), however often it is asked.</summary>
public sealed class StepQueue(JobStorage storage, IBackgroundJobClientV2 client, RunTable runs, Databases databases, Setup setup, StepWork work)
{
    // Longer than the lock of a process that was killed stands.
    private static readonly TimeSpan OthersTake = HangfireStorage.LocksExpireAfter + TimeSpan.FromSeconds(30);

    // From the start of a job to its lock, or from its lock to its end: longer, and its server has died.
    private static readonly TimeSpan WithoutLock = TimeSpan.FromSeconds(5);

    /// <summary>The lock that whoever executes a step of the run holds.</summary>
    public static string LockOf(RunRow run) => $"{run.Pipeline}/{run.RunId}";

    /// <summary>Enqueues the run's first step that isn't done, unless a job is at it.</summary>
    /// <returns>The job, or null when there is nothing to do.</returns>
    public async Task<string?> EnqueueNextAsync(RunRow run, CancellationToken cancellation)
    {
        // Two that ask at once must not both find no job. Were they to, the run's lock would still let one job at a time execute.
        using var connection = storage.GetConnection();
        using var once = connection.AcquireDistributedLock($"batchrec:{run.RunId}", OthersTake);

        var next = (await runs.StepsAsync(run.RunId, cancellation)).FirstOrDefault(step => step.State != StepState.Done);
        if (next is null or { State: StepState.Cancelled or StepState.Skipped }) return null;
        if (next.HangfireJobId is { } live && await IsLiveAsync(connection, live, run, cancellation)) return live;

        var (id, name, queue) = (run.RunId.Value, next.Step.ToString().ToLowerInvariant(), work.QueueOf(next.Step, setup.Of(run)));
        // The queue is the job's own, so that retries and requeues keep it.
        var job = client.Create<StepJob>(queue, step => step.Work(id, name, null!, CancellationToken.None), new EnqueuedState(queue));
        await runs.StepQueuedAsync(run.RunId, next.Step, job, cancellation);
        return job;
    }

    private async Task<bool> IsLiveAsync(IStorageConnection connection, string job, RunRow run, CancellationToken cancellation)
    {
        var state = connection.GetStateData(job);
        if (state is null) return false;
        if (state.Name == EnqueuedState.StateName || state.Name == ScheduledState.StateName || state.Name == AwaitingState.StateName) return true;
        if (state.Name != ProcessingState.StateName) return false;

        // A job whose server was killed stays "processing" until its invisibility ends. Its lock went with its connection.
        if (DateTime.UtcNow - StartOf(state) < WithoutLock) return true;
        await using var free = await RunLock.TryAcquireAsync(databases.ResultsConnectionString, LockOf(run), TimeSpan.Zero, cancellation);
        return free is null;
    }

    private static DateTime StartOf(StateData state) => JobHelper.DeserializeDateTime(state.Data["StartedAt"]);
}
