using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Train.Encoders;

/// <summary>
/// Which earlier events a position may look at, and how scores become weights: all of them (global) or the last few (local); the softmax over all (soft) or over
/// the best few alone (hard). Global and soft is the flash kernel's.
/// </summary>
/// <param name="window">events, the position's own included; 0: all</param>
/// <param name="top">events with a weight above 0; 0: all</param>
/// <param name="record">where the weights are noted while it is on</param>
internal sealed class CausalAttention(int window, int top, AttentionRecord record)
{
    public static CausalAttention Of(TrainOptions options, AttentionRecord record) => new(options.Window, options.TopKeys, record);

    /// <summary>softmax(QKᵀ / √d) V over the events that count.</summary>
    /// <param name="q">(B, H, L, d)</param>
    /// <param name="k">(B, H, L, d)</param>
    /// <param name="v">(B, H, L, d)</param>
    /// <returns>(B, H, L, d)</returns>
    public Tensor Mix(Tensor q, Tensor k, Tensor v)
    {
        if (record.IsOn) record.Note(Weights(q, k));
        if (window == 0 && top == 0) return functional.scaled_dot_product_attention(q, k, v, is_casual: true);
        return top == 0 ? functional.scaled_dot_product_attention(q, k, v, Visible(q.shape[2], window, q.device)) : Weights(q, k).matmul(v);
    }

    /// <returns>(B, H, L, L) rows sum to 1</returns>
    private Tensor Weights(Tensor q, Tensor k)
    {
        var length = q.shape[2];
        var hidden = Visible(length, window, q.device).logical_not();                // (L, L)
        var scores = (q.matmul(k.transpose(-2, -1)) / Math.Sqrt(q.shape[3])).masked_fill(hidden, Never);   // (B, H, L, L)
        if (top > 0 && top < length)
        {
            using var withoutGradients = no_grad();
            var least = scores.topk(top).values.narrow(-1, top - 1, 1);             // (B, H, L, 1)
            hidden = scores.lt(least);
        }
        return scores.masked_fill(hidden, Never).softmax(-1);
    }

    /// <returns>(L, L) bool, true where the row's position may look at the column's</returns>
    public static Tensor Visible(long length, int window, Device device)
    {
        var visible = new bool[length * length];
        for (var row = 0; row < length; row++)
            for (var column = window == 0 ? 0 : Math.Max(0, row - window + 1); column <= row; column++) visible[row * length + column] = true;
        return tensor(visible, device: device).view(length, length);
    }

    // Not -∞, whose gradient is NaN where a whole row has it.
    private const float Never = -1e9f;
}
