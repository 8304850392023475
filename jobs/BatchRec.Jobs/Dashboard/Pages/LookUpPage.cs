using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Jobs.Dashboard.Pages;

/// <summary><i>Look up</i>: a user's history beside their list, with why each item is there; an item's neighbours.</summary>
internal static class LookUpPage
{
    private const int ListLength = 20, Neighbours = 15;

    public static async Task<Markup> RenderAsync(PageRequest request)
    {
        var (user, item) = (request.Query("user"), request.Query("item"));
        return Markup.Of($"""
            <div class="br-form">{Form(request, "user", "User", user)}{Form(request, "item", "Item", item)}</div>
            {(user is null ? Markup.None : await UserAsync(request, user))}{(item is null ? Markup.None : await ItemAsync(request, item))}
            """);
    }

    private static LookUp LookUpOf(PageRequest request) => new(
        request.Databases.Results, new ArtefactStore(request.Setup.Of(request.Pipeline).Artefacts.Folder, request.Pipeline, request.Get<TimeProvider>()), request.Runs, request.Get<ItemSpaces>());

    private static Markup Form(PageRequest request, string name, string label, string? value) => Markup.Of($"""
        <form method="get" class="br-form" role="search" aria-label="Look up: {label}">{RunsPage.PipelineField(request)}<div><label for="{name}">{label}</label><input class="form-control" id="{name}" name="{name}" value="{value}" required autocomplete="off"></div>
        <button class="btn btn-primary" type="submit">Look up</button></form>
        """);

    private static async Task<Markup> UserAsync(PageRequest request, string user)
    {
        try
        {
            var view = await LookUpOf(request).UserAsync(request.Pipeline, user, ListLength, request.Cancelled);
            return Markup.Of($"""
                <div class="br-grid"><section class="br-card"><h2>History of {user} <small>newest first</small></h2>{History(request, view)}</section>
                <section class="br-card"><h2>List of {user} <small>{(view.List.Own ? "their own" : "the default list: they have none of their own")}</small></h2>{List(request, view)}</section></div>
                """);
        }
        catch (BatchRecException fault)
        {
            return Trouble(fault.Message);
        }
    }

    private static Markup History(PageRequest request, UserView view)
    {
        if (view.HistoryMissing is { } why) return Trouble(why);
        if (view.History.Count == 0) return Markup.Of($"<p>Nothing is known of this user.</p>");
        return Markup.Of($"""
            <ol class="br-list">{Visits(view.History).Select(visit => Markup.Of($"""
                <li><span aria-hidden="true">·</span><span>{Item(request, visit[0].ItemId, view.Titles.GetValueOrDefault(visit[0].ItemId))} {visit.Select(one => Markup.Of($"""<span class="br-tag">{one.EventType}</span> """))}</span><small>{Show.Time(visit[0].Time)}</small></li>
                """))}</ol>
            """);
    }

    /// <summary>Events on the same item, one after the other, in the order in which they happened: view, cart, purchase.</summary>
    private static List<List<HistoryEvent>> Visits(IReadOnlyList<HistoryEvent> newestFirst)
    {
        var visits = new List<List<HistoryEvent>>();
        foreach (var one in newestFirst)
            if (visits.Count > 0 && visits[^1][0].Item == one.Item) visits[^1].Insert(0, one);
            else visits.Add([one]);
        return visits;
    }

    private static Markup List(PageRequest request, UserView view) => Markup.Of($"""
        <p class="br-dim">{How(view)}</p><ol class="br-list">{view.List.Items.Select(item => Markup.Of($"""
            <li><b>{item.Rank}</b><span>{Item(request, item.ItemId, item.Title)} <span class="br-tag">{item.Source}</span></span><span>{item.Score:0.000}</span><span class="br-reason">{Reason(view, item)}</span></li>
            """))}</ol>
        """);

    private static string How(UserView view) =>
        view.Reasons.Count == 0 ? ""
        : view.List.Items.Any(item => item.Source == Recommendation.FromBaseline) ? "A baseline made this list; what its items are close to in the history is by the holdout model's item vectors (cosine)."
        : "What its items are close to in the history: the cosine of the model's item vectors.";

    private static Markup Reason(UserView view, PublishedItem item)
    {
        if (item.Source == DefaultList.Source) return Markup.Of($"popular of late: the list was filled up with it");
        if (!view.Reasons.TryGetValue(item.ItemId, out var reasons) || reasons.Count == 0) return view.Reasons.Count == 0 ? Markup.None : Markup.Of($"close to nothing in the history");
        var near = reasons.Select(reason => $"{view.Titles.GetValueOrDefault(reason.ItemId) ?? reason.ItemId} ({reason.Similarity:0.00})");
        return Markup.Of($"close to {string.Join(" and ", near)}");
    }

    private static async Task<Markup> ItemAsync(PageRequest request, string item)
    {
        try
        {
            if (await LookUpOf(request).ItemAsync(request.Pipeline, item, Neighbours, request.Cancelled) is not { } view) return Trouble($"The live run has no model that knows item {item}.");
            return Markup.Of($"""
                <section class="br-card"><h2>Neighbours of {view.Title ?? item} <small>{item}</small></h2><p class="br-dim">By the cosine of the model's item vectors: items that it uses alike.</p>
                <ol class="br-list">{view.Nearest.Select((near, i) => Markup.Of($"<li><b>{i + 1}</b><span>{Item(request, near.ItemId, near.Title)}</span><span>{near.Similarity:0.000}</span></li>"))}</ol></section>
                """);
        }
        catch (BatchRecException fault)
        {
            return Trouble(fault.Message);
        }
    }

    private static Markup Item(PageRequest request, string id, string? title) =>
        Markup.Of($"""<a href="{request.Url("/look-up", ("item", id))}">{title ?? id}</a>{(title is null ? Markup.None : Markup.Of($" <small>{id}</small>"))}""");

    private static Markup Trouble(string message) => Markup.Of($"""<div class="alert alert-warning" role="alert">{message}</div>""");
}
