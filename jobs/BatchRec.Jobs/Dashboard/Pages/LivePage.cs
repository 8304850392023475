using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary><i>Live</i>: what readers read, how fresh it is, and the ways back.</summary>
internal static class LivePage
{
    private const int Events = 12;

    public static async Task<Markup> RenderAsync(PageRequest request)
    {
        var results = request.Databases.Results;
        var status = await PublicationStatus.ReadAsync(results, request.Pipeline, request.Get<TimeProvider>(), request.Cancelled);
        var hold = await new PublishingHold(results, request.Get<TimeProvider>()).FindAsync(request.Pipeline, request.Cancelled);
        var events = await PublicationEvent.ListAsync(results, request.Pipeline, Events, request.Cancelled);
        var kept = await KeptPublication.ListAsync(results, request.Pipeline, request.Cancelled);
        var run = status.Live is { } live ? await request.Runs.GetAsync(live.RunId, request.Cancelled) : null;
        return Markup.Of($"""
            {Headline(request, status, hold)}{(status.Live is null || run is null ? Markup.None : Tiles(status.Live, RowsVerdict.FromRun(run.Verdict)))}
            {Ways(request, status.Live, kept)}{History(request, events)}
            """);
    }

    public static async Task<string> RollBackAsync(PageRequest request)
    {
        var (from, to) = await new Rollback(request.Databases.Results, request.Get<TimeProvider>()).RunAsync(request.Pipeline, request.QueryRun("run"), request.Cancelled);
        return $"Run {to} is live again instead of {from}. Publishing is held until you release it.";
    }

    public static async Task<string> HoldAsync(PageRequest request)
    {
        await new PublishingHold(request.Databases.Results, request.Get<TimeProvider>()).HoldAsync(request.Pipeline, $"Held on the dashboard{request.ByWhom}.", request.Cancelled);
        return "Publishing is held: what is live stays.";
    }

    public static async Task<string> ReleaseAsync(PageRequest request) =>
        await new PublishingHold(request.Databases.Results, request.Get<TimeProvider>()).ReleaseAsync(request.Pipeline, request.Cancelled) is null
            ? "It was not held." : "Released: the next run publishes again.";

    private static Markup Headline(PageRequest request, PublicationStatus status, Hold? hold)
    {
        var live = status.Live;
        var (state, sign, words) = live is null ? ("pending", "○", "Nothing is published yet")
            : !live.Healthy ? ("failed", "✕", $"Stale: published {Show.Duration(live.Age)} ago, {live.MaxAgeHours} h are allowed")
            : ("published", "✓", $"Fresh: published {Show.Duration(live.Age)} ago");
        return Markup.Of($"""
            <div class="br-headline br-is-{(hold is null ? state : "held")}"><p class="br-lead"><span class="br-state br-is-{state}"><span aria-hidden="true">{sign}</span> {words}</span></p>
            {(live is null ? Markup.None : Freshness(request, live))}{(hold is null ? Markup.None : Held(request, status, hold))}
            <div class="br-actions">{Buttons(request, live, hold)}</div></div>
            """);
    }

    private static Markup Freshness(PageRequest request, LivePublication live)
    {
        var used = Math.Min(100, 100 * live.Age.TotalHours / live.MaxAgeHours);
        return Markup.Of($"""
            <p>Run <a href="{request.Url("/night", ("run", live.RunId.Value))}"><code>{live.RunId}</code></a> is live since {Show.Time(live.LiveSince)}, on events before {Show.Time(live.Watermark)}.</p>
            <div class="br-meter {(live.Healthy ? "" : "br-late")}" role="meter" aria-label="Age, of what Publish:MaxAgeHours allows" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{used:0}"><span style="width:{used:0.#}%"></span></div>
            <p class="br-dim">{Show.Duration(live.Age)} of {live.MaxAgeHours} h</p>
            """);
    }

