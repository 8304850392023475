using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>Full softmax cross-entropy over a catalogue on the CPU.</summary>
internal static unsafe class CrossEntropyHead
{
    /// <param name="users">(n, D) Float32 on the CPU</param>
    /// <param name="items">(V, D) Float32 on the CPU</param>
    /// <param name="targets">(n) row of <paramref name="items"/> that each user vector should score highest, Int32 or Int64</param>
    /// <param name="bf16">Multiply in bf16.</param>
    /// <returns>mean loss (nats), and its gradients: (n, D) and (V, D)</returns>
    public static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, Tensor targets, bool bf16 = false)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var n = users.size(0);
        fixed (int* goals = Targets(targets, items.size(0)))
        {
            var rows = new RowLoss { Targets = goals, Weight = 1f / n };
            var (loss, userGradient, itemGradient) = Head.Gradients(users.detach().contiguous(), items.detach().contiguous(), rows, bf16);
            return (loss / n, userGradient.MoveToOuterDisposeScope(), itemGradient.MoveToOuterDisposeScope());
        }
    }

    private static int[] Targets(Tensor targets, long items)
    {
        var rows = targets.to_type(ScalarType.Int32).data<int>().ToArray();
        foreach (var row in rows)
            if ((uint)row >= items) throw new ArgumentOutOfRangeException(nameof(targets), $"A target is {row}; there are {items} items.");
        return rows;
    }
}
