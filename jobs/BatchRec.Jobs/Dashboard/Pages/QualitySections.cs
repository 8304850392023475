using BatchRec.Evaluate;
using BatchRec.Gate;
using BatchRec.Jobs.Dashboard.Charts;
using BatchRec.Publish;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary>What there is to see of a run's quality: for the page and for the report.</summary>
internal static class QualitySections
{
    /// <param name="name">the run's</param>
    public static Markup Headline(RunRow run, Markup name)
    {
        var (quality, rows) = (Verdict.FromRun(run.Verdict), RowsVerdict.FromRun(run.Verdict));
        var words = quality?.Outcome switch
        {
            Outcome.Model => $"{quality.Published} is good enough",
            Outcome.Baseline => $"{quality.Published}, a baseline, is published",
            Outcome.Refused => "Refused by the gate",
            _ => "Not judged yet",
        };
        var state = quality?.Outcome switch { Outcome.Model => "published", Outcome.Baseline => "baseline", Outcome.Refused => "refused", _ => "pending" };
        IEnumerable<string> sentences = [.. quality?.Reasons ?? [], .. rows is null ? [] : rows.Accepted ? [$"The rows: {rows.Summary()}."] : rows.Reasons];
        return Markup.Of($"""
            <div class="br-headline br-is-{state}"><p class="br-lead"><span class="br-state br-is-{state}"><span aria-hidden="true">{Show.Sign(state)}</span> {words}</span></p>
            <p>Run {name} {Show.State(run)} · {quality?.Cases:N0} cases{(quality?.Lift is { } lift ? $" · lift over the best baseline {lift:+0.0%;-0.0%}" : "")}</p>
            <ol>{sentences.Select(sentence => Markup.Of($"<li>{sentence}</li>"))}</ol></div>
            """);
    }

    /// <param name="rows">of one protocol</param>
    public static Markup Models(List<MetricRow> rows)
    {
        var bars = rows.Where(row => row is { Segment: "all", Metric: "NDCG@10" } && double.IsFinite(row.Value)).OrderByDescending(row => row.Value)
            .Select(row => new IntervalBar(row.Model, "", row.Value, row.Low, row.High, ColourOf(row.Model))).ToList();
        return bars.Count == 0 ? Markup.None : Markup.Of($"""
            <section class="br-card">{IntervalBars.Draw($"NDCG@10 with 95 % intervals, {rows[0].Protocol}, repeats {rows[0].Repeats}", bars, "0.000")}
            <p class="br-dim">Blue: tonight's model, and its blend with baselines. Green: the live run's model on the same cases. Grey: baselines.</p></section>
            """);
    }

    public static Markup Segments(List<MetricRow> rows)
    {
        var model = rows.FirstOrDefault(row => ColourOf(row.Model) == 1)?.Model;
        var best = rows.Where(row => row is { Segment: "all", Metric: "NDCG@10" } && ColourOf(row.Model) == 4).OrderByDescending(row => row.Value).FirstOrDefault()?.Model;
        var bars = rows.Where(row => row.Segment != "all" && row.Metric == "NDCG@10" && (row.Model == model || row.Model == best)).OrderBy(row => Place(row.Segment)).ThenBy(row => row.Model == model ? 0 : 1)
            .Select(row => new IntervalBar(row.Model == model ? row.Segment : "", row.Model == model ? $"{row.Cases:N0} cases" : row.Model, row.Value, row.Low, row.High, ColourOf(row.Model))).ToList();
        return bars.Count == 0 ? Markup.None : Markup.Of($"""
            <section class="br-card">{IntervalBars.Draw($"NDCG@10 by segment: {model ?? "no model"} beside {best}", bars, "0.000")}</section>
            """);
    }

