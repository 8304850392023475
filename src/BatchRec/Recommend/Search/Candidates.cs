using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    /// <summary>Words of a block's marks that are taken from without a branch: mostly no more have any.</summary>
    private const int Unbranched = 4;

    // What is marked, up to _count; up to _known less what is excluded.
    private readonly int[] _places = new int[room + 1];
    private readonly float[] _near = new float[room + 1], _most = new float[room + 1];
    private int _count, _known;

    private readonly int[] _items = new int[n + room + Selection.Overrun];
    private readonly double[] _scores = new double[n + room];
    private int _scored, _chosen;
    private float _likely;

    /// <summary>Whether a whole block more could be marked.</summary>
    public bool HasRoom => _count <= room - ItemOrder.BlockItems;

    public void Clear() => _count = _known = _scored = _chosen = 0;

    /// <param name="first">the block's first place</param>
    /// <param name="marks">(words of a block) a bit an item</param>
    /// <param name="products">(a block's items) what the scan has computed</param>
    /// <param name="scale">what a product of 1 scores</param>
    /// <param name="slack">how much more than that an item may score</param>
    [SkipLocalsInit]
    public void Take<T>(int first, ReadOnlySpan<ulong> marks, ReadOnlySpan<T> products, double scale, double slack) where T : unmanaged
    {
        // A block has few marks, and which is not to be foreseen: one of each of the first words that have any is taken without a branch, and put over where there is none.
        Span<ulong> words = stackalloc ulong[ItemScan.Words], numbers = stackalloc ulong[ItemScan.Words];
        var filled = Filled(marks, words, numbers);
        if (filled == 0) return;
        var (count, others) = (_count, 0UL);
        for (var i = 0; i < Unbranched; i++)
        {
            Put(count, first, (int)numbers[i] * 64 + (BitOperations.TrailingZeroCount(words[i]) & 63), products, scale, slack);
            count += words[i] != 0 ? 1 : 0;
            others |= words[i] &= words[i] - 1;
        }
        if (others != 0 || filled > Unbranched)
            for (var i = 0; i < filled; i++)
                for (; words[i] != 0; words[i] &= words[i] - 1)
                    Put(count++, first, (int)numbers[i] * 64 + BitOperations.TrailingZeroCount(words[i]), products, scale, slack);
        _count = count;
    }

    /// <param name="words">(words of a block) those that have marks, then zeros</param>
    /// <param name="numbers">which these are</param>
    /// <returns>how many have marks</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Filled(ReadOnlySpan<ulong> marks, Span<ulong> words, Span<ulong> numbers)
    {
        // A register holds a block's words.
        if (Avx512F.IsSupported && ItemScan.Words == Vector512<ulong>.Count)
        {
            var all = Vector512.Create(marks);
            var filled = ~Vector512.Equals(all, Vector512<ulong>.Zero);
            Avx512F.Compress(Vector512<ulong>.Zero, filled, all).CopyTo(words);
            Avx512F.Compress(Vector512<ulong>.Zero, filled, Vector512.CreateSequence(0ul, 1ul)).CopyTo(numbers);
            return BitOperations.PopCount(filled.ExtractMostSignificantBits());
        }
        var count = 0;
        words.Clear();
        numbers.Clear();
        for (var word = 0; word < marks.Length; word++)
        {
            if (marks[word] == 0) continue;
            (words[count], numbers[count]) = (marks[word], (ulong)word);
            count++;
        }
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put<T>(int to, int first, int position, ReadOnlySpan<T> products, double scale, double slack) where T : unmanaged
    {
        var product = Unsafe.Add(ref MemoryMarshal.GetReference(products), position);
        var near = scale * (typeof(T) == typeof(short) ? Unsafe.BitCast<T, short>(product) : typeof(T) == typeof(int) ? Unsafe.BitCast<T, int>(product) : (double)Unsafe.BitCast<T, float>(product));
        // Rounding keeps the order of what is rounded: most stays above what it was above, as long as that is a float.
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_places), to) = first + position;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_near), to) = (float)near;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_most), to) = (float)(near + slack);
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
