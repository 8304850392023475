using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>Items as floats, each block divided by a power of two: nothing is lost but what underflows, and nothing overflows.</summary>
internal sealed class FloatScan : ItemScan
{
    private readonly bool _wide;

    // (places / 32, D, 32)
    private readonly float[] _panels;
    private readonly int _start;

    /// <param name="wide">whether to use vectors of 512 bits</param>
    public FloatScan(float[] vectors, int dimensions, ItemOrder order, bool wide) : base(order, dimensions, SumErrors.OfFloats(dimensions))
    {
        _wide = wide;
        (_panels, _start) = HugePages.Allocate<float>(order.Items.Length * dimensions);
        Parallel.For(0, order.BlockCount, block => Pack(vectors, block));
    }

    /// <summary>Whether this processor has what <see cref="FloatTile512"/> needs.</summary>
    public static bool IsWideSupported => Vector512.IsHardwareAccelerated;

    public override UserScan Users(int count) => new FloatUsers(this, count);

    private void Pack(float[] vectors, int block)
    {
        var from = block * ItemOrder.BlockItems;
        var until = from + Places[block];
        var largest = 0f;
        for (var place = from; place < until; place++)
            if (Order.Items[place] >= 0) largest = Math.Max(largest, Largest(Vector(vectors, place)));
        var scale = Scale(largest);
        var worst = ScaledVector.Of(scale, 0, 0);
        for (var place = from; place < until; place++)
            if (Order.Items[place] >= 0)
                worst = worst.Or(Divide(Vector(vectors, place), scale, ref _panels[_start + place / FloatTile.Columns * FloatTile.Columns * Dimensions + place % FloatTile.Columns], FloatTile.Columns));
        Bounds[block] = worst.AsBlock(Sums);
    }

    private static float Largest(ReadOnlySpan<float> vector) => MathF.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(vector));

    /// <summary>The power of two that brings the largest element into [1, 2).</summary>
    private static double Scale(float largest) => largest == 0 ? 1 : Math.ScaleB(1, Math.ILogB((double)largest));

    /// <param name="to">where the first element goes; the others follow at a distance of <paramref name="stride"/></param>
    private static ScaledVector Divide(ReadOnlySpan<float> vector, double scale, ref float to, int stride)
    {
        var (inverse, squares, errors) = (1 / scale, 0.0, 0.0);
        for (var k = 0; k < vector.Length; k++)
        {
            var exact = vector[k] * inverse;
            var kept = (float)exact;
            Unsafe.Add(ref to, k * stride) = kept;
            squares += (double)kept * kept;
            errors += (exact - kept) * (exact - kept);
        }
        return ScaledVector.Of(scale, squares, errors);
    }

    private sealed class FloatUsers(FloatScan items, int count) : UserScan(items, count)
    {
        // (groups, D, 8)
        private readonly float[] _packed = new float[Padded(count) * items.Dimensions];
        private readonly uint[] _marks = new uint[Groups * Rows * 2 * Words];
        private readonly float[] _products = new float[Groups * Rows * ItemOrder.BlockItems];

        protected override ScaledVector Pack(int row, ReadOnlySpan<float> vector) =>
            Divide(vector, Scale(Largest(vector)), ref _packed[row / Rows * Rows * items.Dimensions + row % Rows], Rows);

        public override void Scan(int from, int until, int block, ReadOnlySpan<Hits> hits)
        {
            Span<int> reached = stackalloc int[Groups];
            Span<float> limits = stackalloc float[Groups * Rows];
            Span<ProductScores> scores = stackalloc ProductScores[Groups];
            var count = 0;
            for (var group = from; group < until; group++)
            {
                if (!Limits(group, block, out var exact, out scores[count])) continue;
                // Nothing above what is exact: a float is within 2⁻²⁴ of it, or within 2⁻¹⁵⁰. Nobody's ∞ becomes NaN, which nothing reaches either.
                var below = exact - Vector512.Abs(exact) * 1.2e-7 - Vector512.Create(1e-44);
                Vector256.Narrow(below.GetLower(), below.GetUpper()).CopyTo(limits[(count * Rows)..]);
                reached[count++] = group;
            }
            // A panel stays in the first-level cache for all groups.
            var (first, places, d) = (block * ItemOrder.BlockItems, items.Places[block], items.Dimensions);
            for (var at = 0; at < places && count > 0; at += FloatTile.Columns)
            {
                ref var panel = ref items._panels[items._start + (first + at) * d];
                for (var i = 0; i < count; i++)
                {
                    ref var users = ref _packed[reached[i] * Rows * d];
                    ref var mark = ref _marks[i * Rows * 2 * Words + at / FloatTile.Columns];
                    ref var product = ref _products[i * Rows * ItemOrder.BlockItems + at];
                    if (items._wide) FloatTile512.Mark(ref users, ref panel, d, ref limits[i * Rows], ref mark, ref product);
                    else FloatTile.Mark(ref users, ref panel, d, ref limits[i * Rows], ref mark, ref product);
                }
            }
            for (var i = 0; i < count; i++)
                Add<float>(hits[reached[i]], block, MemoryMarshal.Cast<uint, ulong>(_marks.AsSpan(i * Rows * 2 * Words, Rows * 2 * Words)),
                    _products.AsSpan(i * Rows * ItemOrder.BlockItems, Rows * ItemOrder.BlockItems), scores[i]);
        }
    }
}
