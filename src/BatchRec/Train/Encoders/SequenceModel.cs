using BatchRec.Train.Features;
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
    private readonly Embedding? types;
    private readonly Embedding? gaps;
    private readonly Embedding? values;
    private readonly Embedding? waits;
    private readonly FeatureAttention? itemFeatures;
    private readonly FeatureAttention? userFeatures;

    private readonly TrainOptions _options;

    protected SequenceModel(string name, Vocabulary vocabulary, TrainOptions options) : base(name)
    {
        _options = options;
        Dropping = new Dropping(options.Dropout);
        items = Embedding(vocabulary.Rows, options.Dimensions);
        if (vocabulary.UsesEventTypes(options)) types = Embedding(vocabulary.EventTypeRows, options.Dimensions);
        if (options.TimeGaps) gaps = Embedding(EventInputs.TimeRows, options.Dimensions);
        if (vocabulary.ValueEdges.Length > 0) values = Embedding(vocabulary.ValueRows, options.Dimensions);
        if (vocabulary.ItemFeatures.Columns.Count > 0) itemFeatures = new FeatureAttention(vocabulary.ItemFeatures, options.Dimensions);
        if (vocabulary.UserFeatures.Columns.Count > 0) userFeatures = new FeatureAttention(vocabulary.UserFeatures, options.Dimensions);
        if (options.QueryGap) waits = Embedding(EventInputs.TimeRows, options.Dimensions);
    }

    /// <summary>The encoder that <see cref="TrainOptions.Encoder"/> names.</summary>
    public static SequenceModel Of(Vocabulary vocabulary, TrainOptions options) => options.Encoder switch
    {
        "sasrec" => new Sasrec(vocabulary, options),
        "hstu" => new Hstu(vocabulary, options),
        "dot" => new DotAttention(vocabulary, options),
        "additive" => new AdditiveAttention(vocabulary, options),
        _ => throw new FormatException($"its encoder is '{options.Encoder}'"),
    };

    /// <summary>The name of <see cref="ItemTable"/> among a model's arrays.</summary>
    public const string ItemTableName = "items.weight";

    /// <summary>(V, D) as it is trained.</summary>
    public Parameter ItemTable => items.weight!;

    /// <summary>Vectors of items of which more is known than that they are themselves: their own, and their features'.</summary>
    /// <param name="ids">(n, D) rows of <see cref="ItemTable"/></param>
    /// <param name="features">of those items; null where the model takes none</param>
    /// <param name="kept">(n, 1) 0 where only the features are to tell what the item is; null: nowhere</param>
    /// <returns>(n, D); <paramref name="ids"/> itself without features</returns>
    public Tensor Fused(Tensor ids, FeatureInput? features, Tensor? kept = null) =>
        features is null ? ids : (kept is null ? ids : ids * kept) + itemFeatures!.forward(features);

    /// <returns>(F) of (n, D) vectors of each of the items' features</returns>
    public Tensor[] FeatureVectors(FeatureInput features) => itemFeatures!.Vectors(features);

    /// <summary>The seed of the next pass's dropout masks; null, as at first, drops nothing.</summary>
    public ulong? DropoutSeed { set => Dropping.Restart(value); }

    protected Dropping Dropping { get; }

    /// <summary>While it is on, passes go by the graph and note what they attend to.</summary>
    public AttentionRecord Attention { get; } = new();

    /// <summary>What each history looks like after each of its events.</summary>
    /// <param name="history">(B, L) vocabulary rows, right-padded with any row</param>
    /// <returns>(B, L, D)</returns>
    public override Tensor forward(Tensor history) => forward(history, default);

    /// <summary>The same with what is known of the events beside their items; each part only where the options want it.</summary>
    /// <param name="events">they enter keys and values, and the query</param>
    /// <param name="table">(R, D) where <paramref name="history"/> holds rows of this instead of the vocabulary's</param>
    /// <param name="users">of the B users; null where the model takes no features of them</param>
    public Tensor forward(Tensor history, EventTensors events, Tensor? table = null, FeatureInput? users = null) => Encode(Embed(history, events, table, users));

    /// <summary>The same by the quickest way on this machine, which may be one without a graph: a loss's gradient is led back by <see cref="EncoderPass.Backward"/>.</summary>
    /// <param name="lengths">(B) events of each history</param>
    public EncoderPass Pass(Tensor history, int[] lengths, EventTensors events = default, Tensor? table = null, FeatureInput? users = null)
    {
        var x = Embed(history, events, table, users);
        return (Attention.IsOn ? null : Fused(x, lengths)) ?? new EncoderPass(Encode(x), static () => { });
    }

    /// <summary>The pass by a kernel of the encoder's own; null where there is none.</summary>
    /// <param name="x">(B, L, D) item vectors of each event</param>
    protected virtual EncoderPass? Fused(Tensor x, int[] lengths) => null;

    private Tensor Embed(Tensor history, EventTensors events, Tensor? table, FeatureInput? users)
    {
        var x = table is null ? items.forward(history) : table.index_select(0, history.view(-1)).view(history.shape[0], history.shape[1], -1);
        if (types is not null) x = x + types.forward(events.Types!);
        if (gaps is not null) x = x + gaps.forward(events.Gaps!);
        if (values is not null) x = x + values.forward(events.Values!);
        return userFeatures is null ? x : x + userFeatures.forward(users!).unsqueeze(1);                   // (B, L, D) + (B, 1, D)
    }

    /// <param name="x">(B, L, D) item vectors of each event</param>
    /// <returns>(B, L, D); a position knows what stands at it and before it</returns>
    protected abstract Tensor Encode(Tensor x);

    /// <summary>What an output is multiplied with to score it against every item: user vector · item vector is the score.</summary>
    /// <param name="outputs">(n, D) rows of what <see cref="forward(Tensor)"/> gives</param>
    /// <param name="queryGaps">(n) <see cref="EventInputs.Wait"/>, where the options want it</param>
    /// <returns>(n, D) user vectors, cosine scores scaled by 1 / temperature</returns>
    public Tensor UserVectors(Tensor outputs, Tensor? queryGaps = null)
    {
        if (waits is not null) outputs = outputs + waits.forward(queryGaps!);
        return _options.Scores == "cosine" ? Unit(outputs) * (1 / _options.Temperature) : outputs;
    }

    /// <returns>(V, D) item vectors</returns>
    public Tensor ItemVectors() => ItemVectors(ItemTable);

    /// <param name="table">(R, D) rows of the table</param>
    public Tensor ItemVectors(Tensor table) => _options.Scores == "cosine" ? Unit(table) : table;

    private static Tensor Unit(Tensor x) => x * (x * x).sum(-1, keepdim: true).clamp(min: 1e-12).rsqrt();
}
