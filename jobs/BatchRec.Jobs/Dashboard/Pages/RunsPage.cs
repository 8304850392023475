using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Gate;
using BatchRec.Jobs.Dashboard.Charts;
using BatchRec.Runs;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary><i>Runs</i>: the history with its verdicts; quality beside the baselines, durations and rows over time.</summary>
internal static class RunsPage
{
    private const int PageSize = 60;

    // A line a baseline would be a bundle that nobody can follow: these show the range.
    private const int BaselinesShown = 3;

    public static async Task<Markup> RenderAsync(PageRequest request)
    {
        // One more than is shown: is there an older page?
        var rows = await request.Runs.HistoryAsync(request.Pipeline, PageSize + 1, request.Cancelled, request.QueryRun("before"));
        if (rows.Count == 0) return Markup.Of($"<p class=\"lead\">There has been no run yet.</p>");
        var runs = rows.Take(PageSize).ToList();
        var (ids, oldestFirst) = (runs.Select(run => run.RunId).ToList(), runs.AsEnumerable().Reverse().ToList());
        var repeats = RepeatRule.OfServed(request.Setup.Of(request.Pipeline).Recommend);
        var quality = await request.Runs.MetricHistoryAsync(ids, NightlySplit.Protocol, repeats, "NDCG@10", request.Cancelled);
        var steps = (await request.Runs.StepsAsync(ids, request.Cancelled)).ToLookup(step => step.RunId);
        var older = rows.Count > PageSize ? Markup.Of($"""<a class="btn btn-default" href="{request.Url("/runs", ("before", runs[^1].RunId.Value))}">Older runs</a>""") : Markup.None;
        return Markup.Of($"""
            <div class="br-grid"><div class="br-card">{Quality(oldestFirst, quality)}</div><div class="br-card">{Durations(oldestFirst, steps)}</div><div class="br-card">{Rows("Events read", Step.Extract, oldestFirst, steps)}</div><div class="br-card">{Rows("Users with a list", Step.Recommend, oldestFirst, steps)}</div></div>
            {History(request, runs, steps)}{older}
            """);
    }

    private static Markup Quality(List<RunRow> runs, IReadOnlyList<RunMetric> quality)
    {
        var evaluated = runs.Where(run => quality.Any(metric => metric.RunId == run.RunId)).ToList();
        if (evaluated.Count == 0) return Markup.Of($"<p>No run here has been evaluated.</p>");
        var values = quality.ToLookup(metric => metric.Model, metric => metric);
        List<RunMetric?> Of(string model) => [.. evaluated.Select(run => values[model].FirstOrDefault(metric => metric.RunId == run.RunId))];
        var models = values.Select(model => model.Key).Where(name => !BaselineNames.Contains(name) && !name.StartsWith("live ", StringComparison.Ordinal)).Order().ToList();
        var best = values.Where(model => BaselineNames.Contains(model.Key)).OrderByDescending(model => model.Average(metric => Finite(metric.Value))).Take(BaselinesShown).Select(model => model.Key);
        var colour = 1;
        var series = models.Concat(best).Select(name =>
        {
            var line = Of(name);
            var isModel = models.Contains(name);
            return new Series(
                name, isModel ? colour : 4 + colour++ % 4, [.. line.Select(metric => metric?.Value ?? double.NaN)],
                isModel ? [.. line.Select(metric => (metric?.Low ?? double.NaN, metric?.High ?? double.NaN))] : null, Faint: !isModel);
        }).ToList();
        return LineChart.Draw(
            "Quality, NDCG@10", $"{evaluated.Count} evaluated runs; each on the events after its own cutoff, with the 95 % interval of the model.", NamesOf(evaluated), series, "0.000");
    }

