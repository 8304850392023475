using BatchRec.Interactions;
using BatchRec.Train.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train.Features;

/// <summary>
/// A model whose items have features, as one without: a table of vectors, own and features' together, by the attributes as they are now. Items that training
/// never saw get a row by their features alone.
/// </summary>
internal static class FusedItems
{
    /// <summary>The array of a model file that holds training's own such table, (V, D).</summary>
    public const string Table = "items.fused";

    private const int RowsAtOnce = 16_384;

    /// <param name="itemCount">Size of tonight's item vocabulary.</param>
    /// <returns>the model itself where its items have no features</returns>
    public static TrainedModel Of(TrainedModel model, Attributes attributes, int itemCount)
    {
        var schema = model.Vocabulary.ItemFeatures;
        if (schema.Columns.Count == 0) return model;
        var features = FeatureTable.Of(schema, attributes, [.. Enumerable.Range(0, itemCount)]);
        int[] items = [.. Enumerable.Range(0, itemCount).Where(item => model.Vocabulary.RowOf(item) >= 0 || features.Has(item))];
        var arrays = model.Parameters.ToDictionary();
        arrays[SequenceModel.ItemTableName] = new Weights([items.Length, model.Options.Dimensions], Vectors(model, features, items));
        return model with
        {
            Vocabulary = new Vocabulary(itemCount, items, model.Vocabulary.EventTypes) { UserFeatures = model.Vocabulary.UserFeatures }, Parameters = arrays,
        };
    }

    /// <returns>(items × D)</returns>
    private static float[] Vectors(TrainedModel model, FeatureTable features, int[] items)
    {
        var (width, own) = (model.Options.Dimensions, model.Parameters[SequenceModel.ItemTableName].Values);
        var vectors = new float[(long)items.Length * width];
        for (var at = 0; at < items.Length; at++)
            if (model.Vocabulary.RowOf(items[at]) is >= 0 and var row) own.AsSpan(row * width, width).CopyTo(vectors.AsSpan(at * width));
        using var network = SequenceModel.Of(model.Vocabulary, model.Options);
        network.Load(model.Parameters);
        Add(network, features, items, vectors, CPU);
        return vectors;
    }

    /// <summary>Adds the features' part to items' own vectors.</summary>
    /// <param name="places">(n) of the items among the features</param>
    /// <param name="vectors">(n × D)</param>
    public static void Add(SequenceModel network, FeatureTable features, ReadOnlySpan<int> places, float[] vectors, Device device)
    {
        using var withoutGradients = no_grad();
        var width = vectors.Length / Math.Max(1, places.Length);
        for (var start = 0; start < places.Length; start += RowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var some = places.Slice(start, Math.Min(RowsAtOnce, places.Length - start));
            using var input = FeatureInput.Of(features.Take(some), device);
            var ids = tensor(vectors.AsSpan(start * width, some.Length * width).ToArray(), [some.Length, width], device: device);
            network.Fused(ids, input).cpu().data<float>().ToArray().CopyTo(vectors.AsSpan(start * width));
        }
    }
}
