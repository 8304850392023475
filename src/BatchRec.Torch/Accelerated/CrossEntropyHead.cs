using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Full softmax cross-entropy over a catalogue on the CPU, some rows at a time: never more than their logits exist, and no graph is recorded.
/// </summary>
internal static unsafe class CrossEntropyHead
{
    /// <summary>Logits that exist at once: 4 MB, so that they are still in the cache when they become gradients.</summary>
    private const long Logits = 1 << 20;

    private const int FewestRows = 64, MostRows = 1024;

    /// <param name="users">(n, D) Float32 on the CPU</param>
    /// <param name="items">(V, D) Float32 on the CPU</param>
    /// <param name="targets">(n) row of <paramref name="items"/> that each user vector should score highest, Int32 or Int64</param>
    /// <returns>mean loss (nats), and its gradients: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, Tensor targets)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        users = users.detach().contiguous();
        items = items.detach().contiguous();
        var goals = Targets(targets, items.size(0));
        var (loss, userGradient, itemGradient) = Vector512.IsHardwareAccelerated && users.size(1) % Tile.Columns == 0
            ? CrossEntropyTiles.Gradients(users, items, goals)
            : ByOneDnn(users, items, goals);
        return (loss, userGradient.MoveToOuterDisposeScope(), itemGradient.MoveToOuterDisposeScope());
    }

    /// <summary>For CPUs without 512-bit vectors, and for widths that our own tiles don't fit.</summary>
    internal static (double Loss, Tensor Users, Tensor Items) ByOneDnn(Tensor users, Tensor items, int[] goals)
    {
        var (n, v, d) = (users.size(0), items.size(0), users.size(1));
        var userGradient = empty([n, d]);
        var itemGradient = zeros([d, v]);                                               // transposed
        var across = items.t();                                                         // (D, V)
        var step = Math.Clamp(Logits / v, FewestRows, MostRows);
        var loss = 0.0;
        for (var start = 0L; start < n; start += step)
        {
            using var chunk = NewDisposeScope();
            var rows = Math.Min(step, n - start);
            var h = users.narrow(0, start, rows);                                       // (rows, D)
            var z = OneDnn.Linear(h, items);                                            // (rows, V)
            loss += CrossEntropyRows.LossToGradient((float*)z.DataPointer, rows, v, goals.AsSpan((int)start, (int)rows), 1f / n);
            userGradient.narrow(0, start, rows).copy_(OneDnn.Linear(z, across));        // (rows, V) × (V, D)
            itemGradient.add_(OneDnn.Linear(h.t().contiguous(), z.t()));                // (D, rows) × (rows, V)
        }
        return (loss / n, userGradient, itemGradient.t().contiguous());
    }

    private static int[] Targets(Tensor targets, long items)
    {
        var rows = targets.to_type(ScalarType.Int32).data<int>().ToArray();
        foreach (var row in rows)
            if ((uint)row >= items) throw new ArgumentOutOfRangeException(nameof(targets), $"A target is {row}; there are {items} items.");
        return rows;
    }
}
