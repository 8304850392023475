using System.Numerics.Tensors;

namespace BatchRec.Recommend.Search;

/// <summary>One thread's search for the lists of a block of users.</summary>
internal sealed class SearchBlock
{
    private readonly ItemOrder _order;
    private readonly ReadOnlyMemory<float> _vectors;
    private readonly int _dimensions, _n;
    private readonly UserScan _scan;
    private readonly SortRoom _sort;
    private readonly Candidates[] _candidates;
    private readonly Hits[] _hits;
    private readonly ulong[] _excludedBits;
    private readonly double[] _wide;
    private int[] _excluded = [];
    private readonly int[] _excludedEnds;

    /// <param name="vectors">(places × D)</param>
    /// <param name="users">most users of a block</param>
    public SearchBlock(ItemScan scan, ReadOnlyMemory<float> vectors, int itemCount, int n, int users)
    {
        (_order, _vectors, _dimensions, _n) = (scan.Order, vectors, scan.Dimensions, n);
        var room = 4 * n + 3 * ItemOrder.BlockItems;
        _scan = scan.Users(users);
        _sort = new SortRoom(n + room);
        _candidates = [.. Enumerable.Range(0, users).Select(_ => new Candidates(n, room))];
        _hits = [.. Enumerable.Range(0, (users + ItemScan.Rows - 1) / ItemScan.Rows).Select(_ => new Hits())];
        _excludedBits = new ulong[itemCount / 64 + 1];
        _wide = new double[scan.Dimensions];
        _excludedEnds = new int[users + 1];
    }

    /// <summary>Whether this is room for lists of n items for so many users.</summary>
    public bool Fits(int n, int users) => n == _n && users == _candidates.Length;

    /// <summary>Searches the lists of users <paramref name="from"/> to <paramref name="until"/>, at most as many as there is room for.</summary>
    /// <param name="users">(users × D)</param>
    public void Find(ReadOnlySpan<float> users, int from, int until, ExcludedItems excluded, FoundList found)
    {
        var count = until - from;
        var vectors = users.Slice(from * _dimensions, count * _dimensions);
        Exclude(from, count, excluded);
        var rows = new int[count];
        for (var i = 0; i < count; i++)
        {
            rows[i] = i;
            _candidates[i].Clear();
        }
        var guesses = Scan(vectors, rows, guessing: true);

        // A guess that fewer than n items reach has hidden some: what has been found is a threshold that has not.
        int[] again = [.. rows.Where(row => _candidates[row].Worst < guesses[row])];
        if (again.Length > 0) Scan(vectors, again, guessing: false);
        var (items, scores) = (new int[_n], new float[_n]);
        for (var i = 0; i < count; i++)
        {
            var length = _candidates[i].CopyTo(items, scores);
            found(from + i, items.AsSpan(0, length), scores.AsSpan(0, length));
        }
    }

    private void Exclude(int from, int count, ExcludedItems excluded)
    {
        int[] room = [];
        var end = 0;
        for (var i = 0; i < count; i++)
        {
            var items = excluded(from + i, ref room);
            if (end + items.Length > _excluded.Length) Array.Resize(ref _excluded, Math.Max(end + items.Length, 2 * _excluded.Length));
            items.CopyTo(_excluded.AsSpan(end));
            _excludedEnds[i + 1] = end += items.Length;
        }
    }

