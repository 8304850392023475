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
    /// <param name="marks">(8, in rows of a block's) a bit an item, set where the product reaches the limit</param>
    /// <param name="products">(8 × 64, in rows of a block's)</param>
    public static void Mark(ref int users, ref byte items, nint inner, ref short starts, ref short limits, ref ulong marks, ref short products)
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
        marks = Reaching(c00, c01, ref limits, ref products);
        Unsafe.Add(ref marks, 1 * ItemScan.Words) = Reaching(c10, c11, ref Unsafe.Add(ref limits, 1), ref Unsafe.Add(ref products, 1 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 2 * ItemScan.Words) = Reaching(c20, c21, ref Unsafe.Add(ref limits, 2), ref Unsafe.Add(ref products, 2 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 3 * ItemScan.Words) = Reaching(c30, c31, ref Unsafe.Add(ref limits, 3), ref Unsafe.Add(ref products, 3 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 4 * ItemScan.Words) = Reaching(c40, c41, ref Unsafe.Add(ref limits, 4), ref Unsafe.Add(ref products, 4 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 5 * ItemScan.Words) = Reaching(c50, c51, ref Unsafe.Add(ref limits, 5), ref Unsafe.Add(ref products, 5 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 6 * ItemScan.Words) = Reaching(c60, c61, ref Unsafe.Add(ref limits, 6), ref Unsafe.Add(ref products, 6 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 7 * ItemScan.Words) = Reaching(c70, c71, ref Unsafe.Add(ref limits, 7), ref Unsafe.Add(ref products, 7 * ItemOrder.BlockItems));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Reaching(Vector512<short> left, Vector512<short> right, ref short limit, ref short products)
    {
        left.StoreUnsafe(ref products);
        right.StoreUnsafe(ref products, 32);
        var least = Vector512.Create(limit);
        return Vector512.GreaterThanOrEqual(left, least).ExtractMostSignificantBits()
            | Vector512.GreaterThanOrEqual(right, least).ExtractMostSignificantBits() << 32;
    }
}
