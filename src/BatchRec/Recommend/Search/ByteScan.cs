using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Items as signed bytes, a scale a block; users as signed bytes, a scale each. Sums are exact, in 16 bits: items' norms are at most
/// <see cref="ItemNorm"/>, a user's so small that |û·î| ≤ ‖û‖‖î‖ ≤ 32,767 for every item.
/// </summary>
/// <remarks>
/// The instruction multiplies unsigned by signed bytes and saturates the sum of two products. Hence items are stored plus 128 (1 to 255), which the sums make up
/// for where they start, -128 Σ û_k modulo 2¹⁶; and users' bytes are at most 64: 2 × 255 × 64 = 32,640.
/// </remarks>
internal sealed class ByteScan : ItemScan
{
    /// <summary>Beyond these dimensions bytes have to be so small that most of what they spare is spent on rescoring.</summary>
    public const int MostDimensions = 128;

    private const int Lane = 2, LargestItem = 127, LargestUser = 64;
    private const double ItemNorm = 181;

    private readonly BytePanels _panels;
    private readonly double _longest;

    public ByteScan(float[] vectors, int dimensions, ItemOrder order) : base(order, dimensions, SumErrors.OfIntegers(dimensions))
    {
        _panels = new BytePanels(order.Items.Length, dimensions, ItemOrder.PanelItems, Lane);
        var longest = new long[order.BlockCount];
        Parallel.For(0, order.BlockCount, block => longest[block] = Pack(vectors, block));
        _longest = Math.Sqrt(longest.DefaultIfEmpty().Max());
    }

    public static bool IsSupported => Avx512BW.IsSupported;

    public override UserScan Users(int count) => new ByteUsers(this, count);

    /// <returns>the largest ‖î‖² of the block</returns>
    private long Pack(float[] vectors, int block)
    {
        var from = block * ItemOrder.BlockItems;
        var until = from + Places[block];
        var (largest, norm) = (0.0, 0.0);
        for (var place = from; place < until; place++)
        {
            if (Order.Items[place] < 0) continue;
            var squares = 0.0;
            foreach (var value in Vector(vectors, place))
            {
                largest = Math.Max(largest, Math.Abs(value));
                squares += (double)value * value;
            }
            norm = Math.Max(norm, Math.Sqrt(squares));
        }
        var scale = norm == 0 ? 1 : Math.Max(largest / LargestItem, norm / ItemNorm);
        var (worst, longest) = (ScaledVector.Of(scale, 0, 0), 0L);
        Span<sbyte> bytes = stackalloc sbyte[Dimensions];
        for (var place = from; place < until; place++)
        {
            if (Order.Items[place] < 0) continue;
            worst = worst.Or(BytePanels.Round(Vector(vectors, place), scale, bytes, out var squares));
            longest = Math.Max(longest, squares);
            _panels.Set(place, bytes);
        }
        Bounds[block] = worst.AsBlock(Sums);
        return longest;
    }

    private sealed class ByteUsers(ByteScan items, int count) : UserScan(items, count)
    {
        // (groups, D / 2, 8)
        private readonly int[] _packed = new int[Padded(count) * items._panels.Inner];
        private readonly short[] _starts = new short[Padded(count)];
        private readonly ulong[] _marks = new ulong[Rows * Words];
        private readonly short[] _products = new short[Rows * ItemOrder.BlockItems];

        private int Inner => items._panels.Inner;

        protected override ScaledVector Pack(int row, ReadOnlySpan<float> vector)
        {
            var (largest, norm) = (0.0, 0.0);
            foreach (var value in vector)
            {
                largest = Math.Max(largest, Math.Abs(value));
                norm += (double)value * value;
            }
            norm = Math.Sqrt(norm);
            var scale = norm == 0 ? 1 : Math.Max(largest / LargestUser, norm * items._longest / short.MaxValue);
            Span<sbyte> bytes = stackalloc sbyte[Lane * Inner];
            bytes.Clear();
            var size = BytePanels.Round(vector, scale, bytes[..vector.Length], out var squares);
            // Rounding may have made the vector longer than it was.
            while (Math.Sqrt(squares) * items._longest > short.MaxValue) size = BytePanels.Round(vector, scale *= 1.01, bytes[..vector.Length], out squares);
            var sum = 0;
            foreach (var value in bytes) sum += value;
            _starts[row] = unchecked((short)(-BytePanels.Offset * sum));
            var pairs = MemoryMarshal.Cast<sbyte, ushort>(bytes);
            for (var k = 0; k < pairs.Length; k++) _packed[(row / Rows * Inner + k) * Rows + row % Rows] = pairs[k] | pairs[k] << 16;
            return size;
        }

        public override void Scan(int from, int until, int block, ReadOnlySpan<Hits> hits)
        {
            for (var group = from; group < until; group++) Scan(group, block, hits[group]);
        }

        private void Scan(int group, int block, Hits hits)
        {
            if (!Limits(group, block, out var exact, out var scores)) return;
            Span<short> limits = stackalloc short[Rows];
            // The next whole number, but for what rounding may have added.
            var whole = Vector512.Ceiling(exact - Vector512.Create(1e-6));
            whole = Vector512.Min(Vector512.Max(whole, Vector512.Create((double)short.MinValue)), Vector512.Create((double)short.MaxValue));
            var longs = Vector512.ConvertToInt64(whole);
            var ints = Vector256.Narrow(longs.GetLower(), longs.GetUpper());
            Vector128.Narrow(ints.GetLower(), ints.GetUpper()).CopyTo(limits);

            var (first, count) = (block * ItemOrder.BlockItems, items.Places[block]);
            for (var at = 0; at < count; at += ItemOrder.PanelItems)
                ByteTile512.Mark(ref _packed[group * Rows * Inner], ref items._panels[first + at], Inner, ref _starts[group * Rows], ref limits[0],
                    ref _marks[at / ItemOrder.PanelItems], ref _products[at]);
            Add<short>(hits, block, _marks, _products, scores);
        }
    }
}
