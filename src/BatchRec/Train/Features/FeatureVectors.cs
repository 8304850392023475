using BatchRec.Interactions;
using BatchRec.Train.Encoders;
using static TorchSharp.torch;

namespace BatchRec.Train.Features;

/// <summary>The vectors of what is known of items, a feature each, as <see cref="FeatureAttention"/> weighs them.</summary>
internal sealed class FeatureVectors
{
    private const int ItemsAtOnce = 16_384;

    private readonly int _width;

    // (items × F × D)
    private readonly float[] _values;

    // (items × F)
    private readonly bool[] _there;

    private FeatureVectors(int features, int width, float[] values, bool[] there) => (Features, _width, _values, _there) = (features, width, values, there);

    /// <summary>F</summary>
    public int Features { get; }

    /// <summary>(D) empty where the item lacks the feature</summary>
    public ReadOnlySpan<float> Of(int item, int feature)
    {
        var at = item * Features + feature;
        return _there[at] ? _values.AsSpan(at * _width, _width) : [];
    }

    /// <param name="members">of one vocabulary; their vectors stand side by side</param>
    /// <returns>null where the model takes no features of items</returns>
    /// <exception cref="BatchRecException">More numbers than an array can hold.</exception>
    public static FeatureVectors? Of(IReadOnlyList<TrainedModel> members, Attributes attributes, int itemCount)
    {
        var (schema, width) = (members[0].Vocabulary.ItemFeatures, members.Sum(member => member.Options.Dimensions));
        var features = schema.Columns.Count;
        if (features == 0) return null;
        if ((long)itemCount * features * width > Array.MaxLength)
            throw new BatchRecException(
                $"The vectors of {itemCount:N0} items' {features:N0} attributes at {width:N0} dimensions are more than re-ranking can hold. Name fewer in Train:ItemFeatures, or set Rerank:Candidates to 0.");
        var table = FeatureTable.Of(schema, attributes, [.. Enumerable.Range(0, itemCount)]);
        var (values, there) = (new float[itemCount * features * width], new bool[itemCount * features]);
        var place = 0;
        foreach (var member in members)
        {
            Fill(member, table, itemCount, place, width, values);
            place += member.Options.Dimensions;
        }
        for (var item = 0; item < itemCount; item++)
            for (var feature = 0; feature < features; feature++) there[item * features + feature] = !table.Columns[feature].RowsOf(item).IsEmpty;
        return new FeatureVectors(features, width, values, there);
    }

    /// <summary>One member's part.</summary>
    /// <param name="place">where it begins in each vector</param>
    /// <param name="values">(items × F × <paramref name="width"/>)</param>
    private static void Fill(TrainedModel member, FeatureTable table, int itemCount, int place, int width, float[] values)
    {
        var (features, own) = (table.Columns.Count, member.Options.Dimensions);
        using var network = SequenceModel.Of(member.Vocabulary, member.Options);
        network.Load(member.Parameters);
        using var withoutGradients = no_grad();
        for (var start = 0; start < itemCount; start += ItemsAtOnce)
        {
            using var scope = NewDisposeScope();
            int[] some = [.. Enumerable.Range(start, Math.Min(ItemsAtOnce, itemCount - start))];
            using var input = FeatureInput.Of(table.Take(some), CPU);
            var found = stack(network.FeatureVectors(input), 1).data<float>().ToArray();                                             // (n, F, D)
            for (var row = 0; row < some.Length * features; row++)
                found.AsSpan(row * own, own).CopyTo(values.AsSpan((start * features + row) * width + place));
        }
    }
}
