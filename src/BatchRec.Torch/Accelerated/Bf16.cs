using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Torch.Accelerated;

/// <summary>Rounding of Float32 to bf16, its upper 16 bits: to the nearest, ties to even. NaN stays NaN.</summary>
internal static unsafe class Bf16
{
    public static bool IsSupported => ProcessorFeatures.Avx512Bf16;

    /// <param name="to">(count) x as bf16</param>
    /// <param name="count">a multiple of 32</param>
    public static void Narrow(float* x, ushort* to, int count)
    {
        for (var i = 0; i < count; i += 2 * Vector512<float>.Count)
            Vector512.Narrow(Upper(Vector512.Load(x + i)) >>> 16, Upper(Vector512.Load(x + i + Vector512<float>.Count)) >>> 16).Store(to + i);
    }

    /// <param name="to">(count) pairs of a's and b's numbers, a's in the lower half</param>
    /// <param name="count">a multiple of 16</param>
    public static void Interleave(float* a, float* b, uint* to, int count)
    {
        for (var i = 0; i < count; i += Vector512<float>.Count) Pairs(Vector512.Load(a + i), Vector512.Load(b + i)).Store(to + i);
    }

    /// <summary>Both of the above.</summary>
    /// <param name="count">a multiple of 32</param>
    public static void NarrowAndInterleave(float* a, float* b, ushort* ofA, ushort* ofB, uint* pairs, int count)
    {
        var lower = Vector512.Create(0xffffu);
        for (var i = 0; i < count; i += 2 * Vector512<float>.Count)
        {
            var left = Pairs(Vector512.Load(a + i), Vector512.Load(b + i));
            var right = Pairs(Vector512.Load(a + i + Vector512<float>.Count), Vector512.Load(b + i + Vector512<float>.Count));
            left.Store(pairs + i);
            right.Store(pairs + i + Vector512<float>.Count);
            Vector512.Narrow(left & lower, right & lower).Store(ofA + i);
            Vector512.Narrow(left >>> 16, right >>> 16).Store(ofB + i);
        }
    }

    private static Vector512<uint> Pairs(Vector512<float> a, Vector512<float> b) => Upper(a) >>> 16 | Upper(b) & Vector512.Create(0xffff0000u);

    /// <returns>rounded, in each lane's upper half; what is in the lower has no meaning</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Upper(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        var rounded = bits + Vector512.Create(0x7fffu) + (bits >>> 16 & Vector512<uint>.One);
        // Rounding could carry a NaN's bits into its sign, and an odd one's into infinity: it becomes a quiet one.
        return Vector512.ConditionalSelect(Vector512.Equals(x, x).AsUInt32(), rounded, bits | Vector512.Create(0x400000u));
    }
}
