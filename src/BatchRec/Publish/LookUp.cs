using BatchRec.Prepare;
using BatchRec.Recommend;
using BatchRec.Runs;
using BatchRec.Train;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>A user's history beside the published list, and an item's neighbours: answers "why is that there?".</summary>
/// <param name="spaces">Item vectors of live runs, kept between questions.</param>
public sealed class LookUp(NpgsqlDataSource results, ArtefactStore store, RunTable runs, ItemSpaces spaces)
{
    private const int HistoryEvents = 50, ReasonsAnItem = 2;

    /// <param name="asked">An item that may be in the list or not; null: no particular one.</param>
    /// <exception cref="BatchRecException">Nothing is published, or the text can't be a user's id.</exception>
    public async Task<UserView> UserAsync(string pipeline, string user, int count, CancellationToken cancellation, string? asked = null)
    {
        var list = await PublishedLists.ForAsync(results, pipeline, user, count, cancellation);
        var live = (await runs.LastPublishedAsync(pipeline, cancellation))!.RunId;
        if (store.Find(live, Artefact.Sequences) is not { } sequences)
            return new UserView(list, [], new Dictionary<string, string>(), new Dictionary<string, IReadOnlyList<Neighbour>>(), HistoryMissing(live));
        using var reader = new HistoryReader(sequences);
        var history = reader.Of(user, HistoryEvents);
        var space = spaces.Of(store, live);
        var indices = reader.ItemIndices(list.Items.SelectMany(item => item.Because.Prepend(item.ItemId)).Distinct());
        var reasons = space is null
            ? new Dictionary<string, IReadOnlyList<Neighbour>>()
            : list.Items.Where(item => indices.ContainsKey(item.ItemId)).ToDictionary(item => item.ItemId, item => item.Because.Length > 0 ? Published(space, item, indices) : FromHistory(space, indices[item.ItemId], history));
        var unknown = asked is not null && reader.ItemIndices([asked]).Count == 0;
        return new UserView(list, history, await TitlesAsync(pipeline, [.. history.Select(one => one.ItemId).Concat(indices.Keys).Distinct()], cancellation), reasons, null)
        {
            AskedIsUnknown = unknown, AskedIsUnavailable = asked is not null && !unknown && await IsUnavailableAsync(pipeline, asked, cancellation),
        };
    }

    /// <summary>Null where the live run knows no such item, or has no model.</summary>
    /// <exception cref="BatchRecException">Nothing is published, or its files are not here.</exception>
    public async Task<ItemView?> ItemAsync(string pipeline, string item, int count, CancellationToken cancellation)
    {
        var live = await runs.LastPublishedAsync(pipeline, cancellation) ?? throw new BatchRecException($"Pipeline {pipeline} has published nothing yet.");
        using var reader = new HistoryReader(store.Find(live.RunId, Artefact.Sequences) ?? throw new BatchRecException(HistoryMissing(live.RunId)));
        if (reader.ItemIndices([item]).Values.ToArray() is not [var index] || spaces.Of(store, live.RunId) is not { } space) return null;
        var nearest = space.Nearest(index, count);
        var ids = reader.ItemIds([.. nearest.Select(one => one.Item)]);
        var titles = await TitlesAsync(pipeline, [item, .. ids.Values], cancellation);
        return new ItemView(item, titles.GetValueOrDefault(item), [.. nearest.Select(one => new Neighbour(ids[one.Item], titles.GetValueOrDefault(ids[one.Item]), one.Similarity))]);
    }

    /// <summary>What was published with the item.</summary>
    private static IReadOnlyList<Neighbour> Published(ItemSpace space, PublishedItem item, IReadOnlyDictionary<string, int> indices) =>
        [.. item.Because.Where(indices.ContainsKey).Select(id => new Neighbour(id, null, space.Similarity(indices[item.ItemId], indices[id]) ?? 0))];

    /// <summary>What would have been published with an item that is published without reasons.</summary>
    private static IReadOnlyList<Neighbour> FromHistory(ItemSpace space, int item, IReadOnlyList<HistoryEvent> history)
    {
        var ids = history.Where(one => space.Knows(one.Item)).DistinctBy(one => one.Item).ToDictionary(one => one.Item, one => one.ItemId);
        var because = new int[ReasonsAnItem];
        new Reasons(space, ReasonsAnItem).Of([.. ids.Keys], [item], because);
        return [.. because.Where(reason => reason >= 0).Select(reason => new Neighbour(ids[reason], null, space.Similarity(item, reason) ?? 0))];
    }

    private async Task<IReadOnlyDictionary<string, string>> TitlesAsync(string pipeline, IReadOnlyCollection<string> items, CancellationToken cancellation) =>
        await ResultTables.FindAsync(results, pipeline, cancellation) is { } tables ? await ItemTitles.OfAsync(results, tables, items, cancellation) : new Dictionary<string, string>();

    private async Task<bool> IsUnavailableAsync(string pipeline, string item, CancellationToken cancellation)
    {
        if (await ResultTables.FindAsync(results, pipeline, cancellation) is not { } tables) return false;
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleAsync<bool>(new CommandDefinition(tables.Fill("publish/unavailable.sql"), new { item }, cancellationToken: cancellation));
    }

    private string HistoryMissing(RunId run) =>
        $"The files of run {run} are not below {store.RunFolder(run)} on this machine: mount the folder that all workers share (Artefacts:Folder) to see histories and neighbours.";
}

/// <param name="History">The newest first.</param>
/// <param name="Titles">Of the history's items, by id.</param>
/// <param name="Reasons">By item of the list: what it is close to in the history.</param>
/// <param name="HistoryMissing">Why there is no history; null: there is.</param>
public sealed record UserView(
    PublishedList List, IReadOnlyList<HistoryEvent> History, IReadOnlyDictionary<string, string> Titles,
    IReadOnlyDictionary<string, IReadOnlyList<Neighbour>> Reasons, string? HistoryMissing)
{
    /// <summary>The live run knows no such item as was asked for, neither from the log nor from the items.</summary>
    public bool AskedIsUnknown { get; init; }

    /// <summary>The item that was asked for is not available now: no list has it.</summary>
    public bool AskedIsUnavailable { get; init; }
}

public sealed record ItemView(string ItemId, string? Title, IReadOnlyList<Neighbour> Nearest);

/// <param name="Similarity">Cosine of the model's item vectors, -1 to 1.</param>
public sealed record Neighbour(string ItemId, string? Title, double Similarity);
