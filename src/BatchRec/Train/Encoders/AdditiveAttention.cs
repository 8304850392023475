using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Train.Encoders;

/// <summary>
/// Additive attention pooling: each event weighs by a_i = vᵀ tanh(W x_i + b), and a history is the softmax-weighted mean of its events. Bahdanau et al. (2015), eq. 6;
/// as pooling, Yang et al., Hierarchical Attention Networks (2016), eq. 5-7. Cheap, and the weights tell which events made a list.
/// </summary>
/// <remarks>
/// A history is pooled after each of its events, in one pass over sums. A weight knows the age of its event through a learned rate: softmax(a_i - rate × age) needs
/// no other sums, since e^(-rate × t) cancels.
/// </remarks>
internal sealed class AdditiveAttention : SequenceModel
{
    // Exponentials of weights and of ages, multiplied, stay within single precision for 200 events.
    private const double MostWeight = 15, MostRate = 0.3;

    private readonly Linear inner;
    private readonly Linear weight;
    private readonly Linear output;
    private readonly LayerNorm norm;
    private readonly Parameter recency;
    private readonly int _longest;

    public AdditiveAttention(Vocabulary vocabulary, TrainOptions options) : base(nameof(AdditiveAttention), vocabulary, options)
    {
        var width = options.Dimensions;
        _longest = options.MaxLength;
        inner = Linear(width, width);
        weight = Linear(width, 1, hasBias: false);
        output = Linear(width, width);
        norm = LayerNorm(width);
        recency = new Parameter(zeros(1));
        RegisterComponents();
    }

    protected override Tensor Encode(Tensor x)
    {
        x = Dropping.Apply(x);
        // Ages count in 200ths of the longest history where that is longer, so that the exponentials stay in range.
        var rate = recency.sigmoid() * (MostRate * Math.Min(1, 200.0 / _longest));
        var place = arange(x.shape[1], device: x.device).to_type(ScalarType.Float32).view(1, -1, 1);        // (1, L, 1)
        var a = weight.forward(inner.forward(x).tanh()).clamp(-MostWeight, MostWeight);                      // (B, L, 1)
        var e = (a + place * rate).exp();
        if (Attention.IsOn) Attention.Note(e.transpose(1, 2).unsqueeze(1) * CausalAttention.Visible(x.shape[1], 0, x.device).to_type(ScalarType.Float32));
        var pooled = (e * x).cumsum(1) / e.cumsum(1);                                                        // (B, L, D)
        return norm.forward(output.forward(Dropping.Apply(pooled)));
    }
}
