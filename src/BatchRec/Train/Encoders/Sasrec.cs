using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

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
        blocks = ModuleList(Enumerable.Range(0, options.Layers).Select(_ => new Block(options, Dropping)).ToArray());
        norm = LayerNorm(width);
        RegisterComponents();
    }

    protected override Tensor Encode(Tensor x)
    {
        x = x + positions.weight!.narrow(0, 0, x.shape[1]);                        // (B, L, D) + (L, D), eq. 1
        x = Dropping.Apply(x);
        foreach (var block in blocks) x = block.forward(x);                        // (B, L, D)
        return norm.forward(x);                                                    // (B, L, D)
    }

    /// <summary>A pre-norm transformer block: x + g₁·attention(norm(x)), then x + g₂·feedforward(norm(x)).</summary>
    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly LayerNorm norm1;
        private readonly Attention attention;
        private readonly Linear? gate1;
        private readonly LayerNorm norm2;
        private readonly FeedForward feedForward;
        private readonly Linear? gate2;
        private readonly Dropping _dropping;

        public Block(TrainOptions options, Dropping dropping) : base(nameof(Block))
        {
            var width = options.Dimensions;
            _dropping = dropping;
            norm1 = LayerNorm(width);
            attention = new Attention(options);
            norm2 = LayerNorm(width);
            feedForward = new FeedForward(options, dropping);
            if (options.Gates) (gate1, gate2) = (Linear(width, width), Linear(width, width));
            RegisterComponents();
        }

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
    private sealed class Attention : Module<Tensor, Tensor>
    {
        private readonly Linear inputs;
        private readonly Linear output;
        private readonly int _heads;
        private readonly Rotation? _rotation;
        private readonly CausalAttention _attention;

        public Attention(TrainOptions options) : base(nameof(Attention))
        {
            var width = options.Dimensions;
            _heads = options.Heads;
            _attention = CausalAttention.Of(options);
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
        private readonly Linear inner;
        private readonly Linear outer;
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
