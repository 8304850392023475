using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Publish;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary>What two runs differ in: lists, metrics, settings, steps.</summary>
internal static class DiffPage
{
    private static readonly string[] Metrics = ["NDCG@10", "HR@10", "Coverage@10"];

    public static async Task<Markup> RenderAsync(PageRequest request)
    {
        var (a, b) = (await RunAsync(request, "a"), await RunAsync(request, "b"));
        var diff = await RunDiff.ReadAsync(request.Runs, a, b, request.Cancelled);
        var repeats = RepeatRule.OfServed(request.Setup.Of(request.Pipeline).Recommend);
        return Markup.Of($"""
            <p>{Name(request, "A", a)} → {Name(request, "B", b)}</p>{await ListsAsync(request, diff)}
            <div class="br-grid"><section class="br-card"><h2>Metrics <small>{NightlySplit.Protocol}, repeats {repeats}</small></h2>{MetricTable(diff, repeats)}</section><section class="br-card"><h2>Settings</h2>{OptionTable(diff)}</section></div>
            <section class="br-card"><h2>Steps</h2>{StepTable(diff)}</section>
            """);
    }

    private static async Task<RunRow> RunAsync(PageRequest request, string name)
    {
        var id = request.QueryRun(name) ?? throw new BatchRecException("Choose two runs, A and B, on the page Runs.");
        return await request.Runs.GetAsync(id, request.Cancelled) ?? throw new BatchRecException($"There is no run {id}.");
    }

    private static Markup Name(PageRequest request, string letter, RunRow run) =>
        Markup.Of($"""<b>{letter}</b> <a href="{request.Url("/night", ("run", run.RunId.Value))}"><code>{run.RunId}</code></a> {Show.State(run)}, events before {Show.Time(run.AsOf)}""");

    private static async Task<Markup> ListsAsync(PageRequest request, RunDiff diff)
    {
        var kept = await KeptPublication.ListAsync(request.Databases.Results, request.Pipeline, request.Cancelled);
        var (a, b) = (kept.FirstOrDefault(one => one.RunId == diff.Before.RunId), kept.FirstOrDefault(one => one.RunId == diff.After.RunId));
        if (a is null || b is null || await ResultTables.FindAsync(request.Databases.Results, request.Pipeline, request.Cancelled) is not { } tables)
            return Markup.Of($"""<section class="br-card"><h2>Lists</h2><p>The lists of {(a is null ? diff.Before : diff.After).RunId} are not kept, so there is nothing to compare (Publish:KeepRuns).</p></section>""");
        try
        {
            var changes = await ListChanges.ReadAsync(request.Databases.Results, tables, a, b, request.Cancelled);
            return Lists(changes);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return Markup.Of($"""<section class="br-card"><h2>Lists</h2><p>The lists were retired just now.</p></section>""");
        }
    }

    private static Markup Lists(ListChanges changes)
    {
        var share = changes.Users > 0 ? (double)changes.Changed / changes.Users : 0;
        return Markup.Of($"""
            <section class="br-card"><h2>Lists <small>over a sample of {changes.Users:N0} users that both have</small></h2>
            <dl class="br-tiles"><div><dt>Lists that changed</dt><dd>{share:P0}</dd></div><div><dt>Of the first ten still there</dt><dd>{changes.Overlap ?? double.NaN:P0}</dd></div></dl>
            <div class="br-grid"><div><h2>Rose</h2>{Moved(changes.Moved.Where(item => item.Users > item.UsersBefore), changes.Users)}</div>
            <div><h2>Fell</h2>{Moved(changes.Moved.Where(item => item.Users < item.UsersBefore).Reverse(), changes.Users)}</div></div></section>
            """);
    }

    private static Markup Moved(IEnumerable<MovedItem> items, long users) => Markup.Of($"""
        <ol class="br-list">{items.Select(item => Markup.Of($"""
            <li><span class="{(item.Users > item.UsersBefore ? "br-up" : "br-down")}" aria-hidden="true">{(item.Users > item.UsersBefore ? "▲" : "▼")}</span>
            <span>{item.Title ?? "item"} <small>{item.ItemId}</small></span><span>{(double)item.UsersBefore / users:P1} → {(double)item.Users / users:P1} <small>of users</small></span></li>
            """))}</ol>
        """);

    private static Markup MetricTable(RunDiff diff, string repeats)
    {
        var rows = diff.Metrics.Where(change => change.Protocol == NightlySplit.Protocol && change.Repeats == repeats && Metrics.Contains(change.Metric)).ToList();
        if (rows.Count == 0) return Markup.Of($"<p>They have no metric of the same protocol and model in common.</p>");
        return Markup.Of($"""
            <div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Model</th><th scope="col">Metric</th><th scope="col" class="br-number">A</th><th scope="col" class="br-number">B</th><th scope="col" class="br-number">Change</th></tr></thead>
            <tbody>{rows.OrderBy(change => Array.IndexOf(Metrics, change.Metric)).ThenByDescending(change => change.After).Select(change => Markup.Of($"""
                <tr><td>{change.Model}</td><td>{change.Metric}</td><td class="br-number">{change.Before:0.0000}</td><td class="br-number">{change.After:0.0000}</td>
                <td class="br-number {(change.After >= change.Before ? "br-up" : "br-down")}">{change.After - change.Before:+0.0000;-0.0000;0.0000}</td></tr>
                """))}</tbody></table></div>
            """);
    }

    private static Markup OptionTable(RunDiff diff) => diff.Options.Count == 0 ? Markup.Of($"<p>Both ran with the same settings.</p>") : Markup.Of($"""
        <div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Setting</th><th scope="col">A</th><th scope="col">B</th></tr></thead>
        <tbody>{diff.Options.Select(change => Markup.Of($"<tr><td>{change.Name}</td><td>{change.Before}</td><td>{change.After}</td></tr>"))}</tbody></table></div>
        """);

    private static Markup StepTable(RunDiff diff) => Markup.Of($"""
        <div class="br-scroll"><table class="table table-condensed"><thead><tr><th scope="col">Step</th><th scope="col" class="br-number">A took</th><th scope="col" class="br-number">B took</th><th scope="col" class="br-number">A rows</th><th scope="col" class="br-number">B rows</th></tr></thead>
        <tbody>{diff.Steps.Select(pair => Markup.Of($"""
            <tr><td>{Show.Name(pair.After.Step)}</td><td class="br-number">{Took(pair.Before)}</td><td class="br-number">{Took(pair.After)}</td><td class="br-number">{pair.Before.Rows:N0}</td><td class="br-number">{pair.After.Rows:N0}</td></tr>
            """))}</tbody></table></div>
        """);

    private static string Took(StepRow step) => step is { Started: { } started, Finished: { } finished } ? Show.Duration(finished - started) : "";
}
