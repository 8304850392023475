using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;

namespace BatchRec.Prepare;

/// <summary>Looks up single users and items in what prepare has made, without loading it: a query for each answer.</summary>
public sealed class HistoryReader : IDisposable
{
    private readonly Artefact _sequences;
    private readonly PreparationFacts _facts;
    private readonly DuckDb _duck = new();

    public HistoryReader(Artefact sequences) => (_sequences, _facts) = (sequences, PreparationFacts.Of(sequences));

    /// <summary>A user's last events, the newest first; empty for one who has none, or whom nobody knows.</summary>
    /// <param name="user">The id as a person writes it.</param>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed.</exception>
    public IReadOnlyList<HistoryEvent> Of(string user, int count)
    {
        if (IndicesOf(Preparation.UserIdsFile, _facts.UserIdKind, [user]).Values.ToArray() is not [var index]) return [];
        var path = _sequences.PathOf(UserBuckets.FileOf(index / _facts.UsersPerBucket));
        var events = new List<(int Item, long Time, byte Event, float Value)>();
        Read(path, Sql.Fill("parquet/history.sql", ("path", Sql.Literal(path)), ("user", Text(index)), ("count", Text(count))), rows =>
        {
            for (var row = 0; row < rows.Rows; row++) events.Add((rows.Ints(0)[row], rows.Longs(1)[row], rows.Bytes(2)[row], rows.Floats(3)[row]));
        });
        var ids = ItemIds([.. events.Select(one => one.Item).Distinct()]);
        return [.. events.Select(one => new HistoryEvent(
            one.Item, ids[one.Item], DateTimeOffset.UnixEpoch.AddMicroseconds(one.Time), _facts.EventTypes[one.Event], float.IsNaN(one.Value) ? null : one.Value))];
    }

    /// <summary>The dense indices of items; those that nobody knows are left out.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public IReadOnlyDictionary<string, int> ItemIndices(IEnumerable<string> ids) => IndicesOf(Preparation.ItemIdsFile, _facts.ItemIdKind, ids);

    /// <summary>The ids of dense item indices.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public IReadOnlyDictionary<int, string> ItemIds(IReadOnlyCollection<int> items)
    {
        var ids = new Dictionary<int, string>();
        if (items.Count == 0) return ids;
        var path = _sequences.PathOf(Preparation.ItemIdsFile);
        Read(path, Sql.Fill("parquet/ids_at.sql", ("path", Sql.Literal(path)), ("rows", string.Join(", ", items.Select(Text)))), rows =>
        {
            for (var row = 0; row < rows.Rows; row++) ids[(int)rows.Longs(0)[row]] = rows.Text(1, row)!;
        });
        return ids;
    }

    public void Dispose() => _duck.Dispose();

    /// <summary>Dense index by id; texts that can't be ids, and ids that nobody knows, are left out.</summary>
    private Dictionary<string, int> IndicesOf(string file, IdKind kind, IEnumerable<string> ids)
    {
        var literals = ids.Where(id => IsId(kind, id)).Select(id => $"CAST({Sql.Literal(id)} AS {kind.SqlName()})").ToList();
        var indices = new Dictionary<string, int>();
        if (literals.Count == 0) return indices;
        var path = _sequences.PathOf(file);
        Read(path, Sql.Fill("parquet/rows_of_ids.sql", ("path", Sql.Literal(path)), ("ids", string.Join(", ", literals))), rows =>
        {
            for (var row = 0; row < rows.Rows; row++) indices[rows.Text(1, row)!] = (int)rows.Longs(0)[row];
        });
        return indices;
    }

    private static bool IsId(IdKind kind, string text) => kind switch
    {
        IdKind.BigInt => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        IdKind.Uuid => Guid.TryParse(text, out _),
        _ => true,
    };

    private void Read(string path, string query, Action<Chunks> take)
    {
        try
        {
            using var rows = _duck.Query(query, [path]);
            while (rows.Next()) take(rows);
        }
        catch (DuckDbException fault)
        {
            throw ParquetFile.Unreadable([path], fault);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One event of a user.</summary>
/// <param name="Item">dense index</param>
/// <param name="Time">UTC</param>
/// <param name="Value">null: the event has none</param>
public sealed record HistoryEvent(int Item, string ItemId, DateTimeOffset Time, string EventType, double? Value);
