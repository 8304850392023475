namespace BatchRec.Train;

/// <summary>A trained model as plain arrays: what a model file holds. It knows no users.</summary>
public sealed record TrainedModel
{
    /// <summary>What it was trained with; it gives every array's shape.</summary>
    public required TrainOptions Options { get; init; }

    /// <summary>The items it knows.</summary>
    public required Vocabulary Vocabulary { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>arrays by the name of the parameter in the network</summary>
    public required IReadOnlyDictionary<string, Weights> Parameters { get; init; }
}
