using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Eight users × 32 items in sixteen registers of 512 bits, compared with the users' limits where they are.
/// </summary>
internal static class FloatTile512
{
    /// <param name="users">(inner × 8)</param>
    /// <param name="items">(inner × 32)</param>
    /// <param name="limits">(8)</param>
    /// <param name="marks">(8, in rows of a block's) a bit an item, set where the product reaches the limit</param>
    /// <param name="products">(8 × 32, in rows of a block's) those of all items</param>
    public static unsafe void Mark(ref float users, ref float items, nint inner, ref float limits, ref uint marks, ref float products)
    {
        Vector512<float> c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71;
        c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = c60 = c61 = c70 = c71 = Vector512<float>.Zero;
        var ahead = inner * 2 * Vector512<float>.Count;
        for (nint k = 0; k < inner; k++)
        {
            // The next panel, which the second-level cache holds: its lines would be waited for.
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref items, ahead)));
                Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref items, ahead + Vector512<float>.Count)));
            }
            var (left, right) = (Vector512.LoadUnsafe(ref items), Vector512.LoadUnsafe(ref items, 16));
            var value = Vector512.Create(users);
            c00 = Vector512.FusedMultiplyAdd(value, left, c00);
            c01 = Vector512.FusedMultiplyAdd(value, right, c01);
            value = Vector512.Create(Unsafe.Add(ref users, 1));
            c10 = Vector512.FusedMultiplyAdd(value, left, c10);
            c11 = Vector512.FusedMultiplyAdd(value, right, c11);
            value = Vector512.Create(Unsafe.Add(ref users, 2));
            c20 = Vector512.FusedMultiplyAdd(value, left, c20);
            c21 = Vector512.FusedMultiplyAdd(value, right, c21);
            value = Vector512.Create(Unsafe.Add(ref users, 3));
            c30 = Vector512.FusedMultiplyAdd(value, left, c30);
            c31 = Vector512.FusedMultiplyAdd(value, right, c31);
            value = Vector512.Create(Unsafe.Add(ref users, 4));
            c40 = Vector512.FusedMultiplyAdd(value, left, c40);
            c41 = Vector512.FusedMultiplyAdd(value, right, c41);
            value = Vector512.Create(Unsafe.Add(ref users, 5));
            c50 = Vector512.FusedMultiplyAdd(value, left, c50);
            c51 = Vector512.FusedMultiplyAdd(value, right, c51);
            value = Vector512.Create(Unsafe.Add(ref users, 6));
            c60 = Vector512.FusedMultiplyAdd(value, left, c60);
            c61 = Vector512.FusedMultiplyAdd(value, right, c61);
            value = Vector512.Create(Unsafe.Add(ref users, 7));
            c70 = Vector512.FusedMultiplyAdd(value, left, c70);
            c71 = Vector512.FusedMultiplyAdd(value, right, c71);
            users = ref Unsafe.Add(ref users, 8);
            items = ref Unsafe.Add(ref items, 32);
        }
        marks = Reaching(c00, c01, limits, ref products);
        Unsafe.Add(ref marks, 1 * 2 * ItemScan.Words) = Reaching(c10, c11, Unsafe.Add(ref limits, 1), ref Unsafe.Add(ref products, 1 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 2 * 2 * ItemScan.Words) = Reaching(c20, c21, Unsafe.Add(ref limits, 2), ref Unsafe.Add(ref products, 2 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 3 * 2 * ItemScan.Words) = Reaching(c30, c31, Unsafe.Add(ref limits, 3), ref Unsafe.Add(ref products, 3 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 4 * 2 * ItemScan.Words) = Reaching(c40, c41, Unsafe.Add(ref limits, 4), ref Unsafe.Add(ref products, 4 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 5 * 2 * ItemScan.Words) = Reaching(c50, c51, Unsafe.Add(ref limits, 5), ref Unsafe.Add(ref products, 5 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 6 * 2 * ItemScan.Words) = Reaching(c60, c61, Unsafe.Add(ref limits, 6), ref Unsafe.Add(ref products, 6 * ItemOrder.BlockItems));
        Unsafe.Add(ref marks, 7 * 2 * ItemScan.Words) = Reaching(c70, c71, Unsafe.Add(ref limits, 7), ref Unsafe.Add(ref products, 7 * ItemOrder.BlockItems));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Reaching(Vector512<float> left, Vector512<float> right, float limit, ref float products)
    {
        left.StoreUnsafe(ref products);
        right.StoreUnsafe(ref products, 16);
        var least = Vector512.Create(limit);
        return (uint)Vector512.GreaterThanOrEqual(left, least).ExtractMostSignificantBits()
            | (uint)Vector512.GreaterThanOrEqual(right, least).ExtractMostSignificantBits() << 16;
    }
}
