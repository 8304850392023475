using TorchSharp;
using static TorchSharp.torch;
#if BATCHREC_TORCH
using BatchRec.Torch.Accelerated;
#endif

namespace BatchRec.Train.Losses;

/// <summary>
/// Softmax cross-entropy over the whole catalogue without ever holding the scores of all positions against all items: n × V of them are
/// 350 MB for a batch of ML-1M, whose forward and backward passes cost more than the encoder.
/// </summary>
internal static class ChunkedCrossEntropy
{
    /// <summary>Rows of a chunk of the plain version.</summary>
    private const int Rows = 1024;

    /// <summary>Adds the gradient of the mean loss to every parameter that <paramref name="users"/> and <paramref name="items"/> were computed from.</summary>
    /// <param name="users">(n, D) what each position is matched with; only positions that have a target</param>
    /// <param name="items">(V, D) item vectors: the table itself, or something computed from it</param>
    /// <param name="targets">(n) row of the next item, Int32 or Int64</param>
    /// <param name="bf16">Round to bf16 what is multiplied; sums, logits and the loss stay Float32.</param>
    /// <returns>mean of -log softmax(user · itemsᵀ) at the target (nats). Where it isn't finite, no gradient has changed.</returns>
    public static double Backward(Tensor users, Tensor items, Tensor targets, bool bf16 = false)
    {
        using var scope = NewDisposeScope();
        var (loss, userGradient, itemGradient) = Gradients(users, items, targets, bf16);
        if (!double.IsFinite(loss)) return loss;
        if (items.requires_grad) autograd.backward(items, itemGradient);
        if (users.requires_grad) autograd.backward(users, userGradient);
        return loss;
    }

    /// <returns>mean loss, and its gradients: (n, D) and (V, D)</returns>
    private static (double Loss, Tensor Users, Tensor Items) Gradients(Tensor users, Tensor items, Tensor targets, bool bf16)
    {
#if BATCHREC_TORCH
        if (users.device_type == DeviceType.CPU && users.dtype == ScalarType.Float32) return CrossEntropyHead.Gradients(users, items, targets, bf16);
#endif
        return PlainGradients(users, items, targets, bf16);
    }

    /// <summary>The same by plain operators: for any device, for the TorchSharp package, and as the reference in tests.</summary>
    internal static (double Loss, Tensor Users, Tensor Items) PlainGradients(Tensor users, Tensor items, Tensor targets, bool bf16 = false)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var n = users.shape[0];
        var rows = targets.to(ScalarType.Int64).unsqueeze(1);                           // (n, 1)
        if (bf16) (users, items) = (Rounding.ToBf16(users), Rounding.ToBf16(items));
        var across = items.t();                                                         // (D, V)
        var (userGradient, itemGradient) = (empty_like(users), zeros_like(items));
        var loss = zeros(1, users.dtype, users.device);
        for (var start = 0L; start < n; start += Rows)
        {
            using var chunk = NewDisposeScope();
            var count = Math.Min(Rows, n - start);
            var (h, goals) = (users.narrow(0, start, count), rows.narrow(0, start, count));
            var z = h.mm(across);                                                       // (count, V)
            var norm = z.logsumexp(1, true);                                            // (count, 1)
            loss.add_((norm - z.gather(1, goals)).sum());
            var gradient = (z - norm).exp().scatter_add(1, goals, -ones_like(norm)) / (double)n;    // (count, V)
            if (bf16) gradient = Rounding.ToBf16(gradient);
            userGradient.narrow(0, start, count).copy_(gradient.mm(items));
            itemGradient.add_(gradient.t().mm(h));
        }
        return (loss.to(ScalarType.Float64).item<double>() / n, userGradient.MoveToOuterDisposeScope(), itemGradient.MoveToOuterDisposeScope());
    }
}
