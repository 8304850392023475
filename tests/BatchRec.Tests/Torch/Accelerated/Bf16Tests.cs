using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BatchRec.Torch.Accelerated;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public sealed unsafe class Bf16Tests
{
    internal const string Missing = "This processor has no AVX512_BF16.";

    // Halfway between two numbers of bf16, just off that, the largest, the smallest, and what isn't finite.
    private static readonly uint[] Hard =
    [
        0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0xbf808000, 0xbf818000, 0x7f7f0000, 0x7f7f7fff, 0x7f7f8000, 0x7f7fffff, 0x00000001, 0x00008000, 0x00018000, 0x007fffff,
        0x00800000, 0x80000000, 0x00000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0x7fffffff, 0xffffffff,
    ];

    [SkippableFact]
    public void Rounding_is_libtorchs()
    {
        Skip.IfNot(Vector512.IsHardwareAccelerated, "This processor has no 512-bit vectors.");
        using var scope = NewDisposeScope();
        var random = new Random(1);
        var values = MemoryMarshal.Cast<uint, float>([.. Hard, .. Enumerable.Range(0, 4096 - Hard.Length).Select(_ => (uint)random.NextInt64(1L << 32))]).ToArray();
        var expected = tensor(values).to(ScalarType.BFloat16).to(ScalarType.Float32).data<float>().ToArray();
        var (narrow, left, right, pairs) = (new ushort[4096], new ushort[2048], new ushort[2048], new uint[2048]);
        fixed (float* x = values)
        fixed (ushort* to = narrow, a = left, b = right)
        fixed (uint* both = pairs)
        {
            Bf16.Narrow(x, to, values.Length);
            Bf16.NarrowAndInterleave(x, x + 2048, a, b, both, 2048);
            for (var i = 0; i < 2048; i++) Assert.Equal((uint)right[i] << 16 | left[i], both[i]);
            Bf16.Interleave(x, x + 2048, both, 2048);
            for (var i = 0; i < 2048; i++) Assert.Equal((uint)right[i] << 16 | left[i], both[i]);
        }
        Assert.Equal<ushort>(narrow, left.Concat(right));
        for (var i = 0; i < values.Length; i++)
        {
            var rounded = BitConverter.UInt32BitsToSingle((uint)narrow[i] << 16);
            Assert.True(rounded.Equals(expected[i]), $"{values[i]:R} becomes {rounded:R}, libtorch's is {expected[i]:R}.");
        }
    }

    [SkippableFact]
    public void Rounding_is_unbiased()
    {
        Skip.IfNot(Vector512.IsHardwareAccelerated, "This processor has no 512-bit vectors.");
        const int count = 1 << 20;
        var random = new Random(2);
        // Between 1 and 2 the numbers of bf16 are 1/128 apart: errors in those steps are even between -1/2 and 1/2.
        var values = Enumerable.Range(0, count).Select(_ => 1 + random.NextSingle()).ToArray();
        var narrow = new ushort[count];
        fixed (float* x = values)
        fixed (ushort* to = narrow) Bf16.Narrow(x, to, count);
        var (sum, largest) = (0.0, 0.0);
        for (var i = 0; i < count; i++)
        {
            var error = (BitConverter.UInt32BitsToSingle((uint)narrow[i] << 16) - values[i]) * 128.0;
            sum += error;
            largest = Math.Max(largest, Math.Abs(error));
        }
        Assert.InRange(largest, 0.49, 0.5);
        Assert.InRange(sum / count, -4 / Math.Sqrt(12.0 * count), 4 / Math.Sqrt(12.0 * count));
    }

    [SkippableTheory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(33, false)]
    [InlineData(32, true)]
    public void A_tile_is_the_product_of_its_pairs(int inner, bool added)
    {
        Skip.IfNot(Bf16.IsSupported, Missing);
        const int aRow = 41, bInner = 48, startRow = 35, cRow = 37;
        var random = new Random(inner);
        var (a, b) = (Pairs(8 * aRow), Pairs(inner * bInner));
        var (start, c) = (new float[8 * startRow], new float[8 * cRow]);
        for (var i = 0; i < start.Length; i++) start[i] = random.NextSingle() - 0.5f;
        Array.Fill(c, 7);
        fixed (uint* left = a, right = b)
        fixed (float* from = start, to = c)
            Bf16Tile.Multiply(left, aRow, 1, right, bInner, inner, added ? from : null, startRow, to, cRow);
        for (var row = 0; row < 8; row++)
            for (var column = 0; column < cRow; column++)
            {
                var expected = added ? start[row * startRow + Math.Min(column, 31)] : 0.0;
                for (var k = 0; k < inner; k++) expected += Dot(a[row * aRow + k], b[k * bInner + Math.Min(column, 31)]);
                if (column < 32) Assert.Equal(expected, c[row * cRow + column], 1e-5);
                else Assert.Equal(7, c[row * cRow + column]);
            }

        uint[] Pairs(int count) => [.. Enumerable.Range(0, count).Select(_ => Half() << 16 | Half())];
        uint Half() => BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) >> 16;
        static double Dot(uint x, uint y) => Upper(x) * (double)Upper(y) + Upper(x << 16) * (double)Upper(y << 16);
        static float Upper(uint x) => BitConverter.UInt32BitsToSingle(x & 0xffff0000);
    }

    [SkippableFact]
    public void A_tile_may_take_its_rows_from_columns()
    {
        Skip.IfNot(Bf16.IsSupported, Missing);
        var (a, b, c) = (new uint[3 * 8], new uint[3 * 32], new float[8 * 32]);
        for (var k = 0; k < 3; k++)
            for (var row = 0; row < 8; row++) a[k * 8 + row] = Of(row + 1) << 16 | Of(k);
        for (var i = 0; i < b.Length; i++) b[i] = Of(i % 32) << 16 | Of(1);
        fixed (uint* left = a, right = b)
        fixed (float* to = c)
            Bf16Tile.Multiply(left, 1, 8, right, 32, 3, null, 0, to, 32);
        // Σ over k of k × 1 + (row + 1) × column
        for (var row = 0; row < 8; row++)
            for (var column = 0; column < 32; column++) Assert.Equal(3 + 3 * (row + 1) * column, c[row * 32 + column]);

        static uint Of(int x) => BitConverter.SingleToUInt32Bits(x) >> 16;
    }
}
