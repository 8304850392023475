using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Train.Encoders;

/// <summary>
/// What every encoder shares: a table of item vectors that histories are looked up in and outputs are scored against, and how a user vector meets an item
/// vector. An encoder makes of a history's item vectors what the history looks like after each of its events.
/// </summary>
/// <remarks>
/// B: histories, L: positions, D: <see cref="TrainOptions.Dimensions"/>, V: items of the vocabulary. Histories are padded on the right: causality alone keeps
/// padding from every real position.
/// </remarks>
internal abstract class SequenceModel : Module<Tensor, Tensor>
{
    // Parameters are found by their fields' names, which are those in model files.
    protected readonly Embedding items;

    private readonly TrainOptions _options;

    /// <param name="rows">V</param>
    protected SequenceModel(string name, int rows, TrainOptions options) : base(name)
    {
        _options = options;
        Dropping = new Dropping(options.Dropout);
        items = Embedding(rows, options.Dimensions);
    }

    /// <summary>The encoder that <see cref="TrainOptions.Encoder"/> names.</summary>
    /// <param name="rows">V</param>
    public static SequenceModel Of(int rows, TrainOptions options) => options.Encoder switch
    {
        "sasrec" => new Sasrec(rows, options),
        "hstu" => new Hstu(rows, options),
        "dot" => new DotAttention(rows, options),
        "additive" => new AdditiveAttention(rows, options),
        _ => throw new FormatException($"its encoder is '{options.Encoder}'"),
    };

    /// <summary>(V, D) as it is trained.</summary>
    public Parameter ItemTable => items.weight;

    /// <summary>The seed of the next pass's dropout masks; null, as at first, drops nothing.</summary>
    public ulong? DropoutSeed { set => Dropping.Restart(value); }

    protected Dropping Dropping { get; }

    /// <summary>What each history looks like after each of its events.</summary>
    /// <param name="history">(B, L) vocabulary rows, right-padded with any row</param>
    /// <returns>(B, L, D)</returns>
    public override Tensor forward(Tensor history) => Encode(items.forward(history));

    /// <summary>The same with some rows of the table only.</summary>
    /// <param name="history">(B, L) rows of <paramref name="table"/></param>
    /// <param name="table">(R, D)</param>
    public Tensor forward(Tensor history, Tensor table) => Encode(table.index_select(0, history.view(-1)).view(history.shape[0], history.shape[1], -1));

    /// <param name="x">(B, L, D) item vectors of each event</param>
    /// <returns>(B, L, D); a position knows what stands at it and before it</returns>
    protected abstract Tensor Encode(Tensor x);

    /// <summary>What an output is multiplied with to score it against every item: user vector · item vector is the score.</summary>
    /// <param name="outputs">(n, D) rows of what <see cref="forward(Tensor)"/> gives</param>
    /// <returns>(n, D) user vectors, cosine scores scaled by 1 / temperature</returns>
    public Tensor UserVectors(Tensor outputs) => _options.Scores == "cosine" ? Unit(outputs) * (1 / _options.Temperature) : outputs;

    /// <returns>(V, D) item vectors</returns>
    public Tensor ItemVectors() => ItemVectors(items.weight);

    /// <param name="table">(R, D) rows of the table</param>
    public Tensor ItemVectors(Tensor table) => _options.Scores == "cosine" ? Unit(table) : table;

    private static Tensor Unit(Tensor x) => x * (x * x).sum(-1, keepdim: true).clamp(min: 1e-12).rsqrt();
}
