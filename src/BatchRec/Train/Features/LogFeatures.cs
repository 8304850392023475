using BatchRec.Interactions;

namespace BatchRec.Train.Features;

/// <summary>The features of a training log.</summary>
/// <param name="Items">of the vocabulary's rows; null where the model takes none</param>
/// <param name="Users">of the log's users; null where it takes none of them</param>
internal sealed record LogFeatures(FeatureTable? Items, FeatureTable? Users)
{
    /// <param name="notes">Takes a sentence on each kind of text that couldn't be used as it was.</param>
    public static LogFeatures Of(Sequences log, Vocabulary vocabulary, ICollection<string> notes) => new(
        vocabulary.ItemFeatures.Columns.Count == 0 ? null : FeatureTable.Of(vocabulary.ItemFeatures, log.ItemAttributes, vocabulary.Items, notes),
        vocabulary.UserFeatures.Columns.Count == 0 ? null : FeatureTable.Of(vocabulary.UserFeatures, log.UserAttributes, [.. Enumerable.Range(0, log.UserCount)], notes));
}
