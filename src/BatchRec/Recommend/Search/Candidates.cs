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
    private readonly (int Place, float Product)[] _marked = new (int, float)[room];

    // What the marked items score, more or less, up to _known.
    private readonly float[] _near = new float[room];
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
    public void Take<T>(int first, ReadOnlySpan<ulong> marks, ReadOnlySpan<T> products) where T : unmanaged, INumberBase<T>
    {
        var (marked, count) = (_marked, _count);
        for (var word = 0; word < marks.Length; word++)
        {
            for (var left = marks[word]; left != 0; left &= left - 1)
            {
                var at = word * 64 + BitOperations.TrailingZeroCount(left);
                marked[count++] = (first + at, float.CreateTruncating(products[at]));
            }
        }
        _count = count;
    }

    /// <summary>Drops the marked items that are excluded.</summary>
    /// <param name="order">item index at each place, -1 for none</param>
    /// <param name="excluded">a bit an item</param>
    /// <param name="scan">what has marked them</param>
    /// <param name="row">the user's row there</param>
    public void Exclude(int[] order, ulong[] excluded, UserScan scan, int row)
    {
        var kept = _known;
        for (var i = _known; i < _count; i++)
        {
            var (place, product) = _marked[i];
            var item = order[place];
            _marked[kept] = (place, product);
            _near[kept] = (float)scan.Score(row, place, product);
            kept += item >= 0 && (excluded[item >> 6] >> item & 1) == 0 ? 1 : 0;
        }
        _known = _count = kept;
    }

    /// <summary>What so many marked items score, more or less; -∞ where there are fewer. After <see cref="Exclude"/>.</summary>
    public double NearRank(int rank, SortRoom sort) =>
        _count < rank ? double.NegativeInfinity : NthLargest.Number(NthLargest.Of(sort.Keys(_near.AsSpan(0, _count)), rank));

    /// <summary>Gives those their reference scores that can be among the n best by their bounds. After <see cref="Exclude"/>.</summary>
    /// <param name="user">(D) widened</param>
    /// <param name="vectors">(places × D)</param>
    public void Score(int[] order, UserScan scan, int row, ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, SortRoom sort)
    {
        if (_scored + _count > _items.Length) KeepBest(sort);
        // The likely best first: the n-th of their reference scores is a closer limit for the others than any bound.
        var likely = (float)NearRank(n + n / 2, sort);
        var (first, others) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            var (marked, isLikely) = (_marked[i], _near[i] >= likely);
            (sort.Places[first], _marked[others]) = (marked.Place, marked);
            first += isLikely ? 1 : 0;
            others += isLikely ? 0 : 1;
        }
        var scores = Score(order, user, vectors, sort.Places.AsSpan(0, first));
        if (others > 0)
        {
            var least = NthLargest.Below(NthLargest.Of(sort.Keys(scores), n));
            var second = 0;
            for (var i = 0; i < others; i++)
            {
                var (place, product) = _marked[i];
                sort.Places[second] = place;
                second += scan.Most(row, place, product) >= least ? 1 : 0;
            }
            Score(order, user, vectors, sort.Places.AsSpan(0, second));
        }
        _count = _known = 0;
    }

    private ReadOnlySpan<double> Score(int[] order, ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, ReadOnlySpan<int> places)
    {
        var scores = _scores.AsSpan(_scored, places.Length);
        ReferenceScore.Of(user, vectors, places, scores);
        foreach (var place in places) _items[_scored++] = order[place];
        return scores;
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
