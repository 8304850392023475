using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>
/// <see cref="FloatTile512"/> for any processor: .NET makes what it can of vectors of 256 bits. Four users × 16 items at a time, which is what sixteen registers hold.
/// </summary>
internal static class FloatTile
{
    /// <summary>Items of a panel.</summary>
    public const int Columns = 32;

    /// <inheritdoc cref="FloatTile512.Find"/>
    public static void Find(ref float users, ref float items, nint inner, ref float limits, int at, Hits<float> hits)
    {
        for (var row = 0; row < ItemScan.Rows; row += 4)
            for (var column = 0; column < Columns; column += 16)
                Quarter(ref Unsafe.Add(ref users, row), ref Unsafe.Add(ref items, column), inner, ref Unsafe.Add(ref limits, row), at + column, hits, row);
    }

    private static void Quarter(ref float users, ref float items, nint inner, ref float limits, int at, Hits<float> hits, int row)
    {
        Vector256<float> c00, c01, c10, c11, c20, c21, c30, c31;
        c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = Vector256<float>.Zero;
        for (nint k = 0; k < inner; k++)
        {
            var (left, right) = (Vector256.LoadUnsafe(ref items), Vector256.LoadUnsafe(ref items, 8));
            var value = Vector256.Create(users);
            c00 = Vector256.MultiplyAddEstimate(value, left, c00);
            c01 = Vector256.MultiplyAddEstimate(value, right, c01);
            value = Vector256.Create(Unsafe.Add(ref users, 1));
            c10 = Vector256.MultiplyAddEstimate(value, left, c10);
            c11 = Vector256.MultiplyAddEstimate(value, right, c11);
            value = Vector256.Create(Unsafe.Add(ref users, 2));
            c20 = Vector256.MultiplyAddEstimate(value, left, c20);
            c21 = Vector256.MultiplyAddEstimate(value, right, c21);
            value = Vector256.Create(Unsafe.Add(ref users, 3));
            c30 = Vector256.MultiplyAddEstimate(value, left, c30);
            c31 = Vector256.MultiplyAddEstimate(value, right, c31);
            users = ref Unsafe.Add(ref users, ItemScan.Rows);
            items = ref Unsafe.Add(ref items, Columns);
        }
        Keep(c00, c01, limits, at, hits, row);
        Keep(c10, c11, Unsafe.Add(ref limits, 1), at, hits, row + 1);
        Keep(c20, c21, Unsafe.Add(ref limits, 2), at, hits, row + 2);
        Keep(c30, c31, Unsafe.Add(ref limits, 3), at, hits, row + 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Vector256<float> left, Vector256<float> right, float limit, int at, Hits<float> hits, int row) =>
        Hits.Add(Vector512.Create(left, right), limit, at, ref Unsafe.Add(ref hits.Positions, row * Hits.Room), ref Unsafe.Add(ref hits.Products, row * Hits.Room), ref Unsafe.Add(ref hits.Counts, row));
}
