using System.ComponentModel;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Hangfire.Server;

namespace BatchRec.Jobs;

/// <summary>Shares the work of a step that another server runs. Arguments are text, so that jobs outlive a release.</summary>
public sealed class AssistJob(StepAssistance assistance)
{
    [DisplayName("assist {1} of run {0}")]
    public Task<string> Work(string run, string step, int epoch, string assisted, PerformContext context, CancellationToken stop) =>
        assistance.RunAsync(RunId.Parse(run), Enum.Parse<Step>(step, ignoreCase: true), epoch, assisted, context.ServerId, stop);
}
