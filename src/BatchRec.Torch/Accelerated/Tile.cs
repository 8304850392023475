using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// The inner loop of small matrix products: eight rows of the result, 32 columns wide, stay in sixteen vector registers while the inner dimension passes by.
/// </summary>
internal static unsafe class Tile
{
    public const int Rows = 8, Columns = 32;

    /// <summary>c (8 × 32) = start (8 × 32) + a (8 × inner) × b (inner × 32).</summary>
    /// <param name="aRow">distance between rows of a</param>
    /// <param name="aInner">distance between a row's elements; both distances are free, so that a may be a transposed view</param>
    /// <param name="bInner">distance between rows of b, whose 32 elements are contiguous</param>
    /// <param name="start">what to add to: c itself, one row for all at a distance of 0, or null for zero</param>
    /// <param name="startRow">distance between rows of start, whose 32 elements are contiguous</param>
    /// <param name="cRow">distance between rows of c, whose 32 elements are contiguous</param>
    public static void Multiply(float* a, nint aRow, nint aInner, float* b, nint bInner, nint inner, float* start, nint startRow, float* c, nint cRow)
    {
        Vector512<float> c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71;
        if (start == null)
        {
            c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = c60 = c61 = c70 = c71 = Vector512<float>.Zero;
        }
        else
        {
            (c00, c01) = (Vector512.Load(start), Vector512.Load(start + 16));
            (c10, c11) = (Vector512.Load(start + startRow), Vector512.Load(start + startRow + 16));
            (c20, c21) = (Vector512.Load(start + 2 * startRow), Vector512.Load(start + 2 * startRow + 16));
            (c30, c31) = (Vector512.Load(start + 3 * startRow), Vector512.Load(start + 3 * startRow + 16));
            (c40, c41) = (Vector512.Load(start + 4 * startRow), Vector512.Load(start + 4 * startRow + 16));
            (c50, c51) = (Vector512.Load(start + 5 * startRow), Vector512.Load(start + 5 * startRow + 16));
            (c60, c61) = (Vector512.Load(start + 6 * startRow), Vector512.Load(start + 6 * startRow + 16));
            (c70, c71) = (Vector512.Load(start + 7 * startRow), Vector512.Load(start + 7 * startRow + 16));
        }
        // Three pointers and a distance reach all eight rows without an address to compute.
        float* middle = a + 3 * aRow, last = a + 6 * aRow;
        for (nint k = 0; k < inner; k++)
        {
            var (left, right) = (Vector512.Load(b), Vector512.Load(b + 16));
            var value = Vector512.Create(*a);
            c00 = Vector512.FusedMultiplyAdd(value, left, c00);
            c01 = Vector512.FusedMultiplyAdd(value, right, c01);
            value = Vector512.Create(a[aRow]);
            c10 = Vector512.FusedMultiplyAdd(value, left, c10);
            c11 = Vector512.FusedMultiplyAdd(value, right, c11);
            value = Vector512.Create(a[2 * aRow]);
            c20 = Vector512.FusedMultiplyAdd(value, left, c20);
            c21 = Vector512.FusedMultiplyAdd(value, right, c21);
            value = Vector512.Create(*middle);
            c30 = Vector512.FusedMultiplyAdd(value, left, c30);
            c31 = Vector512.FusedMultiplyAdd(value, right, c31);
            value = Vector512.Create(middle[aRow]);
            c40 = Vector512.FusedMultiplyAdd(value, left, c40);
            c41 = Vector512.FusedMultiplyAdd(value, right, c41);
            value = Vector512.Create(middle[2 * aRow]);
            c50 = Vector512.FusedMultiplyAdd(value, left, c50);
            c51 = Vector512.FusedMultiplyAdd(value, right, c51);
            value = Vector512.Create(*last);
            c60 = Vector512.FusedMultiplyAdd(value, left, c60);
            c61 = Vector512.FusedMultiplyAdd(value, right, c61);
            value = Vector512.Create(last[aRow]);
            c70 = Vector512.FusedMultiplyAdd(value, left, c70);
            c71 = Vector512.FusedMultiplyAdd(value, right, c71);
            a += aInner;
            middle += aInner;
            last += aInner;
            b += bInner;
        }
        c00.Store(c);
        c01.Store(c + 16);
        c10.Store(c + cRow);
        c11.Store(c + cRow + 16);
        c20.Store(c + 2 * cRow);
        c21.Store(c + 2 * cRow + 16);
        c30.Store(c + 3 * cRow);
        c31.Store(c + 3 * cRow + 16);
        c40.Store(c + 4 * cRow);
        c41.Store(c + 4 * cRow + 16);
        c50.Store(c + 5 * cRow);
        c51.Store(c + 5 * cRow + 16);
        c60.Store(c + 6 * cRow);
        c61.Store(c + 6 * cRow + 16);
        c70.Store(c + 7 * cRow);
        c71.Store(c + 7 * cRow + 16);
    }
}
