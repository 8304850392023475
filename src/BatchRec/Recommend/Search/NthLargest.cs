using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>
/// The n-th largest of some hundred numbers, or little below, without a branch on any of them: its bits are found one by one, each by counting.
/// </summary>
internal static class NthLargest
{
    /// <summary>A key that is ordered as the numbers are; both zeros have one.</summary>
    public static uint Key(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return bits ^ (uint)((int)bits >> 31 | int.MinValue);
    }

    public static Vector512<uint> Key(Vector512<float> values)
    {
        var bits = (values + Vector512<float>.Zero).AsInt32();
        return (bits ^ (bits >> 31 | Vector512.Create(int.MinValue))).AsUInt32();
    }

    /// <summary>The number that has this key; -∞ for keys that are below all numbers'.</summary>
    public static float Number(uint key)
    {
        var number = BitConverter.UInt32BitsToSingle(key >> 31 == 0 ? ~key : key & int.MaxValue);
        return float.IsNaN(number) ? float.NegativeInfinity : number;
    }

    /// <summary>A number below all those that round to the key's.</summary>
    public static double Below(uint key) => MathF.BitDecrement(Math.Min(Number(key), float.MaxValue));

    /// <summary>Bits that are found: sign, exponent and eleven of a float's. Those below are left 0.</summary>
    private const int Bits = 20;

    /// <param name="keys">at least n</param>
    /// <returns>a key that at least n reach, and few more do</returns>
    public static uint Of(ReadOnlySpan<uint> keys, int n)
    {
        // What all begin with is found already.
        var known = Math.Min(BitOperations.LeadingZeroCount(Differing(keys)), Bits);
        var found = known == 0 ? 0 : keys[0] & uint.MaxValue << (32 - known);
        for (var left = Bits - known - 1; left >= 0; left--)
            if (1u << (32 - Bits + left) is var bit && CountAtLeast(keys, found | bit) >= n) found |= bit;
        return found;
    }

    /// <returns>the bits that are not the same in all keys</returns>
    private static uint Differing(ReadOnlySpan<uint> keys)
    {
        var (differing, i) = (0u, 0);
        var (first, vector) = (Vector512.Create(keys[0]), Vector512<uint>.Zero);
        for (; i <= keys.Length - Vector512<uint>.Count; i += Vector512<uint>.Count) vector |= Vector512.Create(keys[i..]) ^ first;
        for (; i < keys.Length; i++) differing |= keys[i] ^ keys[0];
        var half = vector.GetLower() | vector.GetUpper();
        var quarter = (half.GetLower() | half.GetUpper()).AsUInt64();
        var pair = quarter[0] | quarter[1];
        return differing | (uint)pair | (uint)(pair >> 32);
    }

    private static int CountAtLeast(ReadOnlySpan<uint> keys, uint least)
    {
        var (count, i) = (0, 0);
        ref var first = ref MemoryMarshal.GetReference(keys);
        var wanted = Vector512.Create(least);
        for (; i <= keys.Length - Vector512<uint>.Count; i += Vector512<uint>.Count)
            count += BitOperations.PopCount(Vector512.GreaterThanOrEqual(Vector512.LoadUnsafe(ref first, (nuint)i), wanted).ExtractMostSignificantBits());
        for (; i < keys.Length; i++) count += keys[i] >= least ? 1 : 0;
        return count;
    }
}
