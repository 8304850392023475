using BatchRec.Configuration;
using BatchRec.Train.Features;
using BatchRec.Train.Losses;

namespace BatchRec.Train;

/// <summary>
/// The section <c>Train</c>. The defaults are a recipe for a CPU: cosine scores, SwiGLU, gates, rotary positions, a random window of each long
/// history in every epoch, a decaying rate and averaged weights. What it reaches stands in the README.
/// </summary>
public sealed record TrainOptions : IStageOptions
{
    /// <summary>
    /// What makes a user's vector of his history: <c>sasrec</c>, a transformer; <c>hstu</c>, pointwise attention; <c>dot</c> or <c>additive</c>, attention pooling in
    /// one layer.
    /// </summary>
    public string Encoder { get; init; } = "sasrec";

    /// <summary>Width D of item vectors and of the residual stream.</summary>
    public int Dimensions { get; init; } = 64;

    /// <summary>Attention blocks, one upon the other.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>Attention heads of a layer.</summary>
    public int Heads { get; init; } = 2;

    /// <summary>Share of values zeroed after the embedding, inside the feed-forward part and on each residual branch.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Events of a history that the model sees, counted from its end.</summary>
    public int MaxLength { get; init; } = 200;

    /// <summary>Users a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>AdamW's rate before it decays.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>AdamW's decoupled decay of the weights; 0 for none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Norm that a step's gradient is clipped to; 0 doesn't clip.</summary>
    public double ClipNorm { get; init; }

    /// <summary>
    /// Adversarial training: each step also learns with every item's vector moved, by so much of its length, to where the loss grows fastest; 0: none. Steps take twice
    /// as long.
    /// </summary>
    public double AdversarialNorm { get; init; }

    /// <summary>Length of the schedule, in passes over the users. The rate reaches zero at its end.</summary>
    public int MaxEpochs { get; init; } = 70;

    /// <summary>Epochs without a better validation NDCG@10 after which training stops; 0 never stops early.</summary>
    public int Patience { get; init; } = 15;

    /// <summary>Steps over which the rate rises from zero.</summary>
    public int WarmupSteps { get; init; } = 50;

    /// <summary>Share of the schedule, at its end, over which the rate falls to zero.</summary>
    public double DecayShare { get; init; } = 0.7;

    /// <summary>How often the rate jumps back up and falls anew in the course of the schedule; 0 never.</summary>
    public int Restarts { get; init; }

    /// <summary>Local attention: an event looks at so many events, its own included; 0: global, at all of the history.</summary>
    public int Window { get; init; }

    /// <summary>Hard attention: only so many events, those that fit best, get a weight; 0: soft, all do. For sasrec and dot.</summary>
    public int TopKeys { get; init; }

    /// <summary>What attends to the history where the encoder is <c>dot</c>: the <c>last</c> event, the <c>mean</c> of all, or one <c>learned</c> query.</summary>
    public string PoolingQuery { get; init; } = "last";

    /// <summary>Tell the model each event's type (view, cart, purchase, …), where there are several.</summary>
    public bool EventTypes { get; init; } = true;

    /// <summary>Tell it each event's <c>value</c>, such as a rating, a quantity, a dwell time, as one of 20 buckets; an event without one as that.</summary>
    public bool EventValues { get; init; }

    /// <summary>Tell it how long after the event before an event came.</summary>
    public bool TimeGaps { get; init; }

    /// <summary>Tell it how long after the last event the night asks; in training, as if asked in some night before the next event.</summary>
    public bool QueryGap { get; init; }

    /// <summary>
    /// Columns of <c>items.sql</c> that an item's vector is told beside the item itself, such as <c>category</c>, <c>price</c>, <c>title</c>, or <c>*</c> for all; left
    /// out: none. Attention weighs those that an item has. A title counts as words, a price as one of 20 buckets, a text like <c>[0.1, 0.2]</c> as a vector, any other
    /// column as one or more values, separated by | or as an array. <c>NAME:values</c>, <c>:number</c>, <c>:words</c> or <c>:vector</c> says it otherwise. Attributes are
    /// tonight's, the holdout ends days before: a column that goes on with the log, such as <c>sales_30d</c>, <c>rating_count</c> or <c>updated_at</c>, tells the model of the
    /// very days that it is judged by, so that verdict and tuning flatter it. Name those only that stood before.
    /// </summary>
    public IReadOnlyList<string>? ItemFeatures { get; init; }

