using BatchRec.Configuration;

namespace BatchRec.Rerank;

/// <summary>Section <c>Rerank</c>: co-attention of history and candidate, which puts the best candidates of the blend, or of the model, in a better order.</summary>
public sealed record RerankOptions : IStageOptions
{
    /// <summary>
    /// The best so many of each user are re-ranked; 0: none, and no re-ranker is trained. Training takes a few minutes more, lists a few milliseconds a user. Where it
    /// is of no use on validation, it steps aside.
    /// </summary>
    public int Candidates { get; init; }

    /// <summary>Events of a history that candidates are held against, counted from its end.</summary>
    public int History { get; init; } = 50;

    /// <summary>What a candidate is known by beside itself and its <c>Train:ItemFeatures</c>: so many items that come before it most. A blend with markov knows those already.</summary>
    public int Predecessors { get; init; }

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>The last so many events of each history are what it learns to put first.</summary>
    public int TargetsPerUser { get; init; } = 20;

    /// <summary>Of those, at most so many in all, sampled by user.</summary>
    public int MaxCases { get; init; } = 100_000;

    /// <summary>Candidates that a target is put before, others in each epoch.</summary>
    public int Negatives { get; init; } = 50;

    /// <summary>Passes over the cases.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Cases a step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>AdamW's rate at the start; it falls to zero.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>AdamW's decoupled decay of the weights; 0 for none.</summary>
    public double WeightDecay { get; init; } = 0.01;

    public IEnumerable<string> Faults()
    {
        // Every list that is evaluated is one of a hundred.
        if (Candidates is not 0 and (< 100 or > 10_000)) yield return $"Rerank:Candidates is {Candidates}; use 0 (off) or 100 to 10000 items, such as 200.";
        if (History is < 1 or > 1_000) yield return $"Rerank:History is {History}; use 1 to 1000 events, such as 50.";
        if (Predecessors is < 0 or > 20) yield return $"Rerank:Predecessors is {Predecessors}; use 0 (none) to 20 items, such as 2.";
        if (Heads < 1) yield return $"Rerank:Heads is {Heads}; use a number that divides Train:Dimensions, such as 4.";
        if (TargetsPerUser < 1) yield return $"Rerank:TargetsPerUser is {TargetsPerUser}; use 1 or more events, such as 20.";
        if (MaxCases < 1) yield return $"Rerank:MaxCases is {MaxCases}; use 1 or more, such as 100000.";
        if (Negatives is < 1 or > 10_000) yield return $"Rerank:Negatives is {Negatives}; use 1 to 10000 items, such as 50.";
        if (Epochs < 1) yield return $"Rerank:Epochs is {Epochs}; use 1 or more, such as 3.";
        if (BatchSize is < 1 or > 65_536) yield return $"Rerank:BatchSize is {BatchSize}; use 1 to 65536 cases, such as 32.";
        if (!(LearningRate is > 0 and <= 1)) yield return $"Rerank:LearningRate is {LearningRate}; use above 0 to 1, such as 0.001.";
        if (!(WeightDecay is >= 0 and <= 1)) yield return $"Rerank:WeightDecay is {WeightDecay}; use 0 (none) to 1, such as 0.01.";
    }
}
