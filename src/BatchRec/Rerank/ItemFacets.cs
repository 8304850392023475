using System.Numerics.Tensors;
using BatchRec.Train;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Rerank;

/// <summary>
/// The vectors that an item is known by, Y: its own, which histories are made of too, those of its attributes, and those of the items that come before it most. They are the
/// trained model's, and stay as they are.
/// </summary>
internal sealed class ItemFacets : IDisposable
{
    // (items) row of an item's own vector; -1 where the model doesn't know it
    private readonly int[] _rowOf;

    // (items × M)
    private readonly int[] _facets;

    /// <param name="predecessors">(items of training × n) <see cref="Predecessors"/></param>
    /// <param name="count">n</param>
    public ItemFacets(SasrecRecommender model, int[] predecessors, int count, Device device)
    {
        var (attributes, width) = (model.FeatureVectors(), model.Dimensions);
        int[] known = [.. Enumerable.Range(0, model.ItemCount).Where(model.Knows)];
        Count = 1 + (attributes?.Features ?? 0) + count;
        _rowOf = new int[model.ItemCount];
        Array.Fill(_rowOf, -1);
        for (var row = 0; row < known.Length; row++) _rowOf[known[row]] = row;
        _facets = new int[model.ItemCount * Count];
        Array.Fill(_facets, -1);

        var own = new List<float>(known.Length * width);
        foreach (var item in known) own.AddRange(model.ItemVectors.Slice(item * width, width));
        var told = new List<float>();
        foreach (var item in known)
        {
            var facets = _facets.AsSpan(item * Count, Count);
            facets[0] = _rowOf[item];
            for (var feature = 0; feature < attributes?.Features; feature++)
            {
                if (attributes.Of(item, feature) is not { IsEmpty: false } vector) continue;
                facets[1 + feature] = known.Length + told.Count / width;
                told.AddRange(vector);
            }
            for (var i = 0; i < count && (item + 1) * count <= predecessors.Length; i++)
                if (predecessors[item * count + i] is >= 0 and var before) facets[Count - count + i] = _rowOf[before];
        }
        Table = tensor((float[])[.. Even(own), .. Even(told)], [known.Length + told.Count / width, width], device: device).DetachFromDisposeScope();
    }

    /// <summary>M</summary>
    public int Count { get; }

    /// <summary>(R, D)</summary>
    public torch.Tensor Table { get; }

    /// <summary>Row of an item's own vector; -1 where the model doesn't know it.</summary>
    public int RowOf(int item) => (uint)item < (uint)_rowOf.Length ? _rowOf[item] : -1;

    /// <summary>(M) rows of <see cref="Table"/>; -1 where there is none</summary>
    public ReadOnlySpan<int> Of(int item) => _facets.AsSpan(item * Count, Count);

    /// <summary>Numbers whose mean square is 1, whatever lengths the model gives its vectors.</summary>
    private static float[] Even(List<float> vectors)
    {
        float[] values = [.. vectors];
        var square = values.Length == 0 ? 0 : TensorPrimitives.SumOfSquares<float>(values) / values.Length;
        if (square > 0) TensorPrimitives.Divide(values, MathF.Sqrt(square), values);
        return values;
    }

    public void Dispose() => Table.Dispose();
}