    /// <summary>
    /// Columns of <c>users.sql</c> that the model is told with each event of a user, likewise: such as <c>country</c>, and none that goes on with the log, such as
    /// <c>last_order</c> or <c>orders</c>.
    /// </summary>
    public IReadOnlyList<string>? UserFeatures { get; init; }

    /// <summary>Share of the items, others in each step, that a model with <see cref="ItemFeatures"/> sees by their features alone, so that it learns to know new items by theirs.</summary>
    public double IdDropout { get; init; } = 0.1;

    /// <summary><c>gelu</c> or <c>swiglu</c> (Shazeer 2020).</summary>
    public string FeedForward { get; init; } = "swiglu";

    /// <summary>Width of the feed-forward part's inner layer.</summary>
    public int FeedForwardDimensions { get; init; } = 128;

    /// <summary>Multiply each residual branch by a sigmoid gate computed from its input (LiGR).</summary>
    public bool Gates { get; init; } = true;

    /// <summary>Turn queries and keys by their positions (RoFormer), so that attention knows distances; beside the learned positions.</summary>
    public bool RotaryPositions { get; init; } = true;

    /// <summary>
    /// What is asked after an event in training: <c>next</c>, the next event; <c>basket</c>, all events of the next instant, since a basket has no order; <c>night</c>, all
    /// of the user's next day. <c>auto</c> is basket, and next where a log is evaluated in its own order (leave-one-out, <c>Evaluate:Baskets=false</c>).
    /// </summary>
    public string Targets { get; init; } = "auto";

    /// <summary>
    /// <c>full</c> softmax cross-entropy over the catalogue; <c>sampled</c> softmax; <c>bce</c>, or <c>gbce</c> with <see cref="Calibration"/>; <c>auto</c>
    /// is full up to <see cref="FullLossItems"/> items and sampled above. Samples are shared by a step's positions, and a step's cost doesn't grow with the catalogue.
    /// </summary>
    public string Loss { get; init; } = "auto";

    /// <summary>Items up to which <c>auto</c> takes the full loss.</summary>
    public int FullLossItems { get; init; } = 30_000;

    /// <summary>Negatives of a step, where they are sampled.</summary>
    public int Negatives { get; init; } = 1024;

    /// <summary>Share of the negatives drawn from the step's own targets, and so by popularity; the others are drawn evenly.</summary>
    public double InBatchNegatives { get; init; }

    /// <summary>gBCE's t: 0 is plain binary cross-entropy, 1 undoes the effect of sampling wholly.</summary>
    public double Calibration { get; init; } = 0.75;

    /// <summary><c>dot</c> or <c>cosine</c>: how a user vector meets an item vector.</summary>
    public string Scores { get; init; } = "cosine";

    /// <summary>Divides cosine scores; dot scores don't use it.</summary>
    public double Temperature { get; init; } = 0.06;

    /// <summary>Decay a step of the exponential average of the weights, the second candidate at each validation; 0 keeps no average.</summary>
    public double AverageDecay { get; init; } = 0.999;

    /// <summary><c>cpu</c> or <c>cuda</c>. The queue of the step follows from it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>
    /// In what the loss multiplies users and items on a CPU: <c>fp32</c>; <c>bf16</c>, floats of 16 bits, which makes that part of a step 1.3 to 1.5 times as fast on a processor
    /// with AVX512_BF16 and is refused on others; <c>auto</c>, bf16 where there is one. Sums, weights and checkpoints are fp32 in any case.
    /// </summary>
    public string HeadPrecision { get; init; } = "fp32";

    /// <summary>CPU threads; 0 takes all. Results are the same again for the same number only.</summary>
    public int Threads { get; init; }

    /// <summary>Everything random derives from it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>
    /// Models that are trained one after another with other seeds; the mean of their scores is what is judged and served. Two are a few percent better than one (the README says
    /// where that was measured), at twice the cost of training. <see cref="MaxMinutes"/> is shared out evenly among them. Lists are searched in vectors as wide as all of
    /// them together: above 128 numbers, where the processor has no AVX-512 VNNI, in floats instead of bytes, which takes about twice as long. A search for options trains one.
    /// </summary>
    public int Members { get; init; } = 1;

    /// <summary>Users, drawn by seed, on whom each epoch is validated; 0 takes all.</summary>
    public int ValidationUsers { get; init; } = 2000;

    /// <summary>Training stops at the first epoch's end after this time, and keeps the best so far; 0 has no limit.</summary>
    public double MaxMinutes { get; init; } = 120;

