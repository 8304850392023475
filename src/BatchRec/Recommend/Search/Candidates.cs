using System.Numerics;

namespace BatchRec.Recommend.Search;

/// <summary>One user's items while his list is searched: places that a scan has marked, and items that have got their reference score.</summary>
/// <param name="n">length of the list</param>
/// <param name="room">places that are taken before they are scored; at least a block's</param>
internal sealed class Candidates(int n, int room)
{
    private readonly int[] _places = new int[room];
    private readonly int[] _items = new int[n + room];
    private readonly double[] _scores = new double[n + room];
    private int _marked, _scored;

    /// <summary>Whether a whole block more could be marked.</summary>
    public bool HasRoom => _marked <= room - ItemOrder.BlockItems;

    public int Scored => _scored;

    public void Clear() => _marked = _scored = 0;

    /// <param name="first">the block's first place</param>
    /// <param name="marks">a bit an item</param>
    public void Take(int first, ReadOnlySpan<ulong> marks)
    {
        foreach (var word in marks)
        {
            for (var left = word; left != 0; left &= left - 1) _places[_marked++] = first + BitOperations.TrailingZeroCount(left);
            first += 64;
        }
    }

    /// <summary>Scores the marked places' items, without those that are excluded.</summary>
    /// <param name="order">item index at each place, -1 for none</param>
    /// <param name="excluded">a bit an item</param>
    /// <param name="user">(D) widened</param>
    /// <param name="vectors">(items × D)</param>
    public void Score(int[] order, ulong[] excluded, ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, SortRoom sort)
    {
        if (_scored + _marked > _items.Length) KeepBest(sort);
        var from = _scored;
        for (var i = 0; i < _marked; i++)
        {
            var item = order[_places[i]];
            _items[_scored] = item;
            _scored += item >= 0 && (excluded[item >> 6] >> item & 1) == 0 ? 1 : 0;
        }
        _marked = 0;
        ReferenceScore.Of(user, vectors, _items.AsSpan(from.._scored), _scores.AsSpan(from.._scored));
    }

    /// <summary>A score that at least <paramref name="rank"/> of the scored items reach, and few more do; -∞ where there are fewer.</summary>
    public double NearRank(int rank, SortRoom sort) => _scored < rank ? double.NegativeInfinity : NthLargest.Below(NthLargest.Of(sort.Keys(_scores.AsSpan(0, _scored)), rank));

    /// <summary>Throws all but the n best away and puts these in order: by score, the highest first, then by item index.</summary>
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
