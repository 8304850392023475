using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>
/// One user's items while his list is searched: first the places that a scan has marked, with what they score more or less and at most; of those that may be among the
/// n best then the items, with their reference scores.
/// </summary>
/// <param name="n">length of the list</param>
/// <param name="room">items that are kept before they are scored; at least a block's</param>
internal sealed class Candidates(int n, int room)
{
    /// <summary>A sixteenth more than n are scored first, since what is near is not quite in order.</summary>
    private const int LikelyMore = 16;

    /// <summary>Marked items that are taken in one step.</summary>
    private const int AtOnce = 8;

    // What is marked, up to _count; up to _known less what is excluded.
    private readonly int[] _places = new int[room + AtOnce];
    private readonly float[] _near = new float[room + AtOnce], _most = new float[room + AtOnce];
    private int _count, _known;

    private readonly int[] _items = new int[n + room + Selection.Overrun];
    private readonly double[] _scores = new double[n + room];
    private int _scored, _chosen;
    private float _likely;

    /// <summary>Whether a whole block more could be marked.</summary>
    public bool HasRoom => _count <= room - ItemOrder.BlockItems;

    public void Clear() => _count = _known = _scored = _chosen = 0;

    /// <param name="first">the block's first place</param>
    /// <param name="count">how many of its items are marked</param>
    /// <param name="positions">(count) in the block</param>
    /// <param name="products">(count) what the scan has computed</param>
    /// <param name="scale">what a product of 1 scores</param>
    /// <param name="slack">how much more than that an item may score</param>
    public void Take<T>(int first, int count, ref short positions, ref T products, double scale, double slack) where T : unmanaged
    {
        // Mostly there are few, and eight at a time is once; what is written behind the last is overwritten by the next.
        for (var i = 0; i < count; i += AtOnce)
        {
            var near = Widen(ref Unsafe.Add(ref products, i)) * scale;
            // Rounding keeps the order of what is rounded: most stays above what it was above, as long as that is a float.
            Round(near).StoreUnsafe(ref MemoryMarshal.GetArrayDataReference(_near), (nuint)(_count + i));
            Round(near + Vector512.Create(slack)).StoreUnsafe(ref MemoryMarshal.GetArrayDataReference(_most), (nuint)(_count + i));
            var (lower, upper) = Vector128.Widen(Vector128.LoadUnsafe(ref positions, (nuint)i));
            (Vector256.Create(lower, upper) + Vector256.Create(first)).StoreUnsafe(ref MemoryMarshal.GetArrayDataReference(_places), (nuint)(_count + i));
        }
        _count += count;
    }

    private static Vector256<float> Round(Vector512<double> values) => Vector256.Narrow(values.GetLower(), values.GetUpper());

    private static Vector512<double> Widen<T>(ref T products) where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref Unsafe.As<T, float>(ref products)));
            return Vector512.Create(low, high);
        }
        var (first, second) = Vector128.Widen(Vector128.LoadUnsafe(ref Unsafe.As<T, short>(ref products)));
        var (lower, upper) = Vector256.Widen(Vector256.Create(first, second));
        return Vector512.ConvertToDouble(Vector512.Create(lower, upper));
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
        _count = kept;
        _known = _count;
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
