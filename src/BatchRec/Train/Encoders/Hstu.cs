using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Train.Encoders;

/// <summary>
/// HSTU: pointwise attention, silu(QKᵀ + relative bias) / n · V, gated by U, in place of softmax attention and of the feed-forward part. How much a user likes
/// something is not divided among his events, as a softmax would. Zhai et al., Actions Speak Louder than Words (2024), eq. 1-3.
/// </summary>
/// <remarks>n is the number of events so far where the paper takes the padded length: a history must not change by its padding.</remarks>
internal sealed class Hstu : SequenceModel
{
    private readonly ModuleList<Block> blocks;
    private readonly LayerNorm norm;

    public Hstu(Vocabulary vocabulary, TrainOptions options) : base(nameof(Hstu), vocabulary, options)
    {
        blocks = ModuleList(Enumerable.Range(0, options.Layers).Select(_ => new Block(options, Dropping, Attention)).ToArray());
        norm = LayerNorm(options.Dimensions);
        RegisterComponents();
    }

    protected override Tensor Encode(Tensor x)
    {
        x = Dropping.Apply(x);
        var visible = CausalAttention.Visible(x.shape[1], 0, x.device);
        foreach (var block in blocks) x = block.Forward(x, visible);
        return norm.forward(x);
    }

    private sealed class Block : Module
    {
        private readonly LayerNorm norm1;
        private readonly Linear inputs;
        private readonly LayerNorm norm2;
        private readonly Linear output;

        // (H, distances)
        private readonly Parameter bias;
        private readonly int _heads;
        private readonly int _window;
        private readonly Dropping _dropping;
        private readonly AttentionRecord _record;

        public Block(TrainOptions options, Dropping dropping, AttentionRecord record) : base(nameof(Block))
        {
            var width = options.Dimensions;
            (_heads, _window, _dropping, _record) = (options.Heads, options.Window, dropping, record);
            norm1 = LayerNorm(width);
            inputs = Linear(width, 4 * width);
            norm2 = LayerNorm(width);
            output = Linear(width, width);
            bias = new Parameter(zeros(_heads, Batches.Padded(options.MaxLength)));
            RegisterComponents();
        }

        /// <param name="x">(B, L, D)</param>
        /// <param name="visible">(L, L) true up to the diagonal</param>
        public Tensor Forward(Tensor x, Tensor visible)
        {
            var (histories, length, width) = (x.shape[0], x.shape[1], x.shape[2]);
            var parts = inputs.forward(norm1.forward(x)).silu().chunk(4, -1);                               // U, V, Q, K, eq. 1
            var (v, q, k) = (Heads(parts[1]), Heads(parts[2]), Heads(parts[3]));                            // (B, H, L, D/H)
            if (_window > 0) visible = CausalAttention.Visible(length, _window, x.device);
            var events = arange(1, length + 1, device: x.device).to_type(ScalarType.Float32).view(-1, 1);   // (L, 1)
            var attention = (q.matmul(k.transpose(-2, -1)) + Distances(length)).silu() * (visible.to_type(ScalarType.Float32) / events);
            // silu falls a little below 0: a weight's size is what counts.
            if (_record.IsOn) _record.Note(attention.abs());
            var mixed = attention.matmul(v).transpose(1, 2).reshape(histories, length, width);              // eq. 2
            return x + _dropping.Apply(output.forward(norm2.forward(mixed) * parts[0]));                    // eq. 3

            Tensor Heads(Tensor y) => y.view(histories, length, _heads, width / _heads).transpose(1, 2);
        }

        /// <returns>(H, L, L) the bias of each distance; of distance 0 where the column lies later, which nobody sees</returns>
        private Tensor Distances(long length)
        {
            var distances = new long[length * length];
            for (var row = 0; row < length; row++)
                for (var column = 0; column < row; column++) distances[row * length + column] = row - column;
            return bias.index_select(1, tensor(distances, device: bias.device)).view(_heads, length, length);
        }
    }
}
