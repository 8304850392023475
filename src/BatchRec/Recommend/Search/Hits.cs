using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// What scans have marked for a group of eight users, block after block, until each user is given what is his (<see cref="Candidates.Take"/>). A block has few marks, and which
/// is not to be foreseen: a branch on each would cost more than what it spares.
/// </summary>
internal sealed class Hits
{
    /// <summary>So many are given at once: of one user no more than a block could have.</summary>
    public const int Portion = ItemOrder.BlockItems;

    private const int BlockHits = ItemScan.Rows * ItemOrder.BlockItems, Room = BlockHits + 4 * Portion, BlockWords = ItemScan.Rows * ItemScan.Words, Overrun = 8;

    // Eight are written at a time.
    private readonly int[] _rows = new int[Room + Overrun], _places = new int[Room + Overrun];
    private readonly float[] _near = new float[Room + Overrun], _most = new float[Room + Overrun];

    // Of a block being taken in: the words that have marks, and which they are.
    private readonly ulong[] _words = new ulong[BlockWords + ItemScan.Words], _numbers = new ulong[BlockWords + ItemScan.Words];

    public int Count { get; private set; }

    /// <summary>Whether a block more could be marked in whole.</summary>
    public bool HasRoom => Count <= Room - BlockHits;

    /// <summary>Of each hit its user's row in the group.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    public ReadOnlySpan<int> Places => _places.AsSpan(0, Count);

    /// <summary>What each scores, more or less.</summary>
    public ReadOnlySpan<float> Near => _near.AsSpan(0, Count);

    /// <summary>What each scores at most.</summary>
    public ReadOnlySpan<float> Most => _most.AsSpan(0, Count);

    public void Clear() => Count = 0;

    /// <param name="first">the block's first place</param>
    /// <param name="marks">(8, words of a block) a bit an item</param>
    /// <param name="products">(8, a block's items) what the scan has computed</param>
    public void Add<T>(int first, ReadOnlySpan<ulong> marks, ReadOnlySpan<T> products, in ProductScores scores) where T : unmanaged
    {
        for (var filled = Filled(marks); filled > 0;)
        {
            // One mark of each word: of those that have more the others are taken another time.
            var left = Avx512CD.IsSupported && Unsafe.SizeOf<T>() == sizeof(int) ? AddByEight(filled, first, products, scores) : AddByOne(filled, first, products, scores);
            Count += filled;
            filled = left;
        }
    }

    /// <returns>how many words have more marks</returns>
    [SkipLocalsInit]
    private int AddByOne<T>(int filled, int first, ReadOnlySpan<T> products, in ProductScores scores) where T : unmanaged
    {
        Span<double> scales = stackalloc double[ItemScan.Rows], slacks = stackalloc double[ItemScan.Rows];
        scores.Scales.CopyTo(scales);
        scores.Slacks.CopyTo(slacks);
        var left = 0;
        for (var i = 0; i < filled; i++)
        {
            var (word, number) = (_words[i], (int)_numbers[i]);
            var at = number * 64 + BitOperations.TrailingZeroCount(word);
            var row = number / ItemScan.Words;
            var near = scales[row] * Number(products[at]);
            _rows[Count + i] = row;
            _places[Count + i] = first + at % ItemOrder.BlockItems;
            _near[Count + i] = (float)near;
            // Rounding keeps the order of what is rounded: most stays above what it was above, as long as that is a float.
            _most[Count + i] = (float)(near + slacks[row]);
            word &= word - 1;
            (_words[left], _numbers[left]) = (word, (ulong)number);
            left += word != 0 ? 1 : 0;
        }
        return left;
    }