    private static Markup Held(PageRequest request, PublicationStatus status, Hold hold) => Markup.Of($"""
        <p class="br-why"><b class="br-state br-is-held"><span aria-hidden="true">‖</span> Publishing is held</b> since {Show.Time(hold.Since)}: {hold.Reason} Runs stop before they publish.
        {(status.LatestRun is { State: RunState.Held } waiting ? Markup.Of($"""Run <a href="{request.Url("/night", ("run", waiting.RunId.Value))}"><code>{waiting.RunId}</code></a> waits.""") : Markup.None)}</p>
        """);

    private static Markup Buttons(PageRequest request, LivePublication? live, Hold? hold) => Markup.Join(
    [
        live?.PreviousRunId is { } previous
            ? request.Button("Roll back", request.Url("/live/rollback", ("run", previous.Value)), $"Make run {previous} live again instead of {live.RunId}? Readers see it at once, and nothing new is published until you release it.", "btn-death")
            : Markup.None,
        hold is null
            ? request.Button("Hold publishing", request.Url("/live/hold"), "Hold publishing? What is live stays until you release it; runs stop before they publish.")
            : request.Button("Release", request.Url("/live/release"), "Release? The next run publishes again.", "btn-primary"),
    ]);

    private static Markup Tiles(LivePublication live, RowsVerdict? rows) => Markup.Of($"""
        <dl class="br-tiles"><div><dt>Users with a list</dt><dd>{Show.Count(live.Users)}</dd></div><div><dt>Rows</dt><dd>{Show.Count(live.Rows)}</dd></div>
        <div><dt>Of the catalogue in a list</dt><dd>{rows?.Coverage:P1}<small>{rows?.Items:N0} items</small></dd></div>
        <div><dt>Changed at its publication</dt><dd>{(rows?.Churn is { } churn ? $"{churn:P1}" : "–")}<small>of users' first ten</small></dd></div>
        <div><dt>Read it in</dt><dd><small><code>{live.Schema}.recommendations</code></small></dd></div></dl>
        """);

    private static Markup Ways(PageRequest request, LivePublication? live, IReadOnlyList<KeptPublication> kept) => live is null ? Markup.None : Markup.Of($"""
        <section class="br-card"><h2>Kept runs</h2><ul class="br-list">{kept.Select(run => Markup.Of($"""
            <li><span aria-hidden="true">{(run.RunId == live.RunId ? "▶" : run.Withdrawn ? "↩" : "○")}</span><span><code>{run.RunId}</code> {(run.RunId == live.RunId ? "live" : run.Withdrawn ? "withdrawn" : "")}
            <small>published {Show.Time(run.PublishedAt)}, {Show.Count(run.Users)} users</small></span><span>{(run.RunId == live.RunId ? Markup.None : request.Button(
                "Make live", request.Url("/live/rollback", ("run", run.RunId.Value)), $"Make run {run.RunId} live instead of {live.RunId}? Readers see it at once, and nothing new is published until you release it.", "btn-default btn-sm"))}</span></li>
            """))}</ul></section>
        """);

    private static Markup History(PageRequest request, IReadOnlyList<PublicationEvent> events) => events.Count == 0 ? Markup.None : Markup.Of($"""
        <section class="br-card"><h2>What happened</h2><ul class="br-list">{events.Select(one => Markup.Of($"""
            <li><span aria-hidden="true">{Show.Sign(one.Action)}</span><span><b>{one.Action}</b> {(one.RunId is { } run ? Markup.Of($"""<a href="{request.Url("/night", ("run", run.Value))}"><code>{run}</code></a>""") : Markup.None)}
            {(one.FromRun is { } from ? Markup.Of($"<small>in place of {from}</small>") : Markup.None)}</span><span>{Show.Time(one.At)}</span>{(one.Why.Length == 0 ? Markup.None : Markup.Of($"""<span class="br-reason">{one.Why}</span>"""))}</li>
            """))}</ul></section>
        """);
}
