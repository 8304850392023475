using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// A loss over the products of user and item vectors, and its gradients, on the CPU, some rows at a time: never more than their logits exist, and no graph
/// is recorded.
/// </summary>
internal static class Head
{
    /// <summary>Logits that exist at once: 4 MB, so that they are still in the cache when they become gradients.</summary>
    private const long Logits = 1 << 20;

    private const int FewestRows = 64, MostRows = 1024;

    /// <param name="users">(n, D) Float32 on the CPU, contiguous</param>
    /// <param name="items">(V, D) Float32 on the CPU, contiguous</param>
    /// <param name="bf16">Round what is multiplied, which is faster; where <see cref="Bf16Tile.IsSupported"/>.</param>
    /// <returns>sum of the rows' losses (nats), and the gradients of their weighted sum: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, RowLoss rows, bool bf16) =>
        bf16 ? Bf16HeadTiles.Gradients(users, items, rows)
        : Vector512.IsHardwareAccelerated && users.size(1) % Tile.Columns == 0 ? HeadTiles.Gradients(users, items, rows)
        : ByOneDnn(users, items, rows);

    /// <summary>For CPUs without 512-bit vectors, and for widths that our own tiles don't fit.</summary>
    internal static unsafe (double Loss, Tensor Users, Tensor Items) ByOneDnn(Tensor users, Tensor items, RowLoss loss)
    {
        var (n, v, d) = (users.size(0), items.size(0), users.size(1));
        var userGradient = empty([n, d]);
        var itemGradient = zeros([d, v]);                                               // transposed
        var across = items.t();                                                         // (D, V)
        var step = Math.Clamp(Logits / v, FewestRows, MostRows);
        var sum = 0.0;
        for (var start = 0L; start < n; start += step)
        {
            using var chunk = NewDisposeScope();
            var rows = Math.Min(step, n - start);
            var h = users.narrow(0, start, rows);                                       // (rows, D)
            var z = OneDnn.Linear(h, items);                                            // (rows, V)
            sum += RowLoss.Apply(loss, start, (float*)z.DataPointer, rows, v);
            userGradient.narrow(0, start, rows).copy_(OneDnn.Linear(z, across));        // (rows, V) × (V, D)
            itemGradient.add_(OneDnn.Linear(h.t().contiguous(), z.t()));                // (D, rows) × (rows, V)
        }
        return (sum, userGradient, itemGradient.t().contiguous());
    }
}