    /// <summary>
    /// Days after which another model is trained. Nights in between keep the live run's model, its blend and its verdict, and make lists for those users only whose
    /// history has changed. 1 trains every night.
    /// </summary>
    public int EveryDays { get; init; } = 1;

    /// <summary>Train an accepted model again on everything up to the run's instant, for the epochs found.</summary>
    public bool Refit { get; init; } = true;

    internal const string FullLoss = "full";

    /// <summary>With what <see cref="Targets"/> comes to.</summary>
    internal TrainOptions Asking(bool baskets) => Targets != "auto" ? this : this with { Targets = baskets ? Questions.Basket : Questions.Next };

    /// <summary>The loss over a vocabulary of so many items: what <c>auto</c> comes to.</summary>
    internal string LossOver(int rows) => Loss != "auto" ? Loss : rows <= FullLossItems ? FullLoss : "sampled";

    /// <summary>Weight of the target's term in binary cross-entropy; 0 where the loss is a softmax.</summary>
    internal double SigmoidWeight(int rows) => LossOver(rows) switch
    {
        "bce" => 1,
        "gbce" => NegativesLoss.Beta(Negatives, rows, Calibration),
        _ => 0,
    };

    public IEnumerable<string> Faults()
    {
        if (Encoder is not ("sasrec" or "hstu" or "dot" or "additive"))
            yield return $"Train:Encoder is '{Encoder}'; use sasrec, hstu, dot or additive.";
        if (Window < 0)
            yield return $"Train:Window is {Window}; use 0 (global) or a number of events, such as 50.";
        if (TopKeys < 0)
            yield return $"Train:TopKeys is {TopKeys}; use 0 (soft) or a number of events, such as 8.";
        if (TopKeys > 0 && Encoder is "hstu" or "additive")
            yield return $"Train:TopKeys is {TopKeys}, but the encoder {Encoder} has no softmax over keys; use 0, or the encoder sasrec or dot.";
        if (Window > 0 && Encoder is "additive")
            yield return $"Train:Window is {Window}, but the encoder additive weighs by age instead; use 0.";
        if (PoolingQuery is not ("last" or "mean" or "learned"))
            yield return $"Train:PoolingQuery is '{PoolingQuery}'; use last, mean or learned.";
        if (Dimensions is < 1 or > 4096)
            yield return $"Train:Dimensions is {Dimensions}; use 1 to 4096, such as 64.";
        if (Layers is < 1 or > 64)
            yield return $"Train:Layers is {Layers}; use 1 to 64, such as 2.";
        if (Heads < 1 || Dimensions % Math.Max(Heads, 1) != 0)
            yield return $"Train:Heads is {Heads}; use a number that divides Train:Dimensions ({Dimensions}), such as 1 or 2.";
        if (RotaryPositions && Dimensions > 0 && Heads >= 1 && Dimensions % Heads == 0 && Dimensions / Heads % 2 != 0)
            yield return $"Train:RotaryPositions turns pairs of numbers, but Train:Dimensions / Train:Heads is {Dimensions / Heads}; use heads of an even width, or false.";
        if (!(Dropout is >= 0 and < 1))
            yield return $"Train:Dropout is {Dropout}; use 0 (none) to below 1, such as 0.2.";
        if (MaxLength is < 1 or > 16384)
            yield return $"Train:MaxLength is {MaxLength}; use 1 to 16384 events, such as 200.";
        if (BatchSize is < 1 or > 65536)
            yield return $"Train:BatchSize is {BatchSize}; use 1 to 65536 users, such as 32.";
        if (!(LearningRate is > 0 and <= 1))
            yield return $"Train:LearningRate is {LearningRate}; use above 0 to 1, such as 0.002.";
        if (!(WeightDecay is >= 0 and <= 1))
            yield return $"Train:WeightDecay is {WeightDecay}; use 0 (none) to 1.";
        if (!(ClipNorm is >= 0 and < double.PositiveInfinity))
            yield return $"Train:ClipNorm is {ClipNorm}; use 0 (no clipping) or a positive norm, such as 1.";
        if (!(AdversarialNorm is >= 0 and <= 1))
            yield return $"Train:AdversarialNorm is {AdversarialNorm}; use 0 (none) to 1, such as 0.05.";
        if (MaxEpochs < 1)
            yield return $"Train:MaxEpochs is {MaxEpochs}; use 1 or more, such as 70.";
        if (Patience < 0)
            yield return $"Train:Patience is {Patience}; use 0 (never stop early) or a number of epochs, such as 15.";
        if (WarmupSteps < 0)
            yield return $"Train:WarmupSteps is {WarmupSteps}; use 0 (none) or a number of steps, such as 50.";
        if (!(DecayShare is >= 0 and <= 1))
            yield return $"Train:DecayShare is {DecayShare}; use 0 (constant rate) to 1 (decays from the start).";
        foreach (var (option, entries) in new[] { ("ItemFeatures", ItemFeatures), ("UserFeatures", UserFeatures) })
            if (entries?.FirstOrDefault(entry => FeatureName.Parse(entry) is null) is { } entry)
                yield return $"Train:{option} has '{entry}'; use the name of a column such as \"category\", with a kind after a colon if need be ({FeatureName.Kinds}).";
        if (!(IdDropout is >= 0 and < 1))
            yield return $"Train:IdDropout is {IdDropout}; use 0 (none) to below 1, such as 0.1.";
        if (Restarts < 0 || Restarts >= MaxEpochs && MaxEpochs >= 1)
            yield return $"Train:Restarts is {Restarts}; use 0 (never) to fewer than Train:MaxEpochs ({MaxEpochs}), such as 2.";
        if (FeedForward is not ("gelu" or "swiglu"))
            yield return $"Train:FeedForward is '{FeedForward}'; use gelu or swiglu.";
        if (FeedForwardDimensions is < 1 or > 65536)
            yield return $"Train:FeedForwardDimensions is {FeedForwardDimensions}; use 1 to 65536, such as twice Train:Dimensions.";
        if (Targets is not ("auto" or Questions.Next or Questions.Basket or Questions.Night))
            yield return $"Train:Targets is '{Targets}'; use auto, next, basket or night.";
        if (Loss is not ("auto" or FullLoss or "sampled" or "bce" or "gbce"))
            yield return $"Train:Loss is '{Loss}'; use auto, full, sampled, bce or gbce.";
        if (FullLossItems < 0)
            yield return $"Train:FullLossItems is {FullLossItems}; use 0 or more, such as 30000.";
        if (Negatives is < 1 or > 1_000_000)
            yield return $"Train:Negatives is {Negatives}; use 1 to 1000000, such as 1024.";
        if (!(InBatchNegatives is >= 0 and <= 1))
            yield return $"Train:InBatchNegatives is {InBatchNegatives}; use 0 (drawn evenly) to 1 (all from the step's targets), such as 0.5.";
        if (!(Calibration is >= 0 and <= 1))
            yield return $"Train:Calibration is {Calibration}; use 0 to 1, such as 0.75.";
        if (Scores is not ("dot" or "cosine"))
            yield return $"Train:Scores is '{Scores}'; use dot or cosine.";
        if (!(Temperature is > 0 and <= 10))
            yield return $"Train:Temperature is {Temperature}; use above 0 to 10, such as 0.06.";
        if (!(AverageDecay is >= 0 and < 1))
            yield return $"Train:AverageDecay is {AverageDecay}; use 0 (no average) to below 1, such as 0.999.";
        if (Device is not ("cpu" or "cuda"))
            yield return $"Train:Device is '{Device}'; use cpu or cuda.";
        if (HeadPrecision is not (Train.HeadPrecision.Fp32 or Train.HeadPrecision.Rounded or Train.HeadPrecision.Auto))
            yield return $"Train:HeadPrecision is '{HeadPrecision}'; use fp32, bf16 or auto.";
        if (HeadPrecision == Train.HeadPrecision.Rounded && Device == "cuda")
            yield return "Train:HeadPrecision is bf16, which is for Train:Device cpu, and that is cuda; use fp32 or auto.";
        if (Threads < 0)
            yield return $"Train:Threads is {Threads}; use 0 (all cores) or a number of threads.";
        if (Members is < 1 or > 16)
            yield return $"Train:Members is {Members}; use 1 (one model) to 16, such as 2.";
        if (EveryDays < 1)
            yield return $"Train:EveryDays is {EveryDays}; use 1 (every night) or a number of days, such as 7.";
        if (ValidationUsers < 0)
            yield return $"Train:ValidationUsers is {ValidationUsers}; use 0 (all users) or a number of users, such as 2000.";
        if (!(MaxMinutes is >= 0 and < double.PositiveInfinity))
            yield return $"Train:MaxMinutes is {MaxMinutes}; use 0 (no limit) or a number of minutes, such as 120.";
    }
}
