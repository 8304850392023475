using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Full softmax cross-entropy over a catalogue on the CPU, a chunk of rows at a time: never more than one chunk's logits exist, and no graph is recorded.
/// </summary>
internal static unsafe class CrossEntropyHead
{
    /// <summary>Rows of a chunk: as many as make its products efficient, as long as its logits stay below 128 MB.</summary>
    private const int MostRows = 1024;
    private const long MostLogits = 32L << 20;

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
        var (n, v, d) = (users.size(0), items.size(0), users.size(1));
        var userGradient = empty([n, d]);
        var itemGradient = zeros([d, v]);                                               // transposed
        var itemsAcross = items.t();                                                    // (D, V)
        var goals = Targets(targets, v);
        var step = (int)Math.Clamp(MostLogits / v, 64, MostRows);
        var loss = 0.0;
        for (var start = 0; start < n; start += step)
        {
            using var chunk = NewDisposeScope();
            var rows = Math.Min(step, n - start);
            var h = users.narrow(0, start, rows);                                       // (rows, D)
            var z = OneDnn.Linear(h, items);                                            // (rows, V)
            loss += CrossEntropyRows.LossToGradient((float*)z.DataPointer, rows, v, goals.AsSpan(start, (int)rows), 1f / n);
            userGradient.narrow(0, start, rows).copy_(OneDnn.Linear(z, itemsAcross));   // (rows, V) × (V, D)
            itemGradient.add_(OneDnn.Linear(h.t().contiguous(), z.t()));                // (D, rows) × (rows, V)
        }
        return (loss / n, userGradient.MoveToOuterDisposeScope(), itemGradient.t().contiguous().MoveToOuterDisposeScope());
    }

    private static int[] Targets(Tensor targets, long items)
    {
        var rows = targets.to_type(ScalarType.Int32).data<int>().ToArray();
        foreach (var row in rows)
            if ((uint)row >= items) throw new ArgumentOutOfRangeException(nameof(targets), $"A target is {row}; there are {items} items.");
        return rows;
    }
}
