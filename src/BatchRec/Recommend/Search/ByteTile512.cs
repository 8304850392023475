using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Eight users × 64 items in sixteen registers of 32 16-bit sums each: two byte products and their sum in one instruction, which is four times what fp32 does
/// in it. Sums may wrap around on their way: only the last ones must fit, and the caller sees to that.
/// </summary>
internal static class ByteTile512
{
    /// <param name="users">(inner × 8) signed bytes of two dimensions, twice in each int</param>
    /// <param name="items">(inner × 64) unsigned bytes of two dimensions each</param>
    /// <param name="starts">(8) what the sums start from</param>
    /// <param name="limits">(8)</param>
    /// <param name="at">the first item's position in its block</param>
    /// <param name="hits">where those go whose products reach their limits</param>
    public static void Find(ref int users, ref byte items, nint inner, ref short starts, ref short limits, int at, Hits<short> hits)
    {
        Vector512<short> c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71;
        c00 = c01 = Vector512.Create(starts);
        c10 = c11 = Vector512.Create(Unsafe.Add(ref starts, 1));
        c20 = c21 = Vector512.Create(Unsafe.Add(ref starts, 2));
        c30 = c31 = Vector512.Create(Unsafe.Add(ref starts, 3));
        c40 = c41 = Vector512.Create(Unsafe.Add(ref starts, 4));
        c50 = c51 = Vector512.Create(Unsafe.Add(ref starts, 5));
        c60 = c61 = Vector512.Create(Unsafe.Add(ref starts, 6));
        c70 = c71 = Vector512.Create(Unsafe.Add(ref starts, 7));
        for (nint k = 0; k < inner; k++)
        {
            var (left, right) = (Vector512.LoadUnsafe(ref items), Vector512.LoadUnsafe(ref items, 64));
            var value = Vector512.Create(users).AsSByte();
            c00 += Avx512BW.MultiplyAddAdjacent(left, value);
            c01 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 1)).AsSByte();
            c10 += Avx512BW.MultiplyAddAdjacent(left, value);
            c11 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 2)).AsSByte();
            c20 += Avx512BW.MultiplyAddAdjacent(left, value);
            c21 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 3)).AsSByte();
            c30 += Avx512BW.MultiplyAddAdjacent(left, value);
            c31 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 4)).AsSByte();
            c40 += Avx512BW.MultiplyAddAdjacent(left, value);
            c41 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 5)).AsSByte();
            c50 += Avx512BW.MultiplyAddAdjacent(left, value);
            c51 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 6)).AsSByte();
            c60 += Avx512BW.MultiplyAddAdjacent(left, value);
            c61 += Avx512BW.MultiplyAddAdjacent(right, value);
            value = Vector512.Create(Unsafe.Add(ref users, 7)).AsSByte();
            c70 += Avx512BW.MultiplyAddAdjacent(left, value);
            c71 += Avx512BW.MultiplyAddAdjacent(right, value);
            users = ref Unsafe.Add(ref users, 8);
            items = ref Unsafe.Add(ref items, 128);
        }
        ref short positions = ref hits.Positions, products = ref hits.Products;
        ref var counts = ref hits.Counts;
        Keep(c00, c01, ref limits, at, ref positions, ref products, ref counts, 0);
        Keep(c10, c11, ref limits, at, ref positions, ref products, ref counts, 1);
        Keep(c20, c21, ref limits, at, ref positions, ref products, ref counts, 2);
        Keep(c30, c31, ref limits, at, ref positions, ref products, ref counts, 3);
        Keep(c40, c41, ref limits, at, ref positions, ref products, ref counts, 4);
        Keep(c50, c51, ref limits, at, ref positions, ref products, ref counts, 5);
        Keep(c60, c61, ref limits, at, ref positions, ref products, ref counts, 6);
        Keep(c70, c71, ref limits, at, ref positions, ref products, ref counts, 7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Vector512<short> left, Vector512<short> right, ref short limits, int at, ref short positions, ref short products, ref int counts, nint row)
    {
        positions = ref Unsafe.Add(ref positions, row * Hits.Room);
        products = ref Unsafe.Add(ref products, row * Hits.Room);
        var limit = Unsafe.Add(ref limits, row);
        var count = Unsafe.Add(ref counts, row);
        Hits.Add(left, limit, at, ref positions, ref products, ref count);
        Hits.Add(right, limit, at + Vector512<short>.Count, ref positions, ref products, ref count);
        Unsafe.Add(ref counts, row) = count;
    }
}
