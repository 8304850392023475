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

    private const int Stride = 2 * ItemScan.Words;

    /// <inheritdoc cref="FloatTile512.Mark"/>
    public static void Mark(ref float users, ref float items, nint inner, ref float limits, ref uint marks, ref float products)
    {
        for (nint row = 0; row < ItemScan.Rows; row += 4)
        {
            ref var mark = ref Unsafe.Add(ref marks, row * Stride);
            mark = Unsafe.Add(ref mark, Stride) = Unsafe.Add(ref mark, 2 * Stride) = Unsafe.Add(ref mark, 3 * Stride) = 0;
            for (var column = 0; column < Columns; column += 16)
                Quarter(ref Unsafe.Add(ref users, row), ref Unsafe.Add(ref items, column), inner, ref Unsafe.Add(ref limits, row), ref mark, column, ref Unsafe.Add(ref products, row * ItemOrder.BlockItems + column));
        }
    }

    private static void Quarter(ref float users, ref float items, nint inner, ref float limits, ref uint marks, int column, ref float products)
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
        marks |= Reaching(c00, c01, limits, ref products) << column;
        Unsafe.Add(ref marks, Stride) |= Reaching(c10, c11, Unsafe.Add(ref limits, 1), ref Unsafe.Add(ref products, ItemOrder.BlockItems)) << column;
        Unsafe.Add(ref marks, 2 * Stride) |= Reaching(c20, c21, Unsafe.Add(ref limits, 2), ref Unsafe.Add(ref products, 2 * ItemOrder.BlockItems)) << column;
        Unsafe.Add(ref marks, 3 * Stride) |= Reaching(c30, c31, Unsafe.Add(ref limits, 3), ref Unsafe.Add(ref products, 3 * ItemOrder.BlockItems)) << column;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Reaching(Vector256<float> left, Vector256<float> right, float limit, ref float products)
    {
        left.StoreUnsafe(ref products);
        right.StoreUnsafe(ref products, 8);
        var least = Vector256.Create(limit);
        return Vector256.GreaterThanOrEqual(left, least).ExtractMostSignificantBits() | Vector256.GreaterThanOrEqual(right, least).ExtractMostSignificantBits() << 8;
    }
}