    private static Markup Durations(List<RunRow> runs, ILookup<RunId, StepRow> steps)
    {
        var longest = runs.Max(run => steps[run.RunId].Sum(SecondsOf));
        var (unit, size) = longest > 7200 ? ("hours", 3600.0) : longest > 120 ? ("minutes", 60) : ("seconds", 1);
        var parts = Enum.GetValues<Step>().Select((step, i) => new Series(Show.Name(step), i + 1, [.. runs.Select(run => SecondsOf(steps[run.RunId].FirstOrDefault(row => row.Step == step)) / size)])).ToList();
        return BarChart.Draw($"Duration by step, {unit}", $"The last {runs.Count} runs.", NamesOf(runs), parts, "0.##");
    }

    private static Markup Rows(string title, Step step, List<RunRow> runs, ILookup<RunId, StepRow> steps)
    {
        IReadOnlyList<double> rows = [.. runs.Select(run => steps[run.RunId].FirstOrDefault(row => row.Step == step) is { State: StepState.Done, Rows: { } rows } ? rows : double.NaN)];
        return LineChart.Draw(title, $"The last {runs.Count} runs.", NamesOf(runs), [new Series($"rows of {Show.Name(step)}", step == Step.Extract ? 1 : 3, rows)], "#,0", zero: true);
    }

    private static Markup History(PageRequest request, List<RunRow> runs, ILookup<RunId, StepRow> steps) => Markup.Of($"""
        <form class="br-card" method="get" action="{request.Http.Request.PathBase}/runs/diff"><h2>History</h2>{PipelineField(request)}
        <div class="br-scroll"><table class="table table-condensed br-history"><thead><tr><th scope="col"><abbr title="The run to compare with">A</abbr></th><th scope="col">B</th><th scope="col">Run</th><th scope="col">State</th>
        <th scope="col">Verdict</th><th scope="col" class="br-number">NDCG@10</th><th scope="col" class="br-number">Best baseline</th><th scope="col" class="br-number">Took</th></tr></thead>
        <tbody>{runs.Select((run, i) => Row(request, run, i))}</tbody></table></div>
        <p><button class="btn btn-default" type="submit">Compare A with B</button></p></form>
        """);

    private static Markup Row(PageRequest request, RunRow run, int place)
    {
        var verdict = Verdict.FromRun(run.Verdict);
        var outcome = verdict is null ? "" : verdict.Outcome == Outcome.Refused ? "refused" : $"{verdict.Published}";
        return Markup.Of($"""
            <tr><td><input type="radio" name="a" value="{run.RunId}" aria-label="A: {run.RunId}"{Checked(place == 1)}></td><td><input type="radio" name="b" value="{run.RunId}" aria-label="B: {run.RunId}"{Checked(place == 0)}></td>
            <td><a href="{request.Url("/night", ("run", run.RunId.Value))}"><code>{run.RunId}</code></a></td><td>{Show.State(run)}</td><td><a href="{request.Url("/quality", ("run", run.RunId.Value))}">{outcome}</a></td>
            <td class="br-number">{verdict?.Model:0.0000}</td><td class="br-number">{verdict?.Baseline:0.0000} <small>{verdict?.BestBaseline}</small></td>
            <td class="br-number">{(run is { Started: { } started, Finished: { } finished } ? Show.Duration(finished - started) : "")}</td></tr>
            """);
    }

    private static List<string> NamesOf(List<RunRow> runs) => [.. runs.Select(run => $"{run.Created:MMM d HH:mm}")];

    internal static Markup PipelineField(PageRequest request) =>
        request.Setup.Pipelines.Count == 1 ? Markup.None : Markup.Of($"""<input type="hidden" name="pipeline" value="{request.Pipeline}">""");

    private static readonly HashSet<string> BaselineNames = Evaluate.Baselines.BaselineSet.Names.ToHashSet();

    private static Markup Checked(bool isChecked) => isChecked ? new Markup(" checked") : Markup.None;

    private static double Finite(double value) => double.IsFinite(value) ? value : 0;

    private static double SecondsOf(StepRow? step) => step is { Started: { } started, Finished: { } finished } ? (finished - started).TotalSeconds : 0;
}
