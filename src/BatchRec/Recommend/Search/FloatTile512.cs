using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Eight users × 32 items in sixteen registers of 512 bits, compared with the users' limits where they are: no product is ever written to memory.
/// </summary>
internal static class FloatTile512
{
    /// <param name="users">(inner × 8)</param>
    /// <param name="items">(inner × 32)</param>
    /// <param name="limits">(8)</param>
    /// <param name="at">the first item's position in its block</param>
    /// <param name="hits">where those go whose products reach their limits</param>
    public static void Find(ref float users, ref float items, nint inner, ref float limits, int at, Hits<float> hits)
    {
        Vector512<float> c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71;
        c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = c60 = c61 = c70 = c71 = Vector512<float>.Zero;
        for (nint k = 0; k < inner; k++)
        {
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
        ref var positions = ref hits.Positions;
        ref var products = ref hits.Products;
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
    private static void Keep(Vector512<float> left, Vector512<float> right, ref float limits, int at, ref short positions, ref float products, ref int counts, nint row)
    {
        positions = ref Unsafe.Add(ref positions, row * Hits.Room);
        products = ref Unsafe.Add(ref products, row * Hits.Room);
        var limit = Unsafe.Add(ref limits, row);
        var count = Unsafe.Add(ref counts, row);
        Hits.Add(left, limit, at, ref positions, ref products, ref count);
        Hits.Add(right, limit, at + Vector512<float>.Count, ref positions, ref products, ref count);
        Unsafe.Add(ref counts, row) = count;
    }
}
