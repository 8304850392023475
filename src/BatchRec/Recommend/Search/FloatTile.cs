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

    /// <inheritdoc cref="FloatTile512.Mark"/>
    public static void Mark(ref float users, ref float items, nint inner, ref float limits, ref uint marks, nint stride)
    {
        for (nint row = 0; row < ItemScan.Rows; row += 4)
        {
            ref var mark = ref Unsafe.Add(ref marks, row * stride);
            mark = Unsafe.Add(ref mark, stride) = Unsafe.Add(ref mark, 2 * stride) = Unsafe.Add(ref mark, 3 * stride) = 0;
            for (var column = 0; column < Columns; column += 16)
                Quarter(ref Unsafe.Add(ref users, row), ref Unsafe.Add(ref items, column), inner, ref Unsafe.Add(ref limits, row), ref mark, stride, column);
        }
    }

    private static void Quarter(ref float users, ref float items, nint inner, ref float limits, ref uint marks, nint stride, int column)
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
        marks |= Reaching(c00, c01, limits) << column;
        Unsafe.Add(ref marks, stride) |= Reaching(c10, c11, Unsafe.Add(ref limits, 1)) << column;
        Unsafe.Add(ref marks, 2 * stride) |= Reaching(c20, c21, Unsafe.Add(ref limits, 2)) << column;
        Unsafe.Add(ref marks, 3 * stride) |= Reaching(c30, c31, Unsafe.Add(ref limits, 3)) << column;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Reaching(Vector256<float> left, Vector256<float> right, float limit)
    {
        var least = Vector256.Create(limit);
        return Vector256.GreaterThanOrEqual(left, least).ExtractMostSignificantBits() | Vector256.GreaterThanOrEqual(right, least).ExtractMostSignificantBits() << 8;
    }
}
