using static TorchSharp.torch;

namespace BatchRec.Train.Encoders;

/// <summary>What the layers of the passes attend to, noted while it is on: by the graph, which writes the weights down that fused kernels never do.</summary>
internal sealed class AttentionRecord
{
    private List<Tensor>? _layers;

    public bool IsOn => _layers is not null;

    /// <summary>Forgets what was noted, and notes the layers of the next pass.</summary>
    public void Start() => _layers = [];

    public void Stop() => _layers = null;

    /// <summary>A layer's weights; they needn't sum to 1.</summary>
    /// <param name="weights">(B, H, L, L), or with 1 for H; 0 where a position doesn't look</param>
    public void Note(Tensor weights) => _layers?.Add(weights.detach().DetachFromDisposeScope());

    /// <summary>
    /// How the last event of the only history noted attends to its events: of one layer the mean of the heads; of several, attention rollout, the product of
    /// ½ (Ā + I) over the layers, where the I stands for the residual branch. Abnar, Zuidema, Quantifying Attention Flow in Transformers (2020), eq. 1.
    /// </summary>
    /// <param name="length">events of the history, at most L</param>
    /// <returns>(length), 0 or more, sum 1</returns>
    /// <exception cref="InvalidOperationException">No pass was noted.</exception>
    public float[] OfLast(int length)
    {
        if (_layers is not { Count: > 0 } layers) throw new InvalidOperationException("No pass was noted.");
        using var scope = NewDisposeScope();
        var last = new float[layers[0].shape[^1]];
        last[length - 1] = 1;
        var row = tensor(last, [1, last.Length], device: layers[0].device);                // (1, L)
        foreach (var layer in Enumerable.Reverse(layers))
        {
            var mean = layer.select(0, 0).mean([0]);                                       // (L, L)
            var attended = row.matmul(mean / mean.sum(-1, keepdim: true).clamp(min: 1e-12));
            row = layers.Count == 1 ? attended : (attended + row) * 0.5;
        }
        foreach (var layer in layers) layer.Dispose();
        layers.Clear();
        return row.cpu().data<float>().ToArray()[..length];
    }
}
