using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// The score that lists are ranked by: Σ u_k·i_k, k ascending, in double. A product of two floats is exact in double, so that it makes no difference whether
/// a processor fuses the multiplication with the addition.
/// </summary>
internal static class ReferenceScore
{
    public static double Of(ReadOnlySpan<double> user, ReadOnlySpan<float> item)
    {
        var sum = 0.0;
        for (var k = 0; k < user.Length; k++) sum += user[k] * item[k];
        return sum;
    }

    /// <summary>Scores of several items: four sums side by side, since each addition waits for the one before.</summary>
    /// <param name="user">(D) the user's vector, widened</param>
    /// <param name="vectors">(items × D)</param>
    public static void Of(ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, ReadOnlySpan<int> items, Span<double> scores)
    {
        var (d, i) = (user.Length, 0);
        ref var left = ref MemoryMarshal.GetReference(user);
        for (; i + 8 <= items.Length; i += 8)
        {
            ref var a = ref Row(vectors, items[i], d);
            ref var b = ref Row(vectors, items[i + 1], d);
            ref var c = ref Row(vectors, items[i + 2], d);
            ref var e = ref Row(vectors, items[i + 3], d);
            ref var f = ref Row(vectors, items[i + 4], d);
            ref var g = ref Row(vectors, items[i + 5], d);
            ref var h = ref Row(vectors, items[i + 6], d);
            ref var j = ref Row(vectors, items[i + 7], d);
            for (var next = i + 8; next < Math.Min(i + 16, items.Length); next++) Prefetch(ref Row(vectors, items[next], d), d);
            var (sa, sb, sc, se, sf, sg, sh, sj) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (nint k = 0; k < d; k++)
            {
                var u = Unsafe.Add(ref left, k);
                sa += u * Unsafe.Add(ref a, k);
                sb += u * Unsafe.Add(ref b, k);
                sc += u * Unsafe.Add(ref c, k);
                se += u * Unsafe.Add(ref e, k);
                sf += u * Unsafe.Add(ref f, k);
                sg += u * Unsafe.Add(ref g, k);
                sh += u * Unsafe.Add(ref h, k);
                sj += u * Unsafe.Add(ref j, k);
            }
            (scores[i], scores[i + 1], scores[i + 2], scores[i + 3]) = (sa, sb, sc, se);
            (scores[i + 4], scores[i + 5], scores[i + 6], scores[i + 7]) = (sf, sg, sh, sj);
        }
        for (; i < items.Length; i++) scores[i] = Of(user, vectors.Slice(items[i] * d, d));
    }

    /// <summary>Rows stand anywhere in memory: each would be waited for, line by line.</summary>
    private static unsafe void Prefetch(ref float row, int d)
    {
        if (!Sse.IsSupported) return;
        for (var k = 0; k < d; k += 16) Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref row, k)));
    }

    private static ref float Row(ReadOnlySpan<float> vectors, int item, int d) => ref MemoryMarshal.GetReference(vectors.Slice(item * d, d));
}