    /// <inheritdoc cref="AddByOne"/>
    /// <remarks>The same numbers, eight hits at a time; products of 32 bits.</remarks>
    private int AddByEight<T>(int filled, int first, ReadOnlySpan<T> products, in ProductScores scores) where T : unmanaged
    {
        var left = 0;
        ref var own = ref MemoryMarshal.GetReference(products);
        for (var i = 0; i < filled; i += Vector512<ulong>.Count)
        {
            var there = Vector512.LessThan(Vector512.CreateSequence(0ul, 1ul), Vector512.Create((ulong)(filled - i)));
            var (words, numbers) = (Vector512.LoadUnsafe(ref _words[i]) & there, Vector512.LoadUnsafe(ref _numbers[i]));
            // The lowest bit alone; where there is none, the number is anything that is in range.
            var bits = Vector512.Create(63ul) - Avx512CD.LeadingZeroCount(words & (Vector512<ulong>.Zero - words));
            var at = Avx512F.ConvertToVector256Int32((numbers << 6 | bits & Vector512.Create(63ul)) & Vector512.Create((ulong)(BlockHits - 1)));
            var rows = numbers >> BitOperations.Log2(ItemScan.Words);
            var near = Avx512F.PermuteVar8x64(scores.Scales, rows.AsInt64()) * Numbers(ref own, at);
            Avx512F.ConvertToVector256Int32(rows).StoreUnsafe(ref _rows[Count + i]);
            (Vector256.Create(first) + (at & Vector256.Create(ItemOrder.BlockItems - 1))).StoreUnsafe(ref _places[Count + i]);
            Avx512F.ConvertToVector256Single(near).StoreUnsafe(ref _near[Count + i]);
            Avx512F.ConvertToVector256Single(near + Avx512F.PermuteVar8x64(scores.Slacks, rows.AsInt64())).StoreUnsafe(ref _most[Count + i]);
            words &= words - Vector512<ulong>.One;
            var more = ~Vector512.Equals(words, Vector512<ulong>.Zero);
            Avx512F.Compress(Vector512<ulong>.Zero, more, words).StoreUnsafe(ref _words[left]);
            Avx512F.Compress(Vector512<ulong>.Zero, more, numbers).StoreUnsafe(ref _numbers[left]);
            left += BitOperations.PopCount(more.ExtractMostSignificantBits());
        }
        return left;
    }

    private static unsafe Vector512<double> Numbers<T>(ref T products, Vector256<int> at) where T : unmanaged
    {
        fixed (T* from = &products)
            return typeof(T) == typeof(float)
                ? Avx512F.ConvertToVector512Double(Avx2.GatherVector256((float*)from, at, sizeof(float)))
                : Avx512F.ConvertToVector512Double(Avx2.GatherVector256((int*)from, at, sizeof(int)));
    }

    /// <returns>how many of the words have marks</returns>
    private int Filled(ReadOnlySpan<ulong> marks)
    {
        var count = 0;
        // A register holds a block's words.
        if (Avx512F.IsSupported && ItemScan.Words == Vector512<ulong>.Count)
            for (var row = 0; row < ItemScan.Rows; row++)
            {
                var words = Vector512.Create(marks[(row * ItemScan.Words)..]);
                var filled = ~Vector512.Equals(words, Vector512<ulong>.Zero);
                Avx512F.Compress(Vector512<ulong>.Zero, filled, words).CopyTo(_words, count);
                Avx512F.Compress(Vector512<ulong>.Zero, filled, Vector512.CreateSequence((ulong)(row * ItemScan.Words), 1ul)).CopyTo(_numbers, count);
                count += BitOperations.PopCount(filled.ExtractMostSignificantBits());
            }
        else
            for (var word = 0; word < BlockWords; word++)
            {
                (_words[count], _numbers[count]) = (marks[word], (ulong)word);
                count += marks[word] != 0 ? 1 : 0;
            }
        return count;
    }

    /// <summary>In double at once: as a float a large whole number would be rounded, which no bound counts on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Number<T>(T product) where T : unmanaged =>
        typeof(T) == typeof(short) ? Unsafe.BitCast<T, short>(product) : typeof(T) == typeof(int) ? Unsafe.BitCast<T, int>(product) : (double)Unsafe.BitCast<T, float>(product);
}
