using BatchRec.Evaluate.Offline;
using BatchRec.Jobs.Dashboard;
using BatchRec.Jobs.Dashboard.Pages;
using BatchRec.Runs;

namespace BatchRec.Jobs.Reports;

/// <summary>What <c>batchrec evaluate --from</c> says, as one HTML file.</summary>
internal static class OfflineReportFile
{
    public static Markup Render(OfflineReport report, string log)
    {
        var test = report.Rows.Where(row => row.Split == OfflineRow.Test).SelectMany(row => MetricRows(report, row)).ToList();
        var validation = report.Rows.Where(row => row.Split == OfflineRow.Validation).SelectMany(row => MetricRows(report, row)).ToList();
        return ReportDocument.Of($"Evaluation of {log}", Markup.Of($"""
            <p>{report.Users:N0} users, {report.Items:N0} items, {report.Events:N0} events{(report.Cutoff is { } cutoff ? $", cut at {cutoff:yyyy-MM-dd HH:mm} UTC" : "")}{(report.NewUsers > 0 ? $"; {report.NewUsers:N0} users without history are left out" : "")}.</p>
            <h2>The test</h2>{MetricTables.Of(test)}<div class="br-grid">{QualitySections.Models(test)}{QualitySections.Segments(test)}</div><div class="br-grid">{QualitySections.Reach(test)}</div>
            {(validation.Count == 0 ? Markup.None : Markup.Of($"<h2>Validation, which was chosen on</h2>{MetricTables.Of(validation)}"))}
            {report.Notes.Select(note => Markup.Of($"<p>{note}</p>"))}
            """));
    }

    private static IEnumerable<MetricRow> MetricRows(OfflineReport report, OfflineRow row)
    {
        var name = row.Seed is { } seed ? $"{row.Model}, seed {seed}" : row.Model;
        foreach (var (metric, value) in row.Metrics)
            yield return new MetricRow(report.Protocol, report.Repeats, "all", name, metric, value.Value, value.Low, value.High, row.Cases);
        foreach (var (segment, value) in row.Segments)
            yield return new MetricRow(report.Protocol, report.Repeats, segment, name, "NDCG@10", value.Ndcg10, value.Low, value.High, value.Cases);
    }
}
