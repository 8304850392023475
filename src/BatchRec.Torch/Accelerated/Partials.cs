using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Sums that each thread makes of its own part. They are joined in the order of the parts, whichever thread was first: the same number of threads gives
/// the same bits.
/// </summary>
internal static unsafe class Partials
{
    /// <summary>Zeros; freed by <see cref="AddAndFree"/>.</summary>
    public static float* New(long count)
    {
        var size = (nuint)(count + 15) / 16 * 64;
        var sum = (float*)NativeMemory.AlignedAlloc(size, 64);
        NativeMemory.Clear(sum, size);
        return sum;
    }

    /// <summary>Adds the first elements of each sum to one vector, those that follow to another.</summary>
    /// <param name="sums">addresses, 0 where no thread began</param>
    public static void AddAndFree(ReadOnlySpan<nint> sums, float* first, long firstCount, float* second = null, long secondCount = 0)
    {
        foreach (var address in sums)
        {
            if (address == 0) continue;
            var sum = (float*)address;
            Add(first, sum, firstCount);
            Add(second, sum + firstCount, secondCount);
            NativeMemory.AlignedFree(sum);
        }
    }

    private static void Add(float* target, float* source, long count)
    {
        var i = 0L;
        for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count) (Vector512.Load(target + i) + Vector512.Load(source + i)).Store(target + i);
        for (; i < count; i++) target[i] += source[i];
    }
}
