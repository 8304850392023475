using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Hangfire;

namespace BatchRec.Jobs.Health;

/// <summary>Whether somebody starts the nights, and works on every queue that their steps go to.</summary>
public sealed class QueueExamination(Setup setup, StepWork work, TimeProvider clock) : IExamination
{
    // Opened when it is first looked at: without its database there is no storage.
    private JobStorage? _storage;

    public string Name => "queues";

    public Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation)
    {
        _storage ??= HangfireStorage.Open(setup.ConnectionStrings.EffectiveHangfire, setup.Hangfire, prepareSchema: false);
        var (findings, served) = (new List<Finding>(), Liveness.QueuesWithServer(_storage));
        if (setup.Pipelines.Values.Any(options => options.Schedule.Enabled) && !Liveness.HasScheduler(_storage))
            findings.Add(new Finding("queue:scheduler", Severity.Warning, "No scheduler is running: no night will start by itself.", "Start one: batchrec serve --roles scheduler (see ops/ for a service unit)"));
        var monitoring = _storage.GetMonitoringApi();
        foreach (var queue in setup.Pipelines.Values.SelectMany(options => Enum.GetValues<Step>().Select(step => work.QueueOf(step, options))).Distinct().Except(served))
        {
            var oldest = monitoring.EnqueuedJobs(queue, 0, 50).Select(job => job.Value?.EnqueuedAt).Min();
            var waits = oldest is { } since ? clock.GetUtcNow() - since : TimeSpan.Zero;
            var late = waits > TimeSpan.FromMinutes(setup.Alarms.QueueMinutes);
            findings.Add(new Finding(
                $"queue:{queue}{(late ? ":late" : "")}", late ? Severity.Fault : Severity.Warning,
                late ? $"Nobody works on the queue '{queue}', and a step has waited there for {waits.TotalMinutes:0} minutes." : $"Nobody works on the queue '{queue}'.",
                queue == Queues.Gpu
                    ? "Start a worker on a machine with a GPU: batchrec serve --roles gpu; or train here: Train:Device=cpu"
                    : "Start a worker: batchrec serve --roles cpu"));
        }
        return Task.FromResult<IReadOnlyList<Finding>>(findings);
    }
}
