using System.Runtime.InteropServices;

namespace BatchRec.Torch.Accelerated;

/// <summary>Item vectors rounded to bf16, in the two orders that products need them in, 32 items at a time.</summary>
internal static unsafe class Bf16Items
{
    /// <param name="items">(V, D), D a multiple of 32</param>
    /// <param name="across">(padded / 32, D / 2, 32) pairs of an item's numbers; items above V are zero</param>
    /// <param name="pairs">(padded / 2, D) pairs of two items' numbers, likewise</param>
    public static void Pack(float* items, int count, int width, uint* across, uint* pairs)
    {
        var work = new Work { Items = items, Across = across, Pairs = pairs, Count = count, Width = width };
        NativeThreads.For((count + Bf16Tile.Columns - 1) / Bf16Tile.Columns, 16, &Panels, &work);
    }

    private struct Work
    {
        public float* Items;
        public uint* Across, Pairs;
        public int Count, Width;
    }

    [UnmanagedCallersOnly]
    private static void Panels(long from, long to, void* context)
    {
        ref readonly var work = ref *(Work*)context;
        var d = work.Width;
        var rows = (float*)NativeMemory.AlignedAlloc((nuint)((Bf16Tile.Columns + 1) * d) * sizeof(float), 64);     // (32, D)
        var rounded = (uint*)(rows + Bf16Tile.Columns * d);                                                         // (D / 2)
        for (var panel = from; panel < to; panel++)
        {
            var first = panel * Bf16Tile.Columns;
            var count = (int)Math.Min(Bf16Tile.Columns, work.Count - first);
            new ReadOnlySpan<float>(work.Items + first * d, count * d).CopyTo(new Span<float>(rows, count * d));
            new Span<float>(rows + count * d, (Bf16Tile.Columns - count) * d).Clear();

            var pairs = work.Pairs + first / 2 * d;
            for (var row = 0; row < Bf16Tile.Columns; row += 2) Bf16.Interleave(rows + row * d, rows + (row + 1) * d, pairs + row / 2 * d, d);

            var across = work.Across + first * (d / 2);
            for (var row = 0; row < Bf16Tile.Columns; row++)
            {
                Bf16.Narrow(rows + row * d, (ushort*)rounded, d);
                for (var k = 0; k < d / 2; k++) across[k * Bf16Tile.Columns + row] = rounded[k];
            }
        }
        NativeMemory.AlignedFree(rows);
    }
}
