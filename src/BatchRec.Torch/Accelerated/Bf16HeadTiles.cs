using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// <see cref="HeadTiles"/> with products of bf16: users, items and the gradients of the logits are rounded when they are multiplied; all sums, the logits and the loss
/// are Float32.
/// </summary>
internal static unsafe class Bf16HeadTiles
{
    /// <summary>Users of a block: each reads the items and adds to all of their gradients, whose way to memory is what such fast products wait for.</summary>
    private const int Rows = 8 * Bf16Tile.Rows;

    /// <summary>Items whose gradients are rounded, and then multiplied out, while they are in the nearest cache.</summary>
    private const int Inner = 128;

    /// <param name="users">(n, D) contiguous</param>
    /// <param name="items">(V, D) contiguous</param>
    /// <returns>sum of the rows' losses (nats), and the gradients of their weighted sum: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, RowLoss rows)
    {
        var width = users.size(1);
        if (width % Bf16Tile.Columns == 0) return OfWholeTiles(users, items, rows);
        var (loss, ofUsers, ofItems) = OfWholeTiles(Widened(users), Widened(items), rows);
        return (loss, ofUsers.narrow(1, 0, width).contiguous(), ofItems.narrow(1, 0, width).contiguous());
    }

    /// <summary>With columns of zeros, which change no product.</summary>
    private static Tensor Widened(Tensor x)
    {
        var wide = zeros(x.size(0), (x.size(1) + Bf16Tile.Columns - 1) / Bf16Tile.Columns * Bf16Tile.Columns);
        wide.narrow(1, 0, x.size(1)).copy_(x);
        return wide;
    }

    private static (double Loss, Tensor Users, Tensor Items) OfWholeTiles(Tensor users, Tensor items, RowLoss rows)
    {
        var (v, d) = ((int)items.size(0), (int)users.size(1));
        var padded = (v + Bf16Tile.Columns - 1) / Bf16Tile.Columns * Bf16Tile.Columns;
        // (padded / 32, D / 2, 32) pairs of an item's numbers, and (padded / 2, D) pairs of two items': of four bytes, as pairs of bf16 are.
        var (across, pairs) = (empty([padded / 2, d]), empty([padded / 2, d]));
        Bf16Items.Pack((float*)items.DataPointer, v, d, (uint*)across.DataPointer, (uint*)pairs.DataPointer);
        return HeadWork.Run(users, v, padded, (void*)across.DataPointer, (void*)pairs.DataPointer, rows, Rows, Scratch.Length(HeadWork.StrideOf(padded), d), &Block);
    }

    /// <summary>What a thread works on, in elements of four bytes: single numbers, or pairs of bf16.</summary>
    private readonly ref struct Scratch(float* start, int stride, int width)
    {
        /// <summary>(64, V), then their gradients</summary>
        public readonly float* Logits = start;

        /// <summary>(64, D) the users' gradients; before that the users</summary>
        public readonly float* Gradients = start + Rows * stride;

        /// <summary>(64, D / 2) pairs of a user's numbers, and (32, D) pairs of two users'</summary>
        public readonly uint* Users = (uint*)start + Rows * (stride + width), UserPairs = (uint*)start + Rows * (stride + width) + Rows / 2 * width;

        /// <summary>Gradients of 64 users' logits of 128 items: (64, 64) pairs of two items, and (32, 128) pairs of two users</summary>
        public readonly uint* Square = (uint*)start + Rows * (stride + 2 * width), SquarePairs = (uint*)start + Rows * (stride + 2 * width) + Rows / 2 * Inner;

        public static long Length(int stride, int width) => Rows * ((long)stride + 2 * width + Inner);
    }

    private static void Block(in HeadWork work, int first, float* itemGradient, float* memory)
    {
        var (d, stride) = (work.Width, work.Stride);
        var scratch = new Scratch(memory, stride, d);
        var rows = Math.Min(Rows, work.UserCount - first);
        float* logits = scratch.Logits, gradients = scratch.Gradients;
        new ReadOnlySpan<float>(work.Users + (long)first * d, rows * d).CopyTo(new Span<float>(gradients, rows * d));
        new Span<float>(gradients + rows * d, (Rows - rows) * d).Clear();
        Bf16.Narrow(gradients, (ushort*)scratch.Users, Rows * d);
        for (var row = 0; row < Rows; row += 2) Bf16.Interleave(gradients + row * d, gradients + (row + 1) * d, scratch.UserPairs + row / 2 * d, d);

        for (var item = 0; item < work.Padded; item += Bf16Tile.Columns)
            for (var row = 0; row < Rows; row += Bf16Tile.Rows)
                Bf16Tile.Multiply(scratch.Users + row * d / 2, d / 2, 1, (uint*)work.Across + (long)item * (d / 2), Bf16Tile.Columns, d / 2, null, 0, logits + row * stride + item, stride);

        for (var row = 0; row < rows; row++)
            work.Losses[first + row] = work.Rows.Apply(first + row, logits + row * stride, work.ItemCount);
        new Span<float>(logits + rows * stride, (Rows - rows) * stride).Clear();

        for (var item = 0; item < work.Padded; item += Inner)
            MultiplyOut(in work, item, Math.Min(Inner, work.Padded - item), itemGradient, in scratch);
        new ReadOnlySpan<float>(gradients, rows * d).CopyTo(new Span<float>(work.UserGradient + (long)first * d, rows * d));
    }

    /// <summary>The gradients of some items' logits, times the items and times the users.</summary>
    private static void MultiplyOut(in HeadWork work, int item, int items, float* itemGradient, in Scratch scratch)
    {
        var (d, stride) = (work.Width, work.Stride);
        var gradients = scratch.Gradients;
        for (var row = 0; row < Rows; row += 2)
        {
            var a = scratch.Logits + row * stride + item;
            var narrow = (ushort*)scratch.Square + row * Inner;
            Bf16.NarrowAndInterleave(a, a + stride, narrow, narrow + Inner, scratch.SquarePairs + row / 2 * Inner, items);
        }
        for (var column = 0; column < d; column += Bf16Tile.Columns)
            for (var row = 0; row < Rows; row += Bf16Tile.Rows)
            {
                var sum = gradients + row * d + column;
                Bf16Tile.Multiply(scratch.Square + row * Inner / 2, Inner / 2, 1, (uint*)work.Along + (long)item / 2 * d + column, d, items / 2, item > 0 ? sum : null, d, sum, d);
            }
        for (var part = 0; part < items; part += Bf16Tile.Rows)
            for (var column = 0; column < d; column += Bf16Tile.Columns)
            {
                var sum = itemGradient + (long)(item + part) * d + column;
                Bf16Tile.Multiply(scratch.SquarePairs + part, 1, Inner, scratch.UserPairs + column, d, Rows / 2, sum, d, sum, d);
            }
    }
}
