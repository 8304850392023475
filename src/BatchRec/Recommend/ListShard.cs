using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;

namespace BatchRec.Recommend;

/// <summary>
/// The lists of a range of users, as they are filled and as one Parquet file: a row a user (user_id, item_ids, scores, sources and, where asked for, because), arrays in
/// rank order, ids of the source's own type.
/// </summary>
/// <param name="users">Dense user indices.</param>
/// <param name="n">Length of a full list.</param>
/// <param name="made">microseconds since 1970, UTC: the instant at which the lists are asked for</param>
/// <param name="reasons">of the first <paramref name="explained"/> items; null: none</param>
public sealed class ListShard(int[] users, int n, long made, Reasons? reasons = null, int explained = 0)
{
    /// <summary>What <see cref="KeptLists"/> needs of a row beside the user's index: a hash of his history, when the list was made, and how many of its items are the recommender's.</summary>
    internal const string HistoryColumn = "history", MadeColumn = "made", OwnColumn = "own";

    public static string FileName(int shard) => $"{TopNLists.ShardPrefix}{shard:D5}.parquet";

    public static string DeltaName(int shard) => $"{TopNLists.DeltaPrefix}{shard:D5}.parquet";

    // (users × n)
    private readonly int[] _items = new int[(long)users.Length * n];
    private readonly float[] _scores = new float[(long)users.Length * n];

    // (users) items from the recommender, and items in all
    private readonly int[] _own = new int[users.Length];
    private readonly int[] _filled = new int[users.Length];

    // (users) a hash of the history, and when the list was made (microseconds since 1970, UTC)
    private readonly long[] _histories = new long[users.Length];
    private readonly long[] _made = [.. Enumerable.Repeat(made, users.Length)];

    // (users × explained × each) -1 where there is none
    private readonly int _places = Math.Min(n, explained) * (reasons?.Each ?? 0);
    private readonly int[] _because = [.. Enumerable.Repeat(-1, users.Length * Math.Min(n, explained) * (reasons?.Each ?? 0))];

    public int[] Users => users;

    public void Select(int row, TopN top, ReadOnlySpan<float> scores, ReadOnlySpan<int> excluded, ReadOnlySpan<bool> unavailable) =>
        _own[row] = _filled[row] = top.Select(scores, excluded, unavailable, _items.AsSpan(row * n, n), _scores.AsSpan(row * n, n));

    /// <summary>The recommender's own items of a row, the best first.</summary>
    public void Set(int row, ReadOnlySpan<int> items, ReadOnlySpan<float> scores)
    {
        items.CopyTo(_items.AsSpan(row * n, n));
        scores.CopyTo(_scores.AsSpan(row * n, n));
        _own[row] = _filled[row] = items.Length;
    }

    /// <summary>Finds what of the history speaks for the row's first items; those that only fill it up have no reasons.</summary>
    public void Explain(int row, Sequences log, Query query, Reasons.Room room)
    {
        if (reasons is null) return;
        var count = Math.Min(_own[row], _places / reasons.Each);
        reasons.Of(log, query, _items.AsSpan(row * n, count), _because.AsSpan(row * _places, count * reasons.Each), room);
    }

    /// <summary>Reasons of an earlier night as they are.</summary>
    /// <param name="because">of all items, one after the other</param>
    /// <param name="counts">(items) reasons of each</param>
    public void KeepReasons(int row, ReadOnlySpan<int> because, ReadOnlySpan<int> counts)
    {
        var (at, each) = (0, reasons!.Each);
        for (var i = 0; i < counts.Length; i++)
        {
            because.Slice(at, counts[i]).CopyTo(_because.AsSpan(row * _places + i * each));
            at += counts[i];
        }
    }

    /// <summary>A list of an earlier night as it is.</summary>
    /// <param name="own">how many of its items are the recommender's; those that follow filled it up</param>
    /// <param name="made">microseconds since 1970, UTC: when it was made</param>
    public void Keep(int row, ReadOnlySpan<int> items, ReadOnlySpan<float> scores, int own, long made)
    {
        Set(row, items, scores);
        (_own[row], _made[row]) = (own, made);
    }

    /// <summary>Notes a hash of the history that the row's list is made of.</summary>
    public void HistoryOf(int row, long hash) => _histories[row] = hash;

    public bool IsFull(int row) => _filled[row] == n;

    /// <summary>Appends the default list's items that are neither there nor excluded, until the list is full.</summary>
    public void FillUp(int row, DefaultList fallback, ReadOnlySpan<int> excluded)
    {
        for (var i = 0; i < fallback.Items.Length && _filled[row] < n; i++)
        {
            var item = fallback.Items[i];
            if (_items.AsSpan(row * n, _own[row]).Contains(item) || excluded.BinarySearch(item) >= 0) continue;
            _items[row * n + _filled[row]] = item;
            _scores[row * n + _filled[row]] = fallback.Scores[i];
            _filled[row]++;
        }
    }

    /// <param name="source">What the recommender's own items carry.</param>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    public void Write(string path, IdMap userIds, IdMap itemIds, string source)
    {
        var offsets = new int[users.Length + 1];
        for (var row = 0; row < users.Length; row++) offsets[row + 1] = offsets[row] + _filled[row];
        var (items, scores, sources) = (new int[offsets[^1]], new float[offsets[^1]], new int[offsets[^1]]);
        for (var row = 0; row < users.Length; row++)
        {
            Array.Copy(_items, row * n, items, offsets[row], _filled[row]);
            Array.Copy(_scores, row * n, scores, offsets[row], _filled[row]);
            sources.AsSpan(offsets[row] + _own[row], _filled[row] - _own[row]).Fill(1);
        }
        Column[] because = reasons is null ? [] : BecauseColumns(itemIds, reasons.Each);
        ParquetFile.Write(path, ParquetFile.Lz4,
        [
            userIds.ToColumn(TopNLists.UserIdColumn, users),
            Column.Int(TopNLists.UserColumn, users), Column.Long(HistoryColumn, _histories), Column.Long(MadeColumn, _made), Column.Int(OwnColumn, _own),
            Column.List(TopNLists.ItemIdsColumn, offsets, itemIds.ToColumn("item_id", items)),
            Column.List(TopNLists.ScoresColumn, offsets, Column.Float("score", scores)),
            Column.List(TopNLists.SourcesColumn, offsets, Column.Text("source", Texts.Of([source, DefaultList.Source]), sources)),
            .. because,
        ]);
    }

    private Column[] BecauseColumns(IdMap itemIds, int each)
    {
        var (ids, counts, idOffsets, countOffsets) = (new List<int>(), new List<int>(), new int[users.Length + 1], new int[users.Length + 1]);
        for (var row = 0; row < users.Length; row++)
        {
            for (var i = 0; i < Math.Min(_own[row], _places / each); i++)
            {
                var before = ids.Count;
                foreach (var item in _because.AsSpan(row * _places + i * each, each))
                    if (item >= 0) ids.Add(item);
                counts.Add(ids.Count - before);
            }
            (idOffsets[row + 1], countOffsets[row + 1]) = (ids.Count, counts.Count);
        }
        return
        [
            Column.List(TopNLists.BecauseColumn, idOffsets, itemIds.ToColumn("item_id", ids.ToArray())),
            Column.List(TopNLists.BecauseCountsColumn, countOffsets, Column.Int("count", counts.ToArray())),
        ];
    }
}
