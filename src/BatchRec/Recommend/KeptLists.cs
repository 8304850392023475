using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>
/// An earlier night's lists that tonight would be made again as they are: the same recommender and options, a history without a new event, no item that has left.
/// Both nights' rows stand in the order of the users' indices, so that one pass through the shards finds them, with a chunk in memory.
/// </summary>
public sealed class KeptLists : IDisposable
{
    /// <summary>Fact of a top-n artefact: what its lists depend on beside the users' histories.</summary>
    internal const string MadeByFact = "madeBy";

    /// <summary>Fact: a hash of the list that short ones are filled up with.</summary>
    internal const string FallbackFact = "fallback";

    /// <summary>The items that couldn't be recommended when the lists were made.</summary>
    internal const string UnavailableFile = "unavailable.parquet";

    internal const string ItemColumn = "item";

    private readonly PreparedData _data;
    private readonly bool[] _unavailable;
    private readonly bool _sameFallback;
    private readonly int _length;
    private readonly long _oldest;
    private readonly DuckDb _duck = new();
    private readonly Artefact _previous;
    private Chunks _rows;
    private int _row, _asked;
    private bool _ended;
    private readonly bool _explained;
    private int[] _items = [], _because = [];

    private KeptLists(Artefact previous, PreparedData data, bool[] unavailable, bool sameFallback, int length, long oldest, bool explained)
    {
        (_previous, _data, _unavailable, _sameFallback, _length, _oldest, _explained) = (previous, data, unavailable, sameFallback, length, oldest, explained);
        _rows = Rows();
    }

    private Chunks Rows() => ParquetFile.Read(_duck, Shards(_previous),
    [
        ListShard.UserColumn, ListShard.HistoryColumn, ListShard.MadeColumn, ListShard.OwnColumn, TopNLists.ItemIdsColumn, TopNLists.ScoresColumn,
        .. _explained ? [TopNLists.BecauseColumn, TopNLists.BecauseCountsColumn] : Array.Empty<string>(),
    ]);

    /// <param name="previous">A top-n artefact whose user and item indices are tonight's.</param>
    /// <param name="madeBy">what tonight's lists depend on</param>
    /// <param name="fallback">a hash of tonight's default list</param>
    /// <param name="unavailable">(items) true where an item can't be recommended tonight</param>
    /// <param name="length">of a full list</param>
    /// <param name="oldest">microseconds since 1970, UTC: lists made before are made anew</param>
    /// <param name="explained">whether lists have reasons, tonight's and those</param>
    /// <returns>null where no list can be kept</returns>
    /// <exception cref="BatchRecException">A file was truncated or changed.</exception>
    internal static KeptLists? Of(Artefact previous, PreparedData data, string madeBy, string fallback, bool[] unavailable, int length, long oldest, bool explained)
    {
        if (!previous.Manifest.Facts.TryGetValue(MadeByFact, out var before) || before.GetString() != madeBy) return null;
        // An item that has come back may belong into anybody's list.
        if (Unavailable(previous).Any(item => item < unavailable.Length && !unavailable[item])) return null;
        return new KeptLists(previous, data, unavailable, previous.Manifest.Fact<string>(FallbackFact) == fallback, length, oldest, explained);
    }

    /// <summary>The list of a user, if it stands as it is; users are best asked for in ascending order, since one before the last is looked for from the start.</summary>
    /// <param name="history">a hash of the user's history</param>
    /// <param name="row">the list's row in <paramref name="lists"/></param>
    public bool TryKeep(int user, long history, ListShard lists, int row)
    {
        if (!MoveTo(user)) return false;
        if (_rows.Longs(1)[_row] != history || _rows.Longs(2)[_row] < _oldest) return false;
        var own = _rows.Ints(3)[_row];
        var items = Indices(_rows.List(4, _row), ref _items);
        // A list that the recommender didn't fill may be filled up otherwise, or further, by another default list.
        if (own < _length && !_sameFallback) return false;
        foreach (var item in items)
            if (item < 0 || _unavailable[item]) return false;
        lists.Keep(row, items, _rows.List(5, _row).Floats(), own, _rows.Longs(2)[_row]);
        if (_explained) lists.KeepReasons(row, Indices(_rows.List(6, _row), ref _because), _rows.List(7, _row).Ints());
        return true;
    }

    /// <summary>Moves on to the user's row; false where there is none.</summary>
    private bool MoveTo(int user)
    {
        if (user < _asked)
        {
            _rows.Dispose();
            (_rows, _row, _ended) = (Rows(), 0, false);
        }
        _asked = user;
        while (!_ended)
        {
            if (_row == _rows.Rows)
            {
                (_row, _ended) = (0, !_rows.Next());
                continue;
            }
            if (_rows.Ints(0)[_row] is var at && at >= user) return at == user;
            _row++;
        }
        return false;
    }

    /// <summary>Indices of items; -1 where one is not in tonight's catalogue.</summary>
    private ReadOnlySpan<int> Indices(Chunks.ListOf list, ref int[] room)
    {
        var map = _data.Items;
        if (room.Length < list.Count) room = new int[list.Count];
        switch (map.Kind)
        {
            case IdKind.BigInt:
                var longs = list.Longs();
                for (var i = 0; i < list.Count; i++) room[i] = map.Find(longs[i]);
                break;
            case IdKind.Uuid:
                var uuids = list.Uuids();
                for (var i = 0; i < list.Count; i++) room[i] = map.Find(uuids[i]);
                break;
            default:
                for (var i = 0; i < list.Count; i++) room[i] = map.Find(list.Utf8(i));
                break;
        }
        return room.AsSpan(0, list.Count);
    }

    /// <summary>How many of an artefact's lists were made before an instant (microseconds since 1970, UTC), and kept.</summary>
    public static long CountOf(Artefact topN, long asOf)
    {
        var count = 0L;
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, Shards(topN), ListShard.MadeColumn);
        while (rows.Next())
            foreach (var made in rows.Longs(0)) count += made < asOf ? 1 : 0;
        return count;
    }

    private static string[] Shards(Artefact topN) =>
        [.. topN.Manifest.Files.Where(file => file.Name.StartsWith(TopNLists.ShardPrefix, StringComparison.Ordinal)).Select(topN.PathOf)];

    private static List<int> Unavailable(Artefact previous)
    {
        var items = new List<int>();
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, previous.PathOf(UnavailableFile), ItemColumn);
        while (rows.Next()) items.AddRange(rows.Ints(0));
        return items;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _duck.Dispose();
    }
}
