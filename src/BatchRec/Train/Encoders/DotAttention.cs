using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Train.Encoders;

/// <summary>
/// Scaled dot-product attention pooling: the last event, or one learned query for everybody, attends to the history, softmax(q · k_i / √d), and the weighted mean
/// is added to the last event. One layer without a feed-forward part: Luong et al. (2015), eq. 7-8, with the scale of Vaswani et al. (2017), eq. 1.
/// </summary>
/// <remarks>
/// With the query <c>mean</c> the user himself asks, as the mean of his events so far: the weights are a row of the user-item attention matrix A = softmax(U Vᵀ), taken over
/// the items that he has had, and A times the items' values is the prediction.
/// </remarks>
internal sealed class DotAttention : SequenceModel
{
    private readonly Linear? query;
    private readonly Parameter? asked;
    private readonly Linear keys;
    private readonly Linear output;
    private readonly LayerNorm norm;
    private readonly int _heads;
    private readonly bool _ofMean;
    private readonly Rotation? _rotation;
    private readonly CausalAttention _attention;

    public DotAttention(Vocabulary vocabulary, TrainOptions options) : base(nameof(DotAttention), vocabulary, options)
    {
        var width = options.Dimensions;
        (_heads, _attention) = (options.Heads, CausalAttention.Of(options, Attention));
        if (options.RotaryPositions) _rotation = new Rotation(width / _heads);
        _ofMean = options.PoolingQuery == "mean";
        if (options.PoolingQuery != "learned") query = Linear(width, width);
        else asked = new Parameter(zeros(1, width));
        keys = Linear(width, width);
        output = Linear(width, width);
        norm = LayerNorm(width);
        RegisterComponents();
    }

    protected override Tensor Encode(Tensor x)
    {
        x = Dropping.Apply(x);
        var q = query is null ? asked!.view(1, 1, -1).expand(x.shape) : query.forward(_ofMean ? Means(x) : x);   // (B, L, D)
        var qk = stack([Heads(q), Heads(keys.forward(x))], 2);                                              // (B, L, 2, H, D/H)
        if (_rotation is not null) qk = _rotation.Apply(qk);
        var pooled = _attention.Mix(qk.select(2, 0).transpose(1, 2), qk.select(2, 1).transpose(1, 2), Heads(x).transpose(1, 2));
        return norm.forward(x + output.forward(Dropping.Apply(pooled.transpose(1, 2).reshape(x.shape))));
    }

    /// <summary>Of the events up to each, itself included.</summary>
    private static Tensor Means(Tensor x) => x.cumsum(1) / (arange(x.shape[1], device: x.device).to_type(ScalarType.Float32).view(1, -1, 1) + 1);

    private Tensor Heads(Tensor y) => y.view(y.shape[0], y.shape[1], _heads, -1);                           // (B, L, H, D/H)
}
