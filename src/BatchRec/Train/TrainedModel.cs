namespace BatchRec.Train;

/// <summary>A trained model as plain arrays: what a model file holds. It knows no users.</summary>
/// <param name="Options">The options it was trained with; they give every array's shape.</param>
/// <param name="Vocabulary">The items it knows.</param>
/// <param name="Seed">The seed it was trained with.</param>
/// <param name="Parameters">arrays by the name of the parameter in the network</param>
public sealed record TrainedModel
{
    public required TrainOptions Options { get; init; }

    public required Vocabulary Vocabulary { get; init; }

    public required ulong Seed { get; init; }

    internal required IReadOnlyDictionary<string, Weights> Parameters { get; init; }
}
