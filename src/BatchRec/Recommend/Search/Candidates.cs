using System.Numerics;

namespace BatchRec.Recommend.Search;

/// <summary>
/// One user's items while his list is searched: first the places that a scan has marked, with bounds of what they score; of those that may be among the n best then
/// the items, with their reference scores.
/// </summary>
/// <param name="n">length of the list</param>
/// <param name="room">items that are kept before they are scored; at least a block's</param>
internal sealed class Candidates(int n, int room)
{
    // Places from _known on, items before.
    private readonly int[] _marked = new int[room];
    private readonly float[] _near = new float[room], _high = new float[room];
    private int _count, _known;

    private readonly int[] _items = new int[n + room];
    private readonly double[] _scores = new double[n + room];
    private int _scored;

    /// <summary>Whether a whole block more could be marked.</summary>
    public bool HasRoom => _count <= room - ItemOrder.BlockItems;

    public void Clear() => _count = _known = _scored = 0;

    /// <param name="first">the block's first place</param>
    /// <param name="marks">a bit an item</param>
    /// <param name="products">(a block's items) what the scan has computed</param>
    /// <param name="scale">reference scores are products times this</param>
    /// <param name="bound">but for so much</param>
    public void Take<T>(int first, ReadOnlySpan<ulong> marks, ReadOnlySpan<T> products, double scale, double bound) where T : unmanaged, INumberBase<T>
    {
        for (var word = 0; word < marks.Length; word++)
        {
            for (var left = marks[word]; left != 0; left &= left - 1)
            {
                var at = word * 64 + BitOperations.TrailingZeroCount(left);
                var score = double.CreateTruncating(products[at]) * scale;
                _marked[_count] = first + at;
                _near[_count] = (float)score;
                _high[_count++] = MathF.BitIncrement((float)(score + bound));
            }
        }
    }

    /// <summary>Drops the marked items that are excluded.</summary>
    /// <param name="order">item index at each place, -1 for none</param>
    /// <param name="excluded">a bit an item</param>
    public void Exclude(int[] order, ulong[] excluded)
    {
        var kept = _known;
        for (var i = _known; i < _count; i++)
        {
            var item = order[_marked[i]];
            (_marked[kept], _near[kept], _high[kept]) = (item, _near[i], _high[i]);
            kept += item >= 0 && (excluded[item >> 6] >> item & 1) == 0 ? 1 : 0;
        }
        _known = _count = kept;
    }

    /// <summary>What so many marked items score, more or less; -∞ where there are fewer. After <see cref="Exclude"/>.</summary>
    public double NearRank(int rank, SortRoom sort) =>
        _count < rank ? double.NegativeInfinity : NthLargest.Number(NthLargest.Of(sort.Keys(_near.AsSpan(0, _count)), rank));

    /// <summary>Gives those their reference scores that can be among the n best by their bounds. After <see cref="Exclude"/>.</summary>
    /// <param name="user">(D) widened</param>
    /// <param name="vectors">(items × D)</param>
    public void Score(ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, SortRoom sort)
    {
        if (_scored + _count > _items.Length) KeepBest(sort);
        var from = _scored;
        // The likely best first: the n-th of their reference scores is a closer limit for the others than any bound.
        var likely = (float)NearRank(n + n / 2, sort);
        var others = 0;
        for (var i = 0; i < _count; i++)
        {
            var (item, near, high) = (_marked[i], _near[i], _high[i]);
            _items[_scored] = _marked[others] = item;
            _high[others] = high;
            _scored += near >= likely ? 1 : 0;
            others += near >= likely ? 0 : 1;
        }
        ReferenceScore.Of(user, vectors, _items.AsSpan(from.._scored), _scores.AsSpan(from.._scored));
        if (others > 0)
        {
            var least = NthLargest.Below(NthLargest.Of(sort.Keys(_scores.AsSpan(from.._scored)), n));
            from = _scored;
            for (var i = 0; i < others; i++)
            {
                _items[_scored] = _marked[i];
                _scored += _high[i] >= least ? 1 : 0;
            }
            ReferenceScore.Of(user, vectors, _items.AsSpan(from.._scored), _scores.AsSpan(from.._scored));
        }
        _count = _known = 0;
    }

    /// <summary>Throws all scored items but the n best away and puts these in order: by score, the highest first, then by item index.</summary>
    public void KeepBest(SortRoom sort)
    {
        var order = sort.Best(_scores.AsSpan(0, _scored), _items, n);
        for (var i = 0; i < order.Length; i++)
        {
            var at = (int)(uint)order[i];
            (sort.Items[i], sort.Scores[i]) = (_items[at], _scores[at]);
        }
        _scored = order.Length;
        sort.Items.AsSpan(0, _scored).CopyTo(_items);
        sort.Scores.AsSpan(0, _scored).CopyTo(_scores);
    }

    /// <summary>After <see cref="KeepBest"/>: the score of the n-th best, which whatever belongs into the list must reach; -∞ where there are fewer.</summary>
    public double Worst => _scored < n ? double.NegativeInfinity : _scores[n - 1];

    /// <summary>After <see cref="KeepBest"/>.</summary>
    /// <returns>how many there are</returns>
    public int CopyTo(Span<int> items, Span<float> scores)
    {
        _items.AsSpan(0, _scored).CopyTo(items);
        for (var i = 0; i < _scored; i++) scores[i] = (float)_scores[i];
        return _scored;
    }
}
