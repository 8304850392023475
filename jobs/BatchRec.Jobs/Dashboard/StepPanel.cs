using System.Net;
using BatchRec.Runs;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>What a step's row says, as a part of the page of its Hangfire job. The page loads itself again while the step runs.</summary>
public static class StepPanel
{
    private static readonly NonEscapedString Nothing = new("");

    public static NonEscapedString Render(JobDetailsRendererDto page)
    {
        if (page.JobDetails.Job is not { } job || job.Type != typeof(StepJob) || job.Args is not [string run, string name, ..]) return Nothing;
        var runs = page.Page.Context.GetHttpContext().RequestServices.GetRequiredService<RunTable>();
        // Hangfire renders its pages synchronously.
        var step = runs.StepsAsync(RunId.Parse(run), CancellationToken.None).GetAwaiter().GetResult()
            .FirstOrDefault(row => row.Step.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));
        return step is null ? Nothing : new NonEscapedString(Html(step));
    }

    internal static string Html(StepRow step)
    {
        var percent = $"{100 * (step.Fraction ?? 0):0}%";
        var facts = new (string Name, string? Value)[]
        {
            ("Run", step.RunId.Value), ("State", $"{step.State.ToString().ToLowerInvariant()}, attempt {step.Attempt}"), ("Rows", $"{step.Rows:N0}"),
            ("Written", Size(step.Bytes)), ("Peak memory", Size(step.PeakMemoryBytes)),
            ("Took", step.Started is { } started ? $"{(step.Finished ?? DateTimeOffset.UtcNow) - started:hh\\:mm\\:ss}" : ""), ("Message", step.Message),
        };
        var rows = string.Concat(facts.Where(fact => !string.IsNullOrEmpty(fact.Value))
            .Select(fact => $"<tr><th style=\"width: 12em\">{fact.Name}</th><td>{WebUtility.HtmlEncode(fact.Value)}</td></tr>"));
        var log = step.LogTail is { } tail ? $"<pre>{WebUtility.HtmlEncode(tail)}</pre>" : "";
        var reload = step.State == StepState.Running ? "<meta http-equiv=\"refresh\" content=\"3\">" : "";
        return $"""
            <h3>Step {step.Step.ToString().ToLowerInvariant()}</h3>{reload}
            <div class="progress"><div class="progress-bar" role="progressbar" style="width: {percent}; min-width: 3em">{percent}</div></div>
            <table class="table">{rows}</table>{log}
            """;
    }

    private static string? Size(long? bytes) => bytes is { } known ? $"{known / 1048576.0:N1} MiB" : null;
}
