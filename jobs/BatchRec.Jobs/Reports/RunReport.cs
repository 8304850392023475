using BatchRec.Blend;
using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard;
using BatchRec.Jobs.Dashboard.Pages;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Jobs.Reports;

/// <summary>All that is known of a run, as one HTML file: of its tables, its artefacts and, where its lists are kept, the published rows.</summary>
public sealed class RunReport(Setup setup, NpgsqlDataSource results, RunTable runs, TimeProvider clock)
{
    public const string FileName = "report.html";

    /// <summary>Where a night leaves it: beside the run's artefacts.</summary>
    public string PathOf(RunRow run) => Path.Combine(StoreOf(run).RunFolder(run.RunId), FileName);

    /// <param name="path">null: <see cref="PathOf"/></param>
    /// <returns>where it stands</returns>
    public async Task<string> WriteAsync(RunRow run, string? path, CancellationToken cancellation)
    {
        path = Path.GetFullPath(path ?? PathOf(run));
        ReportDocument.Write(path, await RenderAsync(run, cancellation));
        return path;
    }

    public async Task<Markup> RenderAsync(RunRow run, CancellationToken cancellation)
    {
        var repeats = RepeatRule.OfServed(setup.Of(run).Recommend);
        var rows = await runs.EvaluationAsync(run.RunId, cancellation);
        var served = rows.Where(row => row.Protocol == NightlySplit.Protocol && row.Repeats == repeats).ToList();
        var (holdout, refit) = (await runs.CurveAsync(run.RunId, Artefact.HoldoutModel, cancellation), await runs.CurveAsync(run.RunId, Artefact.Model, cancellation));
        return ReportDocument.Of($"Run {run.RunId} of pipeline {run.Pipeline}", Markup.Of($"""
            {QualitySections.Headline(run, Markup.Of($"<code>{run.RunId}</code>"))}{Facts(run)}
            {MetricTables.Of(rows)}<div class="br-grid">{QualitySections.Models(served)}{QualitySections.Segments(served)}</div>
            <div class="br-grid">{QualitySections.Curves(holdout, refit)}</div><div class="br-grid">{await QualitySections.ListsAsync(results, run, cancellation)}{QualitySections.Reach(served)}</div>
            {BlendSection(run)}{await AttentionAsync(run, cancellation)}{StepsSection.Of(await runs.StepsAsync(run.RunId, cancellation))}{OptionsSection.Of(run)}
            {await TuningSection.RenderAsync(results, run.Pipeline, cancellation)}<p class="br-dim">Written {Show.Instant(clock.GetUtcNow())} ; the run's code is {run.CodeVersion}.</p>
            """));
    }

    private static Markup Facts(RunRow run)
    {
        (string Name, string Value)[] facts =
        [
            ("State", Show.Name(run.State)), ("Events before", Show.Instant(run.AsOf)), ("Kind", Show.Name(run.Kind)), ("Seed", $"{run.Seed}"),
            ("Took", run is { Started: { } started, Finished: { } finished } ? Show.Duration(finished - started) : "–"),
        ];
        return Markup.Of($"""
            <dl class="br-tiles">{facts.Select(fact => Markup.Of($"<div><dt>{fact.Name}</dt><dd>{fact.Value}</dd></div>"))}</dl>{(run.Message is { } message ? Markup.Of($"<p>{message}</p>") : Markup.None)}
            """);
    }

    private Markup BlendSection(RunRow run)
    {
        if (StoreOf(run).Find(run.RunId, Artefact.Evaluation) is not { } evaluation || BlendWeights.Read(evaluation.Folder) is not { } weights) return Markup.None;
        return Markup.Of($"""
            <section class="br-card" id="blend"><h2>The blend's weights</h2><p>{weights.Reason}</p><div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Part</th><th scope="col" class="br-number">alone, NDCG@10</th>{HistoryLength.Names.Select(name => Markup.Of($"""<th scope="col" class="br-number">{name}</th>"""))}</tr></thead>
            <tbody>{weights.Parts.Select((part, k) => Markup.Of($"""<tr><th scope="row">{part}</th><td class="br-number">{weights.PartsNdcg10[k]:0.0000}</td>{weights.Weights.Select(row => Markup.Of($"""<td class="br-number">{row[k]:0.00}</td>"""))}</tr>"""))}</tbody></table></div></section>
            """);
    }

    private async Task<Markup> AttentionAsync(RunRow run, CancellationToken cancellation)
    {
        if (StoreOf(run).Find(run.RunId, Artefact.TopN) is not { } topN || AttentionSample.Read(topN) is not { } sample) return Markup.None;
        string[] items = [.. sample.Users.SelectMany(user => user.Events.Select(one => one.ItemId).Concat(user.Items.SelectMany(item => item.Because.Prepend(item.ItemId)))).Distinct()];
        var titles = await ResultTables.FindAsync(results, run.Pipeline, cancellation) is { } tables
            ? await ItemTitles.OfAsync(results, tables, items, cancellation)
            : new Dictionary<string, string>();
        return AttentionSection.Of(sample, titles);
    }

    private ArtefactStore StoreOf(RunRow run) => new(setup.Of(run).Artefacts.Folder, run.Pipeline, clock);
}
