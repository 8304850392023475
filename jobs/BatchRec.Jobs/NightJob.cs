using System.ComponentModel;
using BatchRec.Jobs.Steps;
using Hangfire.Server;

namespace BatchRec.Jobs;

/// <summary>Starts a pipeline's night: by its schedule, or now when a person presses "Trigger now" on the dashboard.</summary>
public sealed class NightJob(Nights nights)
{
    // The reason that Hangfire gives a job when a person triggered it.
    private const string TriggeredByHand = "Triggered using recurring job manager";

    public static string IdOf(string pipeline) => $"nightly:{pipeline}";

    [DisplayName("night of {0}")]
    public async Task<string> Work(string pipeline, PerformContext context, CancellationToken stop)
    {
        var byHand = context.Storage.GetMonitoringApi().JobDetails(context.BackgroundJob.Id).History.Any(state => state.Reason == TriggeredByHand);
        // When the scheduler fired, in seconds since 1970: later than the night was due when the server was down. The same at every retry.
        var fired = DateTimeOffset.FromUnixTimeSeconds(context.GetJobParameter<long>("Time"));
        var run = byHand ? await nights.StartNowAsync(pipeline, fired, full: false, stop) : await nights.StartDueAsync(pipeline, fired, stop);
        return run.IsActive ? $"Run {run.RunId} is on its way." : $"That night was run {run.RunId}, which is {run.State.ToString().ToLowerInvariant()}.";
    }
}
