using BatchRec.Runs;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary>The steps of a run, one under the other: state, progress, pace, memory, log, the Hangfire job.</summary>
internal static class NightSteps
{
    public static Markup List(PageRequest request, NightView view) =>
        Markup.Of($"""<ol class="br-steps" aria-label="Steps of run {view.Run.RunId}">{view.Steps.Select(step => Step(request, view, step))}</ol>""");

    /// <summary>One of them, for the page of its Hangfire job.</summary>
    public static Markup Alone(PageRequest request, NightView view, Step step) => Markup.Of($"""
        <div data-br-active="{(view.Run.IsActive ? "true" : "false")}"><ol class="br-steps" aria-label="Step {Show.Name(step)}">{Step(request, view, view.Steps.Single(row => row.Step == step))}</ol></div>
        """);

    private static Markup Step(PageRequest request, NightView view, StepRow step)
    {
        var name = Show.Name(step.Step);
        return Markup.Of($"""
            <li class="br-step br-is-{Show.Name(step.State)}" id="step-{name}"><div class="br-step-head"><h2>{name}</h2>{Show.State(Show.Name(step.State))}{Attempt(step)}</div>
            <div class="br-step-body">{Progress(step)}<p class="br-message">{step.Message}</p>{Facts(request, view, step)}{Log(step)}</div></li>
            """);
    }

    private static Markup Attempt(StepRow step) => step.Attempt > 1 ? Markup.Of($"""<small class="br-attempt">attempt {step.Attempt}</small>""") : Markup.None;

    private static Markup Progress(StepRow step) => step.State is not (StepState.Running or StepState.Failed) ? Markup.None : Markup.Of($"""
        <div class="progress"><div class="progress-bar {(step.State == StepState.Failed ? "progress-bar-danger" : "")}" role="progressbar" aria-label="Progress of {Show.Name(step.Step)}"
        aria-valuemin="0" aria-valuemax="100" aria-valuenow="{NightPage.Percent(step):0}" style="width:{NightPage.Percent(step):0.#}%">{NightPage.Percent(step):0} %</div></div>
        """);

    private static Markup Facts(PageRequest request, NightView view, StepRow step)
    {
        var facts = new List<(string Name, Markup Value)>();
        void Fact(string name, string? value)
        {
            if (value is not null) facts.Add((name, Markup.Of($"{value}")));
        }
        if (step.Started is { } started) Fact(step.Finished is null ? "running for" : "took", Show.Duration((step.Finished ?? request.Now) - started));
        if (view.Run.IsActive && step.State is StepState.Running or StepState.Queued or StepState.Pending && view.Forecast.RemainingOf(step) is { } left)
            Fact(step.State == StepState.Running ? "left" : "usually takes", "about " + Show.Duration(left));
        Fact("rows", step.Rows is > 0 and var rows ? Show.Count(rows) : null);
        Fact("pace", view.PaceOf(step) is { } rate ? $"{Show.Count(rate)} rows/s" : null);
        Fact("written", step.Bytes is > 1 << 16 and var bytes ? Show.Size(bytes) : null);
        Fact("peak memory", step.PeakMemoryBytes is { } memory ? Show.Size(memory) : null);
        if (step.HangfireJobId is { } job) facts.Add(("job", Markup.Of($"""<a href="{request.Http.Request.PathBase}/jobs/details/{job}">#{job}</a>""")));
        return facts.Count == 0 ? Markup.None : Markup.Of($"""<dl class="br-facts">{facts.Select(fact => Markup.Of($"<div><dt>{fact.Name}</dt><dd>{fact.Value}</dd></div>"))}</dl>""");
    }

    private static Markup Log(StepRow step) => step.LogTail is not { } tail ? Markup.None : Markup.Of($"""
        <details class="br-log" id="log-{Show.Name(step.Step)}"{(step.State == StepState.Failed ? new Markup(" open") : Markup.None)}><summary>Log</summary><pre tabindex="0">{tail}</pre></details>
        """);
}
