using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Items as signed bytes, a scale a block; users as signed bytes, a scale each. Sums are exact, in 32 bits, so that bytes may be as large as they can: closer than
/// <see cref="ByteScan"/>'s, whose sums have 16.
/// </summary>
/// <remarks>The instruction multiplies unsigned by signed bytes. Hence items are stored plus 128 (1 to 255), which the sums make up for where they start, -128 Σ û_k.</remarks>
internal sealed unsafe class QuadScan : ItemScan
{
    /// <summary>Sums of so many products of 255 × 127 are far from what 32 bits hold.</summary>
    public const int MostDimensions = 4_096;

    private const int Lane = 4, Largest = 127;

    private readonly BytePanels _panels;

    public QuadScan(float[] vectors, int dimensions, ItemOrder order) : base(order, dimensions, SumErrors.OfIntegers(dimensions))
    {
        _panels = new BytePanels(order.Items.Length, dimensions, QuadTile512.Columns, Lane);
        Parallel.For(0, order.BlockCount, block => Pack(vectors, block));
    }

    public override UserScan Users(int count) => new QuadUsers(this, count);

    private void Pack(float[] vectors, int block)
    {
        var from = block * ItemOrder.BlockItems;
        var until = from + Order.Count(block);
        var largest = 0.0;
        for (var place = from; place < until; place++) largest = Math.Max(largest, LargestOf(Vector(vectors, place)));
        var scale = ScaleOf(largest);
        var worst = ScaledVector.Of(scale, 0, 0);
        Span<sbyte> bytes = stackalloc sbyte[Dimensions];
        for (var place = from; place < until; place++)
        {
            worst = worst.Or(BytePanels.Round(Vector(vectors, place), scale, bytes, out _));
            _panels.Set(place, bytes);
        }
        Bounds[block] = worst.AsBlock(Sums);
    }

    private static double LargestOf(ReadOnlySpan<float> vector) => MathF.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(vector));

    private static double ScaleOf(double largest) => largest == 0 ? 1 : largest / Largest;

    private sealed class QuadUsers(QuadScan items, int count) : UserScan(items, count)
    {
        // (groups, D / 4, 8)
        private readonly int[] _packed = new int[Padded(count) * items._panels.Inner];
        private readonly int[] _starts = new int[Padded(count)];
        private readonly uint[] _marks = new uint[Rows * 2 * Words];
        private readonly int[] _products = new int[Rows * ItemOrder.BlockItems];

        private int Inner => items._panels.Inner;

        protected override ScaledVector Pack(int row, ReadOnlySpan<float> vector)
        {
            Span<sbyte> bytes = stackalloc sbyte[Lane * Inner];
            bytes.Clear();
            var size = BytePanels.Round(vector, ScaleOf(LargestOf(vector)), bytes[..vector.Length], out _);
            var sum = 0;
            foreach (var value in bytes) sum += value;
            _starts[row] = -BytePanels.Offset * sum;
            var quads = MemoryMarshal.Cast<sbyte, int>(bytes);
            for (var k = 0; k < quads.Length; k++) _packed[(row / Rows * Inner + k) * Rows + row % Rows] = quads[k];
            return size;
        }

        public override void Scan(int from, int until, int block, ReadOnlySpan<Hits> hits)
        {
            for (var group = from; group < until; group++) Scan(group, block, hits[group]);
        }

        private void Scan(int group, int block, Hits hits)
        {
            if (!Limits(group, block, out var exact, out var scores)) return;
            var limits = stackalloc int[Rows];
            // The next whole number, but for what rounding may have added.
            var whole = Vector512.Ceiling(exact - Vector512.Create(1e-6));
            var longs = Vector512.ConvertToInt64(Vector512.Min(Vector512.Max(whole, Vector512.Create((double)int.MinValue)), Vector512.Create((double)int.MaxValue)));
            Vector256.Narrow(longs.GetLower(), longs.GetUpper()).Store(limits);

            var (first, count) = (block * ItemOrder.BlockItems, items.Places[block]);
            fixed (int* users = &_packed[group * Rows * Inner], starts = &_starts[group * Rows], products = _products)
            fixed (byte* panels = &items._panels[first])
            fixed (uint* marks = _marks)
                QuadTile512.Mark(users, panels, Inner, starts, limits, marks, products, count / QuadTile512.Columns);
            Add<int>(hits, block, MemoryMarshal.Cast<uint, ulong>(_marks.AsSpan()), _products, scores);
        }
    }
}
