using TorchSharp;
using static TorchSharp.torch;
#if BATCHREC_TORCH
using BatchRec.Torch.Accelerated;
#endif

namespace BatchRec.Train;

/// <summary>User vectors against item vectors, a bounded number at a time.</summary>
internal static class Scores
{
    /// <summary>Scores that exist at once: 64 MB.</summary>
    private const int Most = 1 << 24;

    /// <summary>Queries to score at once.</summary>
    public static int Chunk(int items) => Math.Clamp(Most / Math.Max(1, items), 1, 512);

    /// <param name="users">(queries × D)</param>
    /// <param name="items">(V, D)</param>
    /// <returns>(queries, V), on the CPU</returns>
    public static Tensor Of(ReadOnlySpan<float> users, Tensor items)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var rows = tensor(users.ToArray(), [users.Length / items.shape[1], items.shape[1]], device: items.device);
        return Product(rows, items).cpu().MoveToOuterDisposeScope();
    }

    private static Tensor Product(Tensor users, Tensor items)
    {
#if BATCHREC_TORCH
        if (users.device_type == DeviceType.CPU) return OneDnn.Linear(users, items);
#endif
        return users.mm(items.t());
    }
}
