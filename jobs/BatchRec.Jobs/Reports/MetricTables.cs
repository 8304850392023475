using BatchRec.Jobs.Cli;
using BatchRec.Jobs.Dashboard;
using BatchRec.Runs;

namespace BatchRec.Jobs.Reports;

/// <summary>All that was measured over all users: a table for each protocol, the best model first.</summary>
internal static class MetricTables
{
    private const string Leading = "NDCG@10";

    public static Markup Of(IEnumerable<MetricRow> rows) => Markup.Of($"""{rows.Where(row => row.Segment == "all").GroupBy(row => (row.Protocol, row.Repeats)).Select(protocol => Table($"{protocol.Key.Protocol}, repeats {protocol.Key.Repeats}", [.. protocol]))}""");

    private static Markup Table(string title, List<MetricRow> rows)
    {
        var metrics = EvaluateCommand.Shown.Where(metric => rows.Any(row => row.Metric == metric)).ToList();
        var models = rows.GroupBy(row => row.Model).Select(model => (Name: model.Key, Values: model.ToDictionary(row => row.Metric)))
            .OrderByDescending(model => model.Values.TryGetValue(Leading, out var row) && double.IsFinite(row.Value) ? row.Value : double.NegativeInfinity);
        return Markup.Of($"""
            <section class="br-card"><h2>{title} <small>{rows.Max(row => row.Cases):N0} cases</small></h2><div class="br-scroll"><table class="table table-condensed br-metrics"><thead><tr><th scope="col">Model</th>{metrics.Select(metric => Markup.Of($"""<th scope="col" class="br-number">{metric}</th>"""))}<th scope="col" class="br-number">95 % of {Leading}</th></tr></thead>
            <tbody>{models.Select(model => Markup.Of($"""<tr><th scope="row">{model.Name}</th>{metrics.Select(metric => Cell(model.Values.GetValueOrDefault(metric)))}<td class="br-number">{Interval(model.Values.GetValueOrDefault(Leading))}</td></tr>"""))}</tbody></table></div></section>
            """);
    }

    private static Markup Cell(MetricRow? row) => Markup.Of($"""<td class="br-number">{(row is null || !double.IsFinite(row.Value) ? "–" : row.Value.ToString("0.0000"))}</td>""");

    private static string Interval(MetricRow? row) => row is { Low: { } low, High: { } high } && double.IsFinite(low) ? $"{low:0.0000} to {high:0.0000}" : "";
}
