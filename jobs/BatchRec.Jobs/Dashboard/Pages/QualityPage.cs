using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Gate;
using BatchRec.Runs;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary><i>Quality</i>: how good a run is and why the gate said so; the newest evaluated run unless the address names one.</summary>
internal static class QualityPage
{
    private const int LookBack = 30;

    public static async Task<Markup> RenderAsync(PageRequest request)
    {
        var run = request.QueryRun("run") is { } named
            ? await request.Runs.GetAsync(named, request.Cancelled) ?? throw new BatchRecException($"There is no run {named}.")
            : (await request.Runs.HistoryAsync(request.Pipeline, LookBack, request.Cancelled)).FirstOrDefault(row => Verdict.FromRun(row.Verdict) is not null);
        if (run is null) return Markup.Of($"<p class=\"lead\">No run has been judged yet.</p>");
        var repeats = RepeatRule.OfServed(request.Setup.Of(request.Pipeline).Recommend);
        var rows = await request.Runs.EvaluationAsync(run.RunId, request.Cancelled);
        var served = rows.Where(row => row.Protocol == NightlySplit.Protocol && row.Repeats == repeats).ToList();
        var holdout = await request.Runs.CurveAsync(run.RunId, Artefact.HoldoutModel, request.Cancelled);
        var refit = await request.Runs.CurveAsync(run.RunId, Artefact.Model, request.Cancelled);
        return Markup.Of($"""
            {QualitySections.Headline(run, Name(request, run))}<div class="br-grid">{QualitySections.Models(served)}{QualitySections.Segments(served)}</div>
            <div class="br-grid">{QualitySections.Curves(holdout, refit)}</div><div class="br-grid">{await QualitySections.ListsAsync(request.Databases.Results, run, request.Cancelled)}{QualitySections.Reach(served)}</div>
            {await TuningSection.RenderAsync(request.Databases.Results, request.Pipeline, request.Cancelled)}
            """);
    }

    private static Markup Name(PageRequest request, RunRow run) => Markup.Of($"""
        <a href="{request.Url("/night", ("run", run.RunId.Value))}"><code>{run.RunId}</code></a> (<a href="{request.Url("/quality/report", ("run", run.RunId.Value))}">report as one file</a>)
        """);
}
