using BatchRec.Configuration;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Health;

/// <summary>Whether the nights come as they should: started when due, not failed, not refused, and what is live is fresh.</summary>
public sealed class NightExamination(Setup setup, Databases databases, RunTable runs, TimeProvider clock) : IExamination
{
    public string Name => "nights";

    public async Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        foreach (var (pipeline, options) in setup.Pipelines)
        {
            if (await runs.LatestAsync(pipeline, cancellation) is { } run && Ended(pipeline, run) is { } ended) findings.Add(ended);
            if (await MissedAsync(pipeline, options.Schedule, cancellation) is { } missed) findings.Add(missed);
            if (await LivePublication.ReadAsync(databases.Results, pipeline, clock, cancellation) is { Healthy: false } live)
                findings.Add(new Finding(
                    $"stale:{pipeline}", Severity.Fault, $"Pipeline {pipeline}: readers read run {live.RunId}, published {live.Age.TotalHours:0} hours ago; Publish:MaxAgeHours is {live.MaxAgeHours}.",
                    "See why no later night was published: batchrec status, batchrec runs"));
        }
        return findings;
    }

    private static Finding? Ended(string pipeline, RunRow run) => run.State switch
    {
        RunState.Failed => new Finding(
            $"failed:{run.RunId}", Severity.Fault, $"Pipeline {pipeline}: run {run.RunId} failed. {run.Message}", $"When that is mended: batchrec run --from STEP; batchrec status names the step"),
        RunState.Refused => new Finding(
            $"refused:{run.RunId}", Severity.Warning, $"Pipeline {pipeline}: run {run.RunId} was refused; what was live stays live. {run.Message}", "batchrec evaluate shows the numbers behind the verdict"),
        _ => null,
    };

    private async Task<Finding?> MissedAsync(string pipeline, ScheduleOptions schedule, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (!schedule.Enabled || schedule.LastDue(now) is not { } due || now - due < TimeSpan.FromMinutes(setup.Alarms.MissedNightMinutes)) return null;
        var history = await runs.HistoryAsync(pipeline, 20, cancellation);
        // Before the first run there was nobody to miss it.
        if (history.Count == 0 || history.Any(run => run.ScheduledFor >= due || run.Created >= due)) return null;
        return new Finding(
            $"missed:{pipeline}:{due:yyyyMMddHHmm}", Severity.Fault, $"Pipeline {pipeline}: the night due at {due:yyyy-MM-dd HH:mm}Z has not started.",
            "Is a scheduler running (batchrec doctor)? It makes up for a missed night when it starts; or start it now: batchrec run");
    }
}
