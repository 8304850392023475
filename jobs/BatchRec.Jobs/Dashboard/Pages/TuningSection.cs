using BatchRec.Tune;
using Npgsql;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary>The newest tuning of a pipeline on the page <i>Quality</i> and in reports: its best trials beside the configured options.</summary>
internal static class TuningSection
{
    private const int Shown = 10;

    public static async Task<Markup> RenderAsync(NpgsqlDataSource results, string pipeline, CancellationToken cancellation)
    {
        var tunings = new TuningTable(results, TimeProvider.System);
        if (await tunings.NewestAsync(pipeline, cancellation) is not { } tuning) return Markup.None;
        var report = tunings.Report(tuning);
        var trials = report.BestFirst;
        // The configured options are what the others are measured by, wherever they stand.
        var shown = trials.Take(Shown).Concat(trials.Skip(Shown).Where(trial => trial.Number == Trial.Configured));
        return Markup.Of($"""
            <section class="br-card"><h2>Newest tuning</h2><p>{Show.Time(tuning.Created)} · {Show.Name(tuning.Search)} · {trials.Count} trials on run <code>{tuning.RunId}</code> · {report.Verdict} {report.Ended}</p>
            <div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Trial</th><th scope="col" class="br-number">Validation NDCG@10</th><th scope="col" class="br-number">Epochs</th>
            <th scope="col">State</th><th scope="col" class="br-number">Took</th><th scope="col">Options</th></tr></thead><tbody>{shown.Select(Row)}</tbody></table></div></section>
            """);
    }

    private static Markup Row(Trial trial) => Markup.Of($"""
        <tr><td>{trial.Number}{(trial.Number == Trial.Configured ? " (configured)" : "")}</td><td class="br-number">{(double.IsNaN(trial.Ndcg) ? "" : $"{trial.Ndcg:0.0000}")}</td>
        <td class="br-number">{trial.Curve.Count} of {trial.Schedule}</td><td>{Show.Name(trial.State)}</td><td class="br-number">{Show.Duration(TimeSpan.FromSeconds(trial.Seconds))}</td>
        <td>{TuningReport.Told(trial.Values)} <small>{trial.Message}</small></td></tr>
        """);
}
