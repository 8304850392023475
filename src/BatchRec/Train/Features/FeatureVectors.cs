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

    /// <returns>null where the model takes no features of items</returns>
    public static FeatureVectors? Of(TrainedModel model, Attributes attributes, int itemCount)
    {
        var (features, width) = (model.Vocabulary.ItemFeatures.Columns.Count, model.Options.Dimensions);
        if (features == 0) return null;
        var table = FeatureTable.Of(model.Vocabulary.ItemFeatures, attributes, [.. Enumerable.Range(0, itemCount)]);
        var (values, there) = (new float[itemCount * features * width], new bool[itemCount * features]);
        using var network = SequenceModel.Of(model.Vocabulary, model.Options);
        network.Load(model.Parameters);
        using var withoutGradients = no_grad();
        for (var start = 0; start < itemCount; start += ItemsAtOnce)
        {
            using var scope = NewDisposeScope();
            int[] some = [.. Enumerable.Range(start, Math.Min(ItemsAtOnce, itemCount - start))];
            using var input = FeatureInput.Of(table.Take(some), CPU);
            stack(network.FeatureVectors(input), 1).data<float>().ToArray().CopyTo(values, start * features * width);                // (n, F, D)
        }
        for (var item = 0; item < itemCount; item++)
            for (var feature = 0; feature < features; feature++) there[item * features + feature] = !table.Columns[feature].RowsOf(item).IsEmpty;
        return new FeatureVectors(features, width, values, there);
    }
}
