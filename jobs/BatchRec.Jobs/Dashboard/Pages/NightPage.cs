using BatchRec.Jobs.Steps;
using BatchRec.Runs;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary><i>Night</i>: a run as a pipeline of steps, the newest unless the address names another one. Kept up to date while it is active.</summary>
internal static class NightPage
{
    public static async Task<Markup> RenderAsync(PageRequest request)
    {
        var run = request.QueryRun("run");
        var fragment = request.Url("/night/now", run is { } id ? [("run", id.Value)] : []);
        return Markup.Of($"""<div data-br-live="{fragment}">{await NowAsync(request)}</div>{(run is null ? await BeforeAsync(request) : Markup.None)}""");
    }

    /// <summary>The part that changes.</summary>
    public static async Task<Markup> NowAsync(PageRequest request)
    {
        var named = request.QueryRun("run");
        var run = named is { } id
            ? await request.Runs.GetAsync(id, request.Cancelled) ?? throw new BatchRecException($"There is no run {id}.")
            : await request.Runs.LatestAsync(request.Pipeline, request.Cancelled);
        if (run is null) return Markup.Of($"""<p class="lead">There has been no run yet.</p>{StartButton(request)}""");

        var view = await NightView.ReadAsync(request.Runs, run, request.Now, request.Cancelled);
        return Markup.Of($"""<div data-br-active="{(run.IsActive ? "true" : "false")}">{Headline(request, view)}{Bar(view)}{NightSteps.List(request, view)}</div>""");
    }

    /// <summary>Goes on with a run that ended, from the step that the address names.</summary>
    public static async Task<string> RetryAsync(PageRequest request)
    {
        var (run, step) = (RunOf(request), Enum.TryParse<Step>(request.Query("step"), ignoreCase: true, out var named) ? named : throw new BatchRecException("Name a step to go on from."));
        await request.Get<Nights>().ReopenAsync(run, step, request.Cancelled);
        return $"Run {run} goes on from {Show.Name(step)}.";
    }

    public static async Task<string> CancelAsync(PageRequest request)
    {
        var run = RunOf(request);
        return await request.Runs.CancelAsync(run, $"Cancelled on the dashboard{request.ByWhom}.", request.Cancelled) ? $"Run {run} is cancelled." : $"Run {run} had ended already.";
    }

    public static async Task<string> StartAsync(PageRequest request)
    {
        var run = await request.Get<Nights>().StartNowAsync(request.Pipeline, asOf: null, full: false, request.Cancelled);
        return $"Run {run.RunId} has begun.";
    }

    /// <summary>What an operator wants to know first, and may want to press.</summary>
    private static Markup Headline(PageRequest request, NightView view)
    {
        var run = view.Run;
        var step = view.Steps.FirstOrDefault(step => step.State is StepState.Running) ?? view.Steps.FirstOrDefault(step => step.State is StepState.Queued or StepState.Failed);
        var left = run.IsActive && view.Forecast.Remaining is { } remaining ? Markup.Of($" · about {Show.Duration(remaining)} left, until {Show.Time(request.Now + remaining)}") : Markup.None;
        var took = run is { Started: { } started, Finished: { } finished } ? $" · took {Show.Duration(finished - started)}" : "";
        var doing = run.IsActive && step is not null ? $" · {Show.Name(step.Step)}" : "";
        // Spoken when it changes: the state and the step, not every percent.
        return Markup.Of($"""
            <div class="br-headline br-is-{Show.Name(run.State)}"><p class="br-lead" role="status">{Show.State(run)}<strong>{doing}</strong></p>
            <p>Run <code>{run.RunId}</code> · {Show.Name(run.Kind)} · events before {Show.Time(run.AsOf)}{took}{left}</p>
            {(run.Message is { } message ? Markup.Of($"""<p class="br-why">{message}</p>""") : Markup.None)}
            <div class="br-actions">{Actions(request, view)}</div></div>
            """);
    }

    private static Markup Actions(PageRequest request, NightView view)
    {
        var run = view.Run;
        if (run.IsActive)
            return request.Button("Cancel the run", request.Url("/night/cancel", ("run", run.RunId.Value)), $"Cancel run {run.RunId}? Its worker stops within seconds; what is live stays as it is.", "btn-death");
        var buttons = new List<Markup>();
        if (run.State != RunState.Published && view.OpenStep is { } step)
            buttons.Add(request.Button(
                $"Retry from {Show.Name(step)}", request.Url("/night/retry", ("run", run.RunId.Value), ("step", Show.Name(step))), $"Go on with run {run.RunId} from {Show.Name(step)}? What came before it is kept.", "btn-primary"));
        if (request.QueryRun("run") is null) buttons.Add(StartButton(request));
        buttons.Add(Markup.Of($"""<a class="btn btn-default" href="{request.Url("/quality", ("run", run.RunId.Value))}">Its quality</a>"""));
        return Markup.Join(buttons);
    }

    private static Markup StartButton(PageRequest request) =>
        request.Button("Start a run now", request.Url("/night/start"), $"Start a run of {request.Pipeline} now, on all events up to this moment?");

    /// <summary>The whole night in a bar.</summary>
    private static Markup Bar(NightView view) => Markup.Of($"""
        <ol class="br-bar-of-steps" aria-hidden="true">{view.Steps.Select(step => Markup.Of($"""
            <li class="br-is-{Show.Name(step.State)}"><span style="width:{Percent(step):0}%"></span><b>{Show.Name(step.Step)}</b></li>
            """))}</ol>
        """);

    internal static double Percent(StepRow step) => step.State == StepState.Done ? 100 : 100 * (step.Fraction ?? 0);

    /// <summary>The run before the newest; it doesn't change.</summary>
    private static async Task<Markup> BeforeAsync(PageRequest request)
    {
        if (await request.Runs.HistoryAsync(request.Pipeline, 2, request.Cancelled) is not [_, var run]) return Markup.None;
        var view = new NightView(run, await request.Runs.StepsAsync(run.RunId, request.Cancelled), new Forecast([], new Dictionary<Step, TypicalStep>(), request.Now));
        var took = run is { Started: { } started, Finished: { } finished } ? $", took {Show.Duration(finished - started)}" : "";
        return Markup.Of($"""
            <section class="br-card"><h2>The run before</h2><p>{Show.State(run)} <a href="{request.Url("/night", ("run", run.RunId.Value))}"><code>{run.RunId}</code></a>{took}. {run.Message}</p>{Bar(view)}</section>
            """);
    }

    private static RunId RunOf(PageRequest request) => request.QueryRun("run") ?? throw new BatchRecException("Name a run.");
}
