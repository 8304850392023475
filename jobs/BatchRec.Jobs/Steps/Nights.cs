using BatchRec.Jobs.Configuration;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>Starts runs, and starts them again.</summary>
public sealed class Nights(Setup setup, Databases databases, RunTable runs, StepQueue queue, StepWork work, TimeProvider clock)
{
    /// <summary>The night that was due last at <paramref name="fired"/>. Firing late or twice gives the same run.</summary>
    /// <exception cref="BatchRecException">Another run of the pipeline is at work.</exception>
    public async Task<RunRow> StartDueAsync(string pipeline, DateTimeOffset fired, CancellationToken cancellation)
    {
        var schedule = setup.Of(pipeline).Schedule;
        var due = schedule.LastDue(fired) ?? fired;
        // A run that waits since long and that nobody works on (for a GPU server that never came?) must not stop all nights to come.
        if (await runs.ActiveAsync(pipeline, cancellation) is { } active && active.ScheduledFor != due
            && schedule.LastDue(due.AddSeconds(-1)) is { } before && active.Created < before + (due - before) / 2)
        {
            await using var idle = await RunLock.TryAcquireAsync(databases.ResultsConnectionString, StepQueue.LockOf(active), TimeSpan.Zero, cancellation);
            if (idle is not null) await runs.CancelAsync(active.RunId, $"Superseded by the night of {due:u}: nobody was working on it.", cancellation);
        }
        return await StartAsync(pipeline, due, due, full: false, cancellation);
    }

    /// <summary>A run that a person wants now.</summary>
    /// <param name="asOf">Events at or after it are not read; null: now.</param>
    /// <param name="full">Read the whole log again.</param>
    /// <exception cref="BatchRecException">Another run of the pipeline is at work.</exception>
    public Task<RunRow> StartNowAsync(string pipeline, DateTimeOffset? asOf, bool full, CancellationToken cancellation) =>
        StartAsync(pipeline, scheduledFor: null, asOf ?? WholeSecond(clock.GetUtcNow()), full, cancellation);

    /// <summary>Opens a run that has not been published once more: <paramref name="from"/> and what comes after it are done again.</summary>
    /// <exception cref="BatchRecException">It was published, or another run of its pipeline is active.</exception>
    public async Task<RunRow> ReopenAsync(RunId run, Step from, CancellationToken cancellation)
    {
        await runs.ReopenAsync(run, from, cancellation);
        return await EnqueuedAsync((await runs.GetAsync(run, cancellation))!, cancellation);
    }

    /// <summary>Sees to it that a job is at each active run: nothing is stranded by a crash between "step done" and "next enqueued".</summary>
    /// <returns>How many runs are active.</returns>
    public async Task<int> ReconcileAsync(CancellationToken cancellation)
    {
        var active = await runs.AllActiveAsync(cancellation);
        // Another server may have other pipelines than this one.
        foreach (var run in active.Where(run => setup.Pipelines.ContainsKey(run.Pipeline)))
        {
            try
            {
                await EnqueuedAsync(run, cancellation);
            }
            catch (BatchRecException fault)
            {
                // What its command line set can't be used any more: no reason to leave the others alone.
                await runs.FinishAsync(run.RunId, run.Epoch, RunState.Failed, fault.Message, cancellation);
            }
        }
        return active.Count;
    }

    private async Task<RunRow> StartAsync(string pipeline, DateTimeOffset? scheduledFor, DateTimeOffset asOf, bool full, CancellationToken cancellation)
    {
        var kind = full || await runs.LastPublishedAsync(pipeline, cancellation) is null ? RunKind.Full : RunKind.Delta;
        var run = await runs.CreateAsync(new NewRun
        {
            Pipeline = pipeline, Kind = kind, AsOf = asOf, ScheduledFor = scheduledFor, Seed = work.SeedOf(setup.Of(pipeline)), Options = setup.Recorded(pipeline),
        }, cancellation);
        return run.IsActive ? await EnqueuedAsync(run, cancellation) : run;
    }

    private static DateTimeOffset WholeSecond(DateTimeOffset now) => DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());

    private async Task<RunRow> EnqueuedAsync(RunRow run, CancellationToken cancellation)
    {
        await queue.EnqueueNextAsync(run, cancellation);
        return run;
    }
}
