using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
#if BATCHREC_TORCH
using BatchRec.Train.Encoders.Fused;
#endif

namespace BatchRec.Train.Encoders;

/// <summary>
/// SASRec: a causal transformer over a user's history, whose output at each position is matched against all item vectors.
/// Kang, McAuley, Self-Attentive Sequential Recommendation (2018), eq. 1-6, with the changes that have proved themselves since:
/// full softmax cross-entropy (Klenitskiy, Vasilev, Turning Dross Into Gold Loss, 2023), pre-norm blocks, and by option SwiGLU (Shazeer, GLU
/// Variants Improve Transformer, 2020, eq. 6), sigmoid gates on the residual branches (Borisyuk et al., From Features to Transformers: LiGR, 2025)
/// rotary positions (Su et al., RoFormer, 2021) and cosine scores.
/// </summary>
/// <remarks>
/// B: histories, L: positions, D: <see cref="TrainOptions.Dimensions"/>, H: heads, F: <see cref="TrainOptions.FeedForwardDimensions"/>,
/// V: items of the vocabulary. Histories are padded on the right: the causal mask keeps padding from every real position, and attention stays
/// on the flash kernel, which on a CPU takes neither another mask nor dropout.
/// </remarks>
internal sealed class Sasrec : SequenceModel
{
    private readonly Embedding positions;
    private readonly ModuleList<Block> blocks;
    private readonly LayerNorm norm;

    public Sasrec(Vocabulary vocabulary, TrainOptions options) : base(nameof(Sasrec), vocabulary, options)
    {
        var width = options.Dimensions;
        positions = Embedding(Batches.Padded(options.MaxLength), width);
        blocks = ModuleList(Enumerable.Range(0, options.Layers).Select(_ => new Block(options, Dropping, Attention)).ToArray());
        norm = LayerNorm(width);
        RegisterComponents();
#if BATCHREC_TORCH
        _trained = options;
#endif
    }

    protected override Tensor Encode(Tensor x)
    {
        x = x + positions.weight!.narrow(0, 0, x.shape[1]);                        // (B, L, D) + (L, D), eq. 1
        x = Dropping.Apply(x);
        foreach (var block in blocks) x = block.forward(x);                        // (B, L, D)
        return norm.forward(x);                                                    // (B, L, D)
    }

#if BATCHREC_TORCH
    private readonly TrainOptions _trained;
    private FusedSasrec? _fused;

    protected override EncoderPass? Fused(Tensor x, int[] lengths)
    {
        if (!FusedShape.Fits(_trained) || x.device_type != DeviceType.CPU) return null;
        var shape = FusedShape.Of(_trained);
        _fused ??= new FusedSasrec(shape, [.. blocks.SelectMany(block => block.Parameters()), norm.weight!, norm.bias!, positions.weight!]);
        var (fused, keep) = (_fused, is_grad_enabled());
        var outputs = fused.Forward(x, lengths, Dropping.Next(shape.Masks), keep).requires_grad_(keep);
        return new EncoderPass(outputs, () => autograd.backward(x, fused.Backward(outputs.grad!)));
    }

    protected override void Dispose(bool disposing)
    {
        _fused?.Dispose();
        base.Dispose(disposing);
    }
#endif

    /// <summary>A pre-norm transformer block: x + g₁·attention(norm(x)), then x + g₂·feedforward(norm(x)).</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly LayerNorm norm1;
        private readonly SelfAttention attention;
        private readonly Linear? gate1;
        private readonly LayerNorm norm2;
        private readonly FeedForward feedForward;
        private readonly Linear? gate2;
        private readonly Dropping _dropping;

        public Block(TrainOptions options, Dropping dropping, AttentionRecord record) : base(nameof(Block))
        {
            var width = options.Dimensions;
            _dropping = dropping;
            norm1 = LayerNorm(width);
            attention = new SelfAttention(options, record);
            norm2 = LayerNorm(width);
            feedForward = new FeedForward(options, dropping);
            if (options.Gates) (gate1, gate2) = (Linear(width, width), Linear(width, width));
            RegisterComponents();
        }

        /// <summary>In the order of the fused pass: what meets the same input lies together, weights before biases.</summary>
        public IEnumerable<Parameter> Parameters() => new[]
        {
            norm1.weight, norm1.bias, attention.inputs.weight, gate1?.weight, attention.inputs.bias, gate1?.bias, attention.output.weight, attention.output.bias,
            norm2.weight, norm2.bias, feedForward.inner.weight, gate2?.weight, feedForward.inner.bias, gate2?.bias, feedForward.outer.weight, feedForward.outer.bias,
        }.OfType<Parameter>();

        public override Tensor forward(Tensor x)                                   // (B, L, D)
        {
            var y = norm1.forward(x);
            x = x + Gated(gate1, y, _dropping.Apply(attention.forward(y)));
            y = norm2.forward(x);
            return x + Gated(gate2, y, _dropping.Apply(feedForward.forward(y)));
        }

        private static Tensor Gated(Linear? gate, Tensor input, Tensor branch) => gate is null ? branch : gate.forward(input).sigmoid() * branch;
    }

    /// <summary>Causal multi-head scaled dot-product attention, eq. 2-4; heads of D / H dimensions.</summary>
    private sealed class SelfAttention : Module<Tensor, Tensor>
    {
        public readonly Linear inputs;
        public readonly Linear output;
        private readonly int _heads;
        private readonly Rotation? _rotation;
        private readonly CausalAttention _attention;

        public SelfAttention(TrainOptions options, AttentionRecord record) : base(nameof(SelfAttention))
        {
            var width = options.Dimensions;
            _heads = options.Heads;
            _attention = CausalAttention.Of(options, record);
            if (options.RotaryPositions) _rotation = new Rotation(width / _heads);
            inputs = Linear(width, 3 * width);
            output = Linear(width, width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            var (histories, length, width) = (x.shape[0], x.shape[1], x.shape[2]);
            var y = inputs.forward(x).view(histories, length, 3, _heads, width / _heads);
            var (qk, v) = (y.narrow(2, 0, 2), y.select(2, 2).transpose(1, 2));     // (B, L, 2, H, D/H), (B, H, L, D/H)
            if (_rotation is not null) qk = _rotation.Apply(qk);
            var (q, k) = (qk.select(2, 0).transpose(1, 2), qk.select(2, 1).transpose(1, 2));
            var mixed = _attention.Mix(q, k, v);
            return output.forward(mixed.transpose(1, 2).reshape(histories, length, width));
        }
    }

    /// <summary>The position-wise part, eq. 5: gelu(xW₁)W₂, or SwiGLU, (silu(xW₁) ⊙ xV)W₂.</summary>
    private sealed class FeedForward : Module<Tensor, Tensor>
    {
        public readonly Linear inner;
        public readonly Linear outer;
        private readonly bool _gated;
        private readonly Dropping _dropping;

        public FeedForward(TrainOptions options, Dropping dropping) : base(nameof(FeedForward))
        {
            _gated = options.FeedForward == "swiglu";
            _dropping = dropping;
            inner = Linear(options.Dimensions, (_gated ? 2 : 1) * options.FeedForwardDimensions);
            outer = Linear(options.FeedForwardDimensions, options.Dimensions);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            var y = inner.forward(x);                                              // (B, L, F) or (B, L, 2F)
            if (_gated)
            {
                var halves = y.chunk(2, -1);
                y = functional.silu(halves[0]) * halves[1];                        // (B, L, F)
            }
            else
            {
                y = functional.gelu(y);
            }
            return outer.forward(_dropping.Apply(y));                              // (B, L, D)
        }
    }
}
