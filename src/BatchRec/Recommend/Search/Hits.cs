using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// The items of a block whose products reach their user's limit: for each user of a group their positions in the block, ascending, and their products. Gathered where the
/// products are still in registers, without a branch on any of them: some hundred of a catalogue reach a limit, and which is not to be foreseen.
/// </summary>
internal sealed class Hits<T> where T : unmanaged
{
    private readonly short[] _positions = new short[ItemScan.Rows * Hits.Room];
    private readonly T[] _products = new T[ItemScan.Rows * Hits.Room];
    private readonly int[] _counts = new int[ItemScan.Rows];

    public void Clear() => _counts.AsSpan().Clear();

    /// <summary>(8 × <see cref="Hits.Room"/>)</summary>
    public ref short Positions => ref _positions[0];

    /// <summary>(8 × <see cref="Hits.Room"/>)</summary>
    public ref T Products => ref _products[0];

    /// <summary>(8)</summary>
    public ref int Counts => ref _counts[0];

    /// <summary>Gives the users what their products have hit.</summary>
    /// <param name="candidates">(up to 8) the users' of the group</param>
    /// <param name="first">the block's first place</param>
    /// <param name="items">how many the block has; what hits behind them only fills it up</param>
    /// <returns>whether all of them have room for another block's</returns>
    public bool Give(ReadOnlySpan<Candidates> candidates, int first, int items, in ProductScores scores)
    {
        var haveRoom = true;
        for (var row = 0; row < candidates.Length; row++)
        {
            var (count, start) = (_counts[row], row * Hits.Room);
            while (count > 0 && _positions[start + count - 1] >= items) count--;
            candidates[row].Take(first, count, ref _positions[start], ref _products[start], scores.Scales[row], scores.Slacks[row]);
            haveRoom &= candidates[row].HasRoom;
        }
        return haveRoom;
    }
}

internal static class Hits
{
    /// <summary>Places of a user: a block's, and as many as are written behind the last at once.</summary>
    public const int Room = ItemOrder.BlockItems + 32;

    private static readonly Vector512<short> Lanes = Vector512.CreateSequence<short>(0, 1);
    private static readonly Vector512<int> WideLanes = Vector512.CreateSequence(0, 1);

    /// <summary>Adds those of 32 products that reach the limit.</summary>
    /// <param name="at">the first one's position in the block</param>
    /// <param name="positions">the user's</param>
    /// <param name="products">the user's</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector512<short> values, short limit, int at, ref short positions, ref short products, ref int count)
    {
        var reaching = Vector512.GreaterThanOrEqual(values, Vector512.Create(limit));
        var bits = (uint)reaching.ExtractMostSignificantBits();
        if (Avx512Vbmi2.IsSupported)
        {
            Avx512Vbmi2.Compress(Vector512<short>.Zero, reaching, Lanes + Vector512.Create((short)at)).StoreUnsafe(ref positions, (nuint)count);
            Avx512Vbmi2.Compress(Vector512<short>.Zero, reaching, values).StoreUnsafe(ref products, (nuint)count);
            count += BitOperations.PopCount(bits);
        }
        else
        {
            for (; bits != 0; bits &= bits - 1) Add(values, BitOperations.TrailingZeroCount(bits), at, ref positions, ref products, ref count);
        }
    }

    /// <summary>Adds those of 16 products that reach the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector512<float> values, float limit, int at, ref short positions, ref float products, ref int count)
    {
        var reaching = Vector512.GreaterThanOrEqual(values, Vector512.Create(limit));
        var bits = (uint)reaching.ExtractMostSignificantBits();
        if (Avx512F.IsSupported)
        {
            Avx512F.ConvertToVector256Int16(Avx512F.Compress(Vector512<int>.Zero, reaching.AsInt32(), WideLanes + Vector512.Create(at))).StoreUnsafe(ref positions, (nuint)count);
            Avx512F.Compress(Vector512<float>.Zero, reaching, values).StoreUnsafe(ref products, (nuint)count);
            count += BitOperations.PopCount(bits);
        }
        else
        {
            for (; bits != 0; bits &= bits - 1) Add(values, BitOperations.TrailingZeroCount(bits), at, ref positions, ref products, ref count);
        }
    }

    private static void Add<T>(Vector512<T> values, int lane, int at, ref short positions, ref T products, ref int count)
    {
        Unsafe.Add(ref positions, count) = (short)(at + lane);
        Unsafe.Add(ref products, count) = values[lane];
        count++;
    }
}
