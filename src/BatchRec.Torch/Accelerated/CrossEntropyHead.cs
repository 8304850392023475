using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Full softmax cross-entropy over a catalogue on the CPU, a chunk of rows at a time: never more than one chunk's logits exist, and no graph is recorded.
/// </summary>
internal static unsafe class CrossEntropyHead
{
    /// <summary>Logits that are made at once: 4 MB, so that they are still in the cache when they become gradients.</summary>
    private const long Logits = 1 << 20;

    /// <summary>Parts of a chunk: as many rows' gradients are collected for the product over rows, which wants to be long.</summary>
    private const int Parts = 4;

    private const int FewestRows = 64, MostRows = 1024;

    /// <param name="users">(n, D) Float32 on the CPU</param>
    /// <param name="items">(V, D) Float32 on the CPU</param>
    /// <param name="targets">(n) row of <paramref name="items"/> that each user vector should score highest, Int32 or Int64</param>
    /// <param name="rounded">
    /// Round the factors of the gradients' products to BFloat16, twice as fast where the CPU multiplies it. Scores and loss stay Float32.
    /// </param>
    /// <returns>mean loss (nats), and its gradients: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, Tensor targets, bool rounded = false)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        users = users.detach().contiguous();
        items = items.detach().contiguous();
        var (n, v, d) = (users.size(0), items.size(0), users.size(1));
        var userGradient = empty([n, d]);
        var itemGradient = zeros([d, v]);                                               // transposed
        var goals = Targets(targets, v);
        var type = rounded ? ScalarType.BFloat16 : ScalarType.Float32;
        var part = (int)Math.Clamp(Logits / v, FewestRows, MostRows);
        var step = Math.Min(Parts * part, n);
        var across = items.to(type).t();                                                // (D, V)
        var gradient = empty([step, v], type);
        var loss = 0.0;
        for (var start = 0L; start < n; start += step)
        {
            using var chunk = NewDisposeScope();
            var rows = Math.Min(step, n - start);
            for (var from = start; from < start + rows; from += part)
            {
                using var inner = NewDisposeScope();
                var count = Math.Min(part, start + rows - from);
                var z = OneDnn.Linear(users.narrow(0, from, count), items);             // (count, V)
                var g = gradient.narrow(0, from - start, count);
                loss += CrossEntropyRows.LossToGradient((float*)z.DataPointer, count, v, goals.AsSpan((int)from, (int)count), 1f / n, g.DataPointer, rounded);
                userGradient.narrow(0, from, count).copy_(OneDnn.Linear(g, across));    // (count, V) × (V, D)
            }
            var h = users.narrow(0, start, rows).t().to(type).contiguous();             // (D, rows)
            itemGradient.add_(OneDnn.Linear(h, gradient.narrow(0, 0, rows).t()));       // (D, rows) × (rows, V)
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
