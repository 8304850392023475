using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// The score that lists are ranked by: Σ u_k·i_k, k ascending, in double. A product of two floats is exact in double, so that it makes no difference whether
/// a processor fuses the multiplication with the addition.
/// </summary>
internal static class ReferenceScore
{
    /// <param name="user">(D) the user's vector, widened</param>
    /// <param name="vectors">(places × D)</param>
    /// <param name="places">those to score: in memory their rows stand anywhere, so that they are best asked for before (<see cref="Prefetch"/>)</param>
    /// <param name="scores">(places) the scores of these</param>
    public static void Of(ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, ReadOnlySpan<int> places, Span<double> scores)
    {
        var (d, i) = (user.Length, 0);
        for (; Avx512F.IsSupported && i <= places.Length - Vector512<double>.Count; i += Vector512<double>.Count)
            OfEight(user, vectors, places.Slice(i, Vector512<double>.Count), scores.Slice(i, Vector512<double>.Count));
        for (; i < places.Length; i++) scores[i] = Continue(0, user, vectors.Slice(places[i] * d, d), 0);
    }

    /// <summary>Has rows brought to the second-level cache: the first has room for fewer lines on their way.</summary>
    public static unsafe void Prefetch(ReadOnlySpan<float> vectors, int dimensions, ReadOnlySpan<int> places)
    {
        if (!Sse.IsSupported) return;
        ref var first = ref MemoryMarshal.GetReference(vectors);
        foreach (var place in places)
            for (var k = 0; k < dimensions; k += 16) Sse.Prefetch1(Unsafe.AsPointer(ref Unsafe.Add(ref first, place * dimensions + k)));
    }

    private static double Continue(double sum, ReadOnlySpan<double> user, ReadOnlySpan<float> item, int from)
    {
        for (var k = from; k < user.Length; k++) sum += user[k] * item[k];
        return sum;
    }

    /// <summary>Eight items in a register's lanes, which eight elements of each are turned around for.</summary>
    private static void OfEight(ReadOnlySpan<double> user, ReadOnlySpan<float> vectors, ReadOnlySpan<int> places, Span<double> scores)
    {
        var (d, k) = (user.Length, 0);
        var sums = Vector512<double>.Zero;
        ref var first = ref MemoryMarshal.GetReference(vectors);
        for (; k <= d - 8; k += 8)
        {
            var (row0, row1, row2, row3) = (
                Vector256.LoadUnsafe(ref first, (nuint)(places[0] * d + k)), Vector256.LoadUnsafe(ref first, (nuint)(places[1] * d + k)),
                Vector256.LoadUnsafe(ref first, (nuint)(places[2] * d + k)), Vector256.LoadUnsafe(ref first, (nuint)(places[3] * d + k)));
            var (row4, row5, row6, row7) = (
                Vector256.LoadUnsafe(ref first, (nuint)(places[4] * d + k)), Vector256.LoadUnsafe(ref first, (nuint)(places[5] * d + k)),
                Vector256.LoadUnsafe(ref first, (nuint)(places[6] * d + k)), Vector256.LoadUnsafe(ref first, (nuint)(places[7] * d + k)));
            // Within 128 bits: elements 0 and 1, 2 and 3 of two rows, then one element of four rows.
            var (pair0, pair1) = (Avx.UnpackLow(row0, row1), Avx.UnpackHigh(row0, row1));
            var (pair2, pair3) = (Avx.UnpackLow(row2, row3), Avx.UnpackHigh(row2, row3));
            var (pair4, pair5) = (Avx.UnpackLow(row4, row5), Avx.UnpackHigh(row4, row5));
            var (pair6, pair7) = (Avx.UnpackLow(row6, row7), Avx.UnpackHigh(row6, row7));
            var (four0, four1) = (Avx.Shuffle(pair0, pair2, 0x44), Avx.Shuffle(pair0, pair2, 0xEE));
            var (four2, four3) = (Avx.Shuffle(pair1, pair3, 0x44), Avx.Shuffle(pair1, pair3, 0xEE));
            var (four4, four5) = (Avx.Shuffle(pair4, pair6, 0x44), Avx.Shuffle(pair4, pair6, 0xEE));
            var (four6, four7) = (Avx.Shuffle(pair5, pair7, 0x44), Avx.Shuffle(pair5, pair7, 0xEE));
            sums = Add(sums, user[k], four0, four4, 0x20);
            sums = Add(sums, user[k + 1], four1, four5, 0x20);
            sums = Add(sums, user[k + 2], four2, four6, 0x20);
            sums = Add(sums, user[k + 3], four3, four7, 0x20);
            sums = Add(sums, user[k + 4], four0, four4, 0x31);
            sums = Add(sums, user[k + 5], four1, four5, 0x31);
            sums = Add(sums, user[k + 6], four2, four6, 0x31);
            sums = Add(sums, user[k + 7], four3, four7, 0x31);
        }
        sums.CopyTo(scores);
        for (var i = 0; i < scores.Length && k < d; i++) scores[i] = Continue(scores[i], user, vectors.Slice(places[i] * d, d), k);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Add(Vector512<double> sums, double value, Vector256<float> left, Vector256<float> right, [ConstantExpected] byte halves) =>
        sums + Vector512.Create(value) * Avx512F.ConvertToVector512Double(Avx.Permute2x128(left, right, halves));
}
