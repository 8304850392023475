using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// One user's items while his list is searched: first the places that a scan has marked (<see cref="Hits"/>), with what they score more or less and at most; of those that may be among the
/// n best then the items, with their reference scores.
/// </summary>
/// <param name="n">length of the list</param>
/// <param name="room">items that are kept before they are scored; at least a block's</param>
internal sealed class Candidates(int n, int room)
{
    /// <summary>A sixteenth more than n are scored first, since what is near is not quite in order.</summary>
    private const int LikelyMore = 16;

    // What is marked, up to _count; up to _known less what is excluded.
    private readonly int[] _places = new int[room + Selection.Overrun];
    private readonly float[] _near = new float[room + Selection.Overrun], _most = new float[room + Selection.Overrun];
    private int _count, _known;

    private readonly int[] _items = new int[n + room + Selection.Overrun];
    private readonly double[] _scores = new double[n + room];
    private int _scored, _chosen;
    private float _likely;

    /// <summary>Whether a portion more could be taken.</summary>
    public bool HasRoom => _count <= room - Hits.Portion;

    public void Clear() => _count = _known = _scored = _chosen = 0;

    /// <summary>Takes a user's of a group's hits.</summary>
    /// <param name="row">the user's in the group</param>
    /// <param name="from">the first of a portion</param>
    public void Take(Hits hits, int row, int from)
    {
        var until = Math.Min(from + Hits.Portion, hits.Count);
        ReadOnlySpan<int> rows = hits.Rows[..until], places = hits.Places[..until];
        ReadOnlySpan<float> near = hits.Near[..until], most = hits.Most[..until];
        var (count, i) = (_count, from);
        for (; Avx512F.IsSupported && i <= until - Vector512<int>.Count; i += Vector512<int>.Count)
        {
            var own = Vector512.Equals(Vector512.Create(rows[i..]), Vector512.Create(row));
            Avx512F.Compress(Vector512<int>.Zero, own, Vector512.Create(places[i..])).CopyTo(_places, count);
            Avx512F.Compress(Vector512<float>.Zero, own.AsSingle(), Vector512.Create(near[i..])).CopyTo(_near, count);
            Avx512F.Compress(Vector512<float>.Zero, own.AsSingle(), Vector512.Create(most[i..])).CopyTo(_most, count);
            count += BitOperations.PopCount(own.ExtractMostSignificantBits());
        }
        for (; i < until; i++)
        {
            (_places[count], _near[count], _most[count]) = (places[i], near[i], most[i]);
            count += rows[i] == row ? 1 : 0;
        }
        _count = count;
    }

    /// <summary>Drops the marked items that are excluded.</summary>
    /// <param name="order">item index at each place</param>
    /// <param name="excluded">a bit an item</param>
    public void Exclude(int[] order, ulong[] excluded)
    {
        var kept = _known;
        for (var i = _known; i < _count; i++)
        {
            var item = order[_places[i]];
            (_places[kept], _near[kept], _most[kept]) = (_places[i], _near[i], _most[i]);
            kept += (excluded[item >> 6] >> item & 1) == 0 ? 1 : 0;
        }
        _known = _count = kept;
    }

    /// <summary>Nothing of what is marked is excluded.</summary>
    public void ExcludeNothing() => _known = _count;

    /// <summary>What so many marked items score, more or less; -∞ where there are fewer. After the exclusion.</summary>
    public double NearRank(int rank, SortRoom sort) =>
        _count < rank ? double.NegativeInfinity : NthLargest.Number(NthLargest.Of(sort.Keys(_near.AsSpan(0, _count)), rank));

    /// <summary>
    /// Chooses the likely best, and asks for their vectors, which stand anywhere in memory; then <see cref="ScoreLikely"/>, then <see cref="ScoreOthers"/>: between them the
    /// vectors are on their way. After the exclusion.
    /// </summary>
    /// <param name="vectors">(places × D)</param>
    public void Choose(ReadOnlySpan<float> vectors, int dimensions, SortRoom sort)
    {
        if (_scored + _count > n + room) KeepBest(sort);
        _likely = (float)NearRank(n + n / LikelyMore, sort);
        _chosen = Selection.AtLeast(_places.AsSpan(0, _count), _near.AsSpan(0, _count), _likely, _items.AsSpan(_scored));
        ReferenceScore.Prefetch(vectors, dimensions, Chosen);
    }

    /// <summary>
    /// Gives the likely best their reference scores, the n-th of which is a closer limit for the others than any bound, and chooses those of the others that
    /// can reach it by their bounds.
    /// </summary>
    /// <param name="user">(D) widened</param>
    public void ScoreLikely(int[] order, ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, SortRoom sort)
    {
        var areAllLikely = _chosen == _count;
        var scores = Score(order, user, vectors);
        if (areAllLikely) return;
        var least = NthLargest.Below(NthLargest.Of(sort.Keys(scores), n));
        _chosen = Selection.AtLeast(_places.AsSpan(0, _count), _near.AsSpan(0, _count), _likely, _most.AsSpan(0, _count), least, _items.AsSpan(_scored));
        ReferenceScore.Prefetch(vectors, user.Length, Chosen);
    }

    public void ScoreOthers(int[] order, ReadOnlySpan<double> user, ReadOnlySpan<float> vectors)
    {
        Score(order, user, vectors);
        _count = _known = 0;
    }

    /// <summary>The places that wait for their reference scores: where their items will stand.</summary>
    private Span<int> Chosen => _items.AsSpan(_scored, _chosen);

    private ReadOnlySpan<double> Score(int[] order, ReadOnlySpan<double> user, ReadOnlySpan<float> vectors)
    {
        var places = Chosen;
        var scores = _scores.AsSpan(_scored, _chosen);
        ReferenceScore.Of(user, vectors, places, scores);
        foreach (ref var place in places) place = order[place];
        _scored += _chosen;
        _chosen = 0;
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
