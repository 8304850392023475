using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard.Pages;
using BatchRec.Runs;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>What a step's row says, as a part of the page of its Hangfire job. Kept up to date while the step's run is active.</summary>
internal static class StepPanel
{
    private static readonly NonEscapedString Nothing = new("");

    public static NonEscapedString Render(JobDetailsRendererDto page)
    {
        if (page.JobDetails.Job is not { } job || job.Type != typeof(StepJob) || job.Args is not [string run, string name, ..]) return Nothing;
        var (context, step) = (page.Page.Context, Enum.Parse<Step>(name, ignoreCase: true));
        // Hangfire renders its pages synchronously.
        var runs = context.GetHttpContext().RequestServices.GetRequiredService<RunTable>();
        if (runs.GetAsync(RunId.Parse(run), CancellationToken.None).GetAwaiter().GetResult() is not { } row) return Nothing;
        // A job of a pipeline that another server has, and this one hasn't.
        if (!context.GetHttpContext().RequestServices.GetRequiredService<Setup>().Pipelines.ContainsKey(row.Pipeline)) return Nothing;
        var request = PageRequest.OfAsync(context, row.Pipeline).GetAwaiter().GetResult();
        var panel = NowAsync(request, row, step).GetAwaiter().GetResult();
        var fragment = request.Url("/night/step", ("run", run), ("step", Show.Name(step)));
        return new NonEscapedString(Markup.Of($"""
            <div class="br-page"><h3>Step {Show.Name(step)} of run <a href="{request.Url("/night", ("run", run))}"><code>{run}</code></a></h3><div data-br-live="{fragment}">{panel}</div></div>
            """).Html);
    }

    /// <summary>The part that changes.</summary>
    public static async Task<Markup> NowAsync(PageRequest request)
    {
        var run = request.QueryRun("run") is { } id ? await request.Runs.GetAsync(id, request.Cancelled) : null;
        return run is not null && Enum.TryParse<Step>(request.Query("step"), ignoreCase: true, out var step)
            ? await NowAsync(request, run, step)
            : throw new BatchRecException("There is no such run or step.");
    }

    private static async Task<Markup> NowAsync(PageRequest request, RunRow run, Step step) =>
        NightSteps.Alone(request, await NightView.ReadAsync(request.Runs, run, request.Now, request.Cancelled), step);
}
