using System.Globalization;
using System.Text.Json;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Recommend;

/// <summary>
/// Where a night's model looks, for a dozen users (<see cref="SasrecRecommender.Attention"/>), beside their first items and what speaks for those: the file
/// <c>attention.json</c> of a top-n artefact, for the report of the run.
/// </summary>
/// <param name="Artefact">The model's: <see cref="Runs.Artefact.Model"/>, or <see cref="Runs.Artefact.HoldoutModel"/> where a baseline's lists are published.</param>
public sealed record AttentionSample(string Artefact, IReadOnlyList<SampledUser> Users)
{
    public const string FileName = "attention.json";

    private const int MostUsers = 12, MostEvents = 30, MostItems = 5;

    // Weights are written down for each pair of events, head and layer.
    private const int LongestHistory = 200;

    // Of a history of a few events, a picture shows nothing.
    private const int TellingEvents = 10;

    /// <summary>Users from all over the index, those with telling histories before others.</summary>
    /// <param name="artefact">the model's name</param>
    /// <param name="asOf">microseconds since 1970, UTC</param>
    /// <param name="shards">the lists, finished</param>
    /// <param name="explained">whether they have reasons</param>
    public static AttentionSample Of(PreparedData data, SasrecRecommender model, string artefact, long asOf, IReadOnlyList<Shard> shards, bool explained)
    {
        var log = data.Sequences;
        var queries = Chosen(log).Select(user => new Query(user, log.Offsets[user + 1], asOf)).ToList();
        var lists = ListsOf([.. queries.Select(query => query.User)], shards, explained);
        var users = new List<SampledUser>();
        foreach (var query in queries)
            if (model.Attention(log, query, LongestHistory) is { } attended)
                users.Add(new SampledUser(data.Users.TextOf(query.User), EventsOf(data, attended), lists.GetValueOrDefault(query.User, [])));
        return new AttentionSample(artefact, users);
    }

    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Manifest.Json));

    /// <returns>null where the artefact has none: there was no model, or it is an earlier release's</returns>
    /// <exception cref="BatchRecException">The file is not one.</exception>
    public static AttentionSample? Read(Runs.Artefact topN)
    {
        if (topN.Manifest.Files.All(file => file.Name != FileName)) return null;
        var path = topN.PathOf(FileName);
        try
        {
            return JsonSerializer.Deserialize<AttentionSample>(File.ReadAllBytes(path), Manifest.Json) ?? throw new JsonException("It holds null.");
        }
        catch (Exception fault) when (fault is JsonException or IOException)
        {
            throw new BatchRecException($"{path} can't be read: {fault.Message} Re-run the step that makes it: batchrec run --from recommend", fault);
        }
    }

    private static List<int> Chosen(Sequences log)
    {
        long EventsOf(int user) => log.Offsets[user + 1] - log.Offsets[user];
        var all = Enumerable.Range(0, log.UserCount).Where(user => EventsOf(user) > 0).ToList();
        var telling = all.Where(user => EventsOf(user) >= TellingEvents).ToList();
        var from = telling.Count >= Math.Min(MostUsers, all.Count) ? telling : all;
        var count = Math.Min(MostUsers, from.Count);
        return [.. Enumerable.Range(0, count).Select(i => from[(int)((long)i * from.Count / count)])];
    }

    private static List<SampledEvent> EventsOf(PreparedData data, AttendedHistory attended)
    {
        var log = data.Sequences;
        return [.. attended.Events.Zip(attended.Weights).TakeLast(MostEvents).Select(one => new SampledEvent(
            data.Items.TextOf(log.Items[one.First]), log.EventTypes[log.Events[one.First]], DateTimeOffset.UnixEpoch.AddMicroseconds(log.Times[one.First]), one.Second))];
    }

    private static Dictionary<int, List<SampledItem>> ListsOf(int[] users, IReadOnlyList<Shard> shards, bool explained)
    {
        var lists = new Dictionary<int, List<SampledItem>>();
        if (users.Length == 0) return lists;
        // A delta's rows after those that they replace.
        string[] paths = [.. shards.Select(shard => shard.Path), .. shards.Select(shard => shard.Delta?.Path).OfType<string>()];
        using var duck = new DuckDb();
        using var rows = duck.Query(Sql.Fill("parquet/lists_of.sql",
            ("count", MostItems.ToString(CultureInfo.InvariantCulture)), ("because_counts", explained ? TopNLists.BecauseCountsColumn : "[]"), ("because", explained ? TopNLists.BecauseColumn : "[]"),
            ("paths", $"[{string.Join(", ", paths.Select(Sql.Literal))}]"), ("users", string.Join(", ", users))), paths);
        while (rows.Next())
            for (var row = 0; row < rows.Rows; row++)
            {
                var (items, because, counts) = (rows.List(1, row).Texts(), rows.List(2, row).Texts(), rows.List(3, row).Ints().ToArray());
                var at = 0;
                lists[rows.Ints(0)[row]] = [.. items.Select((item, i) => new SampledItem(item, i < counts.Length ? because[at..(at += counts[i])] : []))];
            }
        return lists;
    }
}

/// <param name="Events">The last ones that the model knows, the oldest first.</param>
/// <param name="Items">The first of the list.</param>
public sealed record SampledUser(string UserId, IReadOnlyList<SampledEvent> Events, IReadOnlyList<SampledItem> Items);

/// <param name="Weight">0 to 1; those of a whole history sum to 1</param>
public sealed record SampledEvent(string ItemId, string EventType, DateTimeOffset Time, float Weight);

/// <param name="Because">Items of the history that speak for it.</param>
public sealed record SampledItem(string ItemId, IReadOnlyList<string> Because);
