using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>Places whose numbers reach a limit, in their order; sixteen at a time and without a branch on any of them where the processor can.</summary>
internal static class Selection
{
    /// <summary>So many more elements than are selected may be written.</summary>
    public const int Overrun = 16;

    /// <param name="values">(places)</param>
    /// <param name="into">room for all places, and <see cref="Overrun"/></param>
    /// <returns>how many were selected</returns>
    public static int AtLeast(ReadOnlySpan<int> places, ReadOnlySpan<float> values, float least, Span<int> into) =>
        AtLeast(places, [], 0, values, least, into);

    /// <summary>Those alone that don't reach another limit by another number.</summary>
    /// <param name="others">(places), or none</param>
    public static int AtLeast(ReadOnlySpan<int> places, ReadOnlySpan<float> others, float belowThat, ReadOnlySpan<float> values, double least, Span<int> into)
    {
        var (count, i) = (0, 0);
        ref var room = ref MemoryMarshal.GetReference(into);
        for (; Avx512F.IsSupported && i <= places.Length - Vector512<int>.Count; i += Vector512<int>.Count)
        {
            // Limits are floats: as such they are compared.
            var chosen = Vector512.GreaterThanOrEqual(Vector512.Create(values[i..]), Vector512.Create((float)least)).AsInt32();
            if (!others.IsEmpty) chosen = Vector512.AndNot(chosen, Vector512.GreaterThanOrEqual(Vector512.Create(others[i..]), Vector512.Create(belowThat)).AsInt32());
            Avx512F.Compress(Vector512<int>.Zero, chosen, Vector512.Create(places[i..])).StoreUnsafe(ref room, (nuint)count);
            count += System.Numerics.BitOperations.PopCount(chosen.ExtractMostSignificantBits());
        }
        for (; i < places.Length; i++)
        {
            into[count] = places[i];
            count += values[i] >= (float)least && (others.IsEmpty || !(others[i] >= belowThat)) ? 1 : 0;
        }
        return count;
    }
}
