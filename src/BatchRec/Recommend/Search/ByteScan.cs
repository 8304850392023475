using System.Runtime.InteropServices;
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

    private const int Offset = 128, LargestItem = 127, LargestUser = 64;
    private const double ItemNorm = 181;

    // (places / 64, D / 2, 64, 2)
    private readonly byte[] _panels;
    private readonly double _longest;

    public ByteScan(float[] vectors, int dimensions, ItemOrder order) : base(order, dimensions, SumErrors.OfIntegers(dimensions))
    {
        _panels = new byte[order.Items.Length * 2 * Pairs];
        _panels.AsSpan().Fill(Offset);
        var longest = new long[order.BlockCount];
        Parallel.For(0, order.BlockCount, block => longest[block] = Pack(vectors, block));
        _longest = Math.Sqrt(longest.DefaultIfEmpty().Max());
    }

    public static bool IsSupported => Avx512BW.IsSupported;

    private int Pairs => (Dimensions + 1) / 2;

    public override UserScan Users(int count) => new ByteUsers(this, count);

    /// <returns>the largest ‖î‖² of the block</returns>
    private long Pack(float[] vectors, int block)
    {
        var (from, until) = (Order.BlockStarts[block], Order.BlockStarts[block + 1]);
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
            worst = worst.Or(Round(Vector(vectors, place), scale, bytes, out var squares));
            longest = Math.Max(longest, squares);
            var panel = _panels.AsSpan(place / ItemOrder.PanelItems * ItemOrder.PanelItems * 2 * Pairs);
            for (var k = 0; k < bytes.Length; k++)
                panel[(k / 2 * ItemOrder.PanelItems + place % ItemOrder.PanelItems) * 2 + k % 2] = (byte)(bytes[k] + Offset);
        }
        Blocks[block] = worst;
        return longest;
    }

    private ReadOnlySpan<float> Vector(float[] vectors, int place) => vectors.AsSpan(Order.Items[place] * Dimensions, Dimensions);

    private static ScaledVector Round(ReadOnlySpan<float> vector, double scale, Span<sbyte> bytes, out long squares)
    {
        var (inverse, errors) = (1 / scale, 0.0);
        squares = 0;
        for (var k = 0; k < vector.Length; k++)
        {
            var exact = vector[k] * inverse;
            var rounded = Math.Round(exact);
            bytes[k] = (sbyte)rounded;
            squares += (long)rounded * (long)rounded;
            errors += (exact - rounded) * (exact - rounded);
        }
        return ScaledVector.Of(scale, squares, errors);
    }

    private sealed class ByteUsers(ByteScan scan, int count) : UserScan
    {
        // (groups, D / 2, 8)
        private readonly int[] _packed = new int[(count + Rows - 1) / Rows * Rows * scan.Pairs];
        private readonly ScaledVector[] _sizes = new ScaledVector[(count + Rows - 1) / Rows * Rows];
        private readonly short[] _starts = new short[(count + Rows - 1) / Rows * Rows];

        private readonly ulong[] _marks = new ulong[Rows * Words];
        private readonly short[] _products = new short[Rows * ItemOrder.BlockItems];

        public override double[] Thresholds { get; } = new double[(count + Rows - 1) / Rows * Rows];

        public override void Set(int row, ReadOnlySpan<float> vector)
        {
            var (largest, norm) = (0.0, 0.0);
            foreach (var value in vector)
            {
                largest = Math.Max(largest, Math.Abs(value));
                norm += (double)value * value;
            }
            norm = Math.Sqrt(norm);
            var scale = norm == 0 ? 1 : Math.Max(largest / LargestUser, norm * scan._longest / short.MaxValue);
            Span<sbyte> bytes = stackalloc sbyte[2 * scan.Pairs];
            bytes.Clear();
            // Rounding may have made the vector longer than it was.
            while (true)
            {
                _sizes[row] = Round(vector, scale, bytes[..vector.Length], out var squares);
                if (Math.Sqrt(squares) * scan._longest <= short.MaxValue) break;
                scale *= 1.01;
            }
            var sum = 0;
            foreach (var value in bytes) sum += value;
            _starts[row] = unchecked((short)(-Offset * sum));
            var pairs = MemoryMarshal.Cast<sbyte, ushort>(bytes);
            for (var k = 0; k < pairs.Length; k++) _packed[(row / Rows * scan.Pairs + k) * Rows + row % Rows] = pairs[k] | pairs[k] << 16;
        }

        public override void Scan(int group, int block, ReadOnlySpan<Candidates> candidates)
        {
            Span<short> limits = stackalloc short[Rows];
            var any = false;
            for (var row = 0; row < Rows; row++)
            {
                var limit = _sizes[group * Rows + row].Limit(in scan.Blocks[block], Thresholds[group * Rows + row], scan.Sums);
                limits[row] = (short)Math.Clamp(Math.Ceiling(limit - 1e-6), short.MinValue, short.MaxValue);
                any |= limit < double.PositiveInfinity;
            }
            if (!any) return;

            var (from, until) = (scan.Order.BlockStarts[block], scan.Order.BlockStarts[block + 1]);
            ref var users = ref _packed[group * Rows * scan.Pairs];
            ref var start = ref _starts[group * Rows];
            for (var place = from; place < until; place += ItemOrder.PanelItems)
                ByteTile512.Mark(ref users, ref scan._panels[place * 2 * scan.Pairs], scan.Pairs, ref start, ref limits[0], ref _marks[(place - from) / ItemOrder.PanelItems],
                    ref _products[place - from]);
            for (var row = 0; row < candidates.Length; row++)
            {
                ref readonly var user = ref _sizes[group * Rows + row];
                var scale = 1 / (user.Inverse * scan.Blocks[block].Inverse);
                candidates[row].Take(from, _marks.AsSpan(row * Words, (until - from) / 64), _products.AsSpan(row * ItemOrder.BlockItems, until - from), scale,
                    scale * user.Bound(in scan.Blocks[block], scan.Sums));
            }
        }
    }
}