    /// <param name="holdout">of the model that was judged</param>
    /// <param name="refit">of the one that was published; empty where there is none</param>
    public static Markup Curves(IReadOnlyList<CurvePoint> holdout, IReadOnlyList<CurvePoint> refit)
    {
        if (holdout.Count == 0) return Markup.None;
        var epochs = Enumerable.Range(1, Math.Max(holdout.Count, refit.Count)).ToList();
        IReadOnlyList<double> Of(IReadOnlyList<CurvePoint> curve, Func<CurvePoint, double?> value) => [.. epochs.Select(epoch => curve.FirstOrDefault(point => point.Epoch == epoch) is { } point ? value(point) ?? double.NaN : double.NaN)];
        var names = epochs.Select(epoch => $"epoch {epoch}").ToList();
        List<Series> losses = [new("holdout model", 1, Of(holdout, point => point.Loss))];
        if (refit.Count > 0) losses.Add(new Series("refit", 2, Of(refit, point => point.Loss)));
        return Markup.Of($"""
            <section class="br-card">{LineChart.Draw("Learning: loss", "Mean cross-entropy an epoch, in nats.", names, losses, "0.00")}</section>
            <section class="br-card">{LineChart.Draw("Learning: validation NDCG@10", "Of the weights, and of their average.", names, [new("weights", 1, Of(holdout, point => point.Ndcg)), new("their average", 3, Of(holdout, point => point.AveragedNdcg))], "0.000")}</section>
            """);
    }

    /// <summary>Scores and popularity in a sample of the published lists; nothing where they are not kept.</summary>
    public static async Task<Markup> ListsAsync(NpgsqlDataSource results, RunRow run, CancellationToken cancellation)
    {
        var kept = (await KeptPublication.ListAsync(results, run.Pipeline, cancellation)).FirstOrDefault(one => one.RunId == run.RunId);
        if (kept is null || await ResultTables.FindAsync(results, run.Pipeline, cancellation) is not { } tables) return Markup.None;
        ListSample sample;
        try
        {
            sample = await ListSample.ReadAsync(results, tables, kept, cancellation);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return Markup.None;
        }
        return Markup.Of($"""
            <section class="br-card">{Histogram.Draw("Scores in a sample of lists", "score", [("rank 10", 4, sample.Tenth), ("rank 1", 1, sample.First)])}</section>
            <section class="br-card">{Popularity(sample)}</section>
            """);
    }

    /// <summary>Do all users get the same few items? The share of all places that the most listed items take.</summary>
    private static Markup Popularity(ListSample sample)
    {
        var total = (double)sample.Items.Sum(item => item.Users);
        if (total == 0) return Markup.None;
        var shares = Enumerable.Range(0, 21).Select(step => step / 20.0).ToList();
        var held = shares.Select(share => sample.Items.Take((int)Math.Ceiling(share * sample.Items.Count)).Sum(item => item.Users) / total).ToList();
        var top = Markup.Of($"""<p class="br-dim">Most listed: {string.Join(", ", sample.Items.Take(3).Select(item => $"{item.Title ?? item.ItemId} ({item.Users / (double)Math.Max(1, sample.First.Count):P0} of users)"))}</p>""");
        return Markup.Of($"""
            {LineChart.Draw("How the places in lists are shared", $"Of {sample.Items.Count:N0} items listed, the most listed tenth takes {held[2]:P0} of the places.", [.. shares.Select(share => $"top {share:P0}")], [new Series("share of places among the first ten", 1, held)], "P0", zero: true)}{top}
            """);
    }

    public static Markup Reach(List<MetricRow> rows)
    {
        IReadOnlyList<IntervalBar> Of(string metric) => [.. rows.Where(row => row.Segment == "all" && row.Metric == metric && double.IsFinite(row.Value)).OrderByDescending(row => row.Value)
            .Select(row => new IntervalBar(row.Model, "", row.Value, null, null, ColourOf(row.Model)))];
        var (coverage, novelty) = (Of("Coverage@10"), Of("Novelty@10"));
        return coverage.Count == 0 ? Markup.None : Markup.Of($"""
            <section class="br-card">{IntervalBars.Draw("Coverage@10: of the catalogue in the judged lists", coverage, "P0")}</section>
            {(novelty.Count == 0 ? Markup.None : Markup.Of($"""<section class="br-card">{IntervalBars.Draw("Novelty@10: bits, more is less popular", novelty, "0.0")}</section>"""))}
            """);
    }

    private static int ColourOf(string model) => model.StartsWith("live ", StringComparison.Ordinal) ? 3 : Evaluate.Baselines.BaselineSet.Names.Contains(model) ? 4 : 1;

    private static int Place(string segment) => Array.IndexOf(["history 1-4", "history 5-19", "history 20-99", "history 100+", "head items only", "tail items only"], segment) is >= 0 and var place ? place : 99;
}
