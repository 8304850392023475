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

    /// <param name="wide">whether to use vectors of 512 bits</param>
    public FloatScan(float[] vectors, int dimensions, ItemOrder order, bool wide) : base(order, dimensions, SumErrors.OfFloats(dimensions))
    {
        _wide = wide;
        _panels = GC.AllocateArray<float>(order.Items.Length * dimensions);
        Parallel.For(0, order.BlockCount, block => Pack(vectors, block));
    }

    /// <summary>Whether this processor has what <see cref="FloatTile512"/> needs.</summary>
    public static bool IsWideSupported => Vector512.IsHardwareAccelerated;

    public override UserScan Users(int count) => new FloatUsers(this, count);

    private void Pack(float[] vectors, int block)
    {
        var (from, until) = (Order.BlockStarts[block], Order.BlockStarts[block + 1]);
        var largest = 0f;
        for (var place = from; place < until; place++)
            if (Order.Items[place] >= 0) largest = Math.Max(largest, Largest(Vector(vectors, place)));
        var scale = Scale(largest);
        var worst = ScaledVector.Of(scale, 0, 0);
        for (var place = from; place < until; place++)
            if (Order.Items[place] >= 0)
                worst = worst.Or(Divide(Vector(vectors, place), scale, ref _panels[place / FloatTile.Columns * FloatTile.Columns * Dimensions + place % FloatTile.Columns], FloatTile.Columns));
        Blocks[block] = worst;
    }

    private ReadOnlySpan<float> Vector(float[] vectors, int place) => vectors.AsSpan(Order.Items[place] * Dimensions, Dimensions);

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

    private sealed class FloatUsers(FloatScan scan, int count) : UserScan
    {
        // (groups, D, 8)
        private readonly float[] _packed = new float[(count + Rows - 1) / Rows * Rows * scan.Dimensions];
        private readonly ScaledVector[] _sizes = new ScaledVector[(count + Rows - 1) / Rows * Rows];

        private readonly uint[] _marks = new uint[Rows * 2 * Words];
        private readonly float[] _products = new float[Rows * ItemOrder.BlockItems];

        public override double[] Thresholds { get; } = new double[(count + Rows - 1) / Rows * Rows];

        public override void Set(int row, ReadOnlySpan<float> vector) =>
            _sizes[row] = Divide(vector, Scale(Largest(vector)), ref _packed[row / Rows * Rows * scan.Dimensions + row % Rows], Rows);

        public override void Scan(int group, int block, ReadOnlySpan<Candidates> candidates)
        {
            Span<float> limits = stackalloc float[Rows];
            var any = false;
            for (var row = 0; row < Rows; row++)
            {
                limits[row] = Down(_sizes[group * Rows + row].Limit(in scan.Blocks[block], Thresholds[group * Rows + row], scan.Sums));
                any |= limits[row] < float.PositiveInfinity;
            }
            if (!any) return;

            var (from, until, d) = (scan.Order.BlockStarts[block], scan.Order.BlockStarts[block + 1], scan.Dimensions);
            ref var users = ref _packed[group * Rows * d];
            for (var place = from; place < until; place += FloatTile.Columns)
            {
                ref var items = ref scan._panels[place * d];
                ref var mark = ref _marks[(place - from) / FloatTile.Columns];
                ref var product = ref _products[place - from];
                if (scan._wide) FloatTile512.Mark(ref users, ref items, d, ref limits[0], ref mark, ref product);
                else FloatTile.Mark(ref users, ref items, d, ref limits[0], ref mark, ref product);
            }
            var words = MemoryMarshal.Cast<uint, ulong>(_marks);
            for (var row = 0; row < candidates.Length; row++)
            {
                ref readonly var user = ref _sizes[group * Rows + row];
                var scale = 1 / (user.Inverse * scan.Blocks[block].Inverse);
                candidates[row].Take(from, words.Slice(row * Words, (until - from) / 64), _products.AsSpan(row * ItemOrder.BlockItems, until - from), scale,
                    scale * user.Bound(in scan.Blocks[block], scan.Sums));
            }
        }

        /// <summary>The largest float that isn't above.</summary>
        private static float Down(double value)
        {
            var near = (float)value;
            return near > value ? MathF.BitDecrement(near) : near;
        }
    }
}