    /// <param name="rows">the users, by their place in the block</param>
    /// <param name="guessing">whether to guess from a sample what the n-th best will score; else thresholds are proven, and an earlier scan's list sets the first</param>
    /// <returns>(users of the block) the highest threshold that each has met</returns>
    private double[] Scan(ReadOnlySpan<float> vectors, ReadOnlySpan<int> rows, bool guessing)
    {
        var groups = (rows.Length + ItemScan.Rows - 1) / ItemScan.Rows;
        for (var row = 0; row < groups * ItemScan.Rows; row++)
        {
            if (row >= rows.Length)
            {
                _scan.SetNobody(row);
                continue;
            }
            _scan.Set(row, vectors.Slice(rows[row] * _dimensions, _dimensions), guessing ? double.NegativeInfinity : _candidates[rows[row]].Worst);
            _candidates[rows[row]].Clear();
        }
        var total = _order.Levels.Length == 0 ? 0 : _order.Levels[^1].ItemsSoFar;
        foreach (var (from, until, itemsSoFar) in _order.Levels)
        {
            for (var block = from; block < until; block++)
                for (var group = 0; group < groups; group += UserScan.Groups)
                {
                    var last = Math.Min(group + UserScan.Groups, groups);
                    _scan.Scan(group, last, block, _hits);
                    for (var own = group; own < last; own++)
                        if (!_hits[own].HasRoom) Give(vectors, rows, own);
                }
            for (var group = 0; group < groups; group++) Give(vectors, rows, group);
            var rank = Math.Min(_n, LikelyRank((double)_n * itemsSoFar / total));
            for (var row = 0; row < rows.Length; row++)
            {
                Exclude(rows[row]);
                if (guessing && itemsSoFar < total) _scan.Raise(row, _candidates[rows[row]].NearRank(rank, _sort));
            }
        }
        // While one user's items are scored, the next ones' vectors are on their way from memory.
        for (var row = 0; row < rows.Length + 2; row++)
        {
            if (row < rows.Length) Choose(rows[row]);
            if (row is >= 1 && row <= rows.Length) ScoreLikely(vectors, rows[row - 1]);
            if (row >= 2) ScoreOthers(vectors, rows[row - 2]);
        }
        var highest = new double[_candidates.Length];
        for (var row = 0; row < rows.Length; row++) highest[rows[row]] = _scan.Threshold(row);
        return highest;
    }

    /// <summary>How many of the n best are hardly ever exceeded in a sample that has <paramref name="expected"/> of them on average: three deviations more.</summary>
    private static int LikelyRank(double expected) => (int)Math.Ceiling(expected + 3 * Math.Sqrt(expected) + 3);

    /// <summary>Gives each user of a group what is his of its hits.</summary>
    private void Give(ReadOnlySpan<float> vectors, ReadOnlySpan<int> rows, int group)
    {
        var hits = _hits[group];
        var first = group * ItemScan.Rows;
        for (var from = 0; from < hits.Count; from += Hits.Portion)
            for (var row = first; row < Math.Min(first + ItemScan.Rows, rows.Length); row++)
            {
                _candidates[rows[row]].Take(hits, row - first, from);
                if (!_candidates[rows[row]].HasRoom) MakeRoom(vectors, rows, row);
            }
        hits.Clear();
    }

    private void MakeRoom(ReadOnlySpan<float> vectors, ReadOnlySpan<int> rows, int row)
    {
        Exclude(rows[row]);
        Choose(rows[row]);
        ScoreLikely(vectors, rows[row]);
        ScoreOthers(vectors, rows[row]);
        _scan.Raise(row, _candidates[rows[row]].Worst);
    }

    private void Exclude(int user)
    {
        var excluded = _excluded.AsSpan(_excludedEnds[user].._excludedEnds[user + 1]);
        if (excluded.IsEmpty)
        {
            _candidates[user].ExcludeNothing();
            return;
        }
        foreach (var item in excluded) if ((uint)item >> 6 < (uint)_excludedBits.Length) _excludedBits[item >> 6] |= 1ul << item;
        _candidates[user].Exclude(_order.Items, _excludedBits);
        foreach (var item in excluded) if ((uint)item >> 6 < (uint)_excludedBits.Length) _excludedBits[item >> 6] = 0;
    }

    private void Choose(int user) => _candidates[user].Choose(_vectors.Span, _dimensions, _sort);

    private void ScoreLikely(ReadOnlySpan<float> vectors, int user) => _candidates[user].ScoreLikely(_order.Items, Widened(vectors, user), _vectors.Span, _sort);

    private void ScoreOthers(ReadOnlySpan<float> vectors, int user)
    {
        _candidates[user].ScoreOthers(_order.Items, Widened(vectors, user), _vectors.Span);
        _candidates[user].KeepBest(_sort);
    }

    private ReadOnlySpan<double> Widened(ReadOnlySpan<float> vectors, int user)
    {
        TensorPrimitives.ConvertTruncating(vectors.Slice(user * _dimensions, _dimensions), _wide.AsSpan());
        return _wide;
    }
}
