using System.ComponentModel;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Hangfire.Server;

namespace BatchRec.Jobs;

/// <summary>One step of a run; when it is done it enqueues the next. Arguments are text, so that jobs outlive a release.</summary>
public sealed class StepJob(StepExecution execution)
{
    [DisplayName("{1} of run {0}")]
    public Task<string> Work(string run, string step, PerformContext context, CancellationToken stop) =>
        execution.RunAsync(RunId.Parse(run), Enum.Parse<Step>(step, ignoreCase: true), context.BackgroundJob.Id, context.ServerId, stop);
}
