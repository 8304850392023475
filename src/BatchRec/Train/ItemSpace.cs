using System.Numerics.Tensors;
using BatchRec.Runs;
using BatchRec.Train.Encoders;
using BatchRec.Train.Features;

namespace BatchRec.Train;

/// <summary>
/// A trained model's item vectors, at length 1: items that the model uses alike lie close to each other. Of several members the cosine is the mean of theirs. Read from the
/// model files alone, without libtorch.
/// </summary>
public sealed class ItemSpace
{
    private readonly Vocabulary _vocabulary;
    private readonly float[] _vectors;
    private readonly int _width;

    /// <param name="vectors">(rows × width), brought to length 1 in place</param>
    internal ItemSpace(Vocabulary vocabulary, float[] vectors, int width)
    {
        (_vocabulary, _vectors, _width) = (vocabulary, vectors, width);
        for (var row = 0; row < vocabulary.Rows; row++)
        {
            var vector = VectorAt(row);
            var length = TensorPrimitives.Norm<float>(vector);
            if (length > 0) TensorPrimitives.Divide(vector, length, vector);
        }
    }

    /// <summary>Null where the artefact has no model, or one without a table of items.</summary>
    /// <exception cref="BatchRecException">A file is damaged.</exception>
    public static ItemSpace? Of(Artefact model)
    {
        var members = ModelArtefact.FilesOf(model).Select(file => OfFile(model.PathOf(file))).ToArray();
        return members.Length == 0 || members.Contains(null) ? null : members.Length == 1 ? members[0] : SideBySide(members!);
    }

    private static ItemSpace? OfFile(string path)
    {
        var file = Safetensors.Read(path);
        if (!(file.Floats.TryGetValue(FusedItems.Table, out var weights) || file.Floats.TryGetValue(SequenceModel.ItemTableName, out weights)) || !file.Integers.TryGetValue(ModelFile.Items, out var items) || weights.Shape[0] != items.Length) return null;
        return new ItemSpace(new Vocabulary(items.Length == 0 ? 0 : items[^1] + 1, items), weights.Values, (int)weights.Shape[1]);
    }

    /// <summary>Members' unit vectors one behind the other: their product is the sum of the cosines.</summary>
    private static ItemSpace SideBySide(ItemSpace[] members)
    {
        var (vocabulary, width, place) = (members[0]._vocabulary, members.Sum(member => member._width), 0);
        var vectors = new float[(long)vocabulary.Rows * width];
        foreach (var member in members)
        {
            for (var row = 0; row < vocabulary.Rows; row++) member.VectorAt(row).CopyTo(vectors.AsSpan(row * width + place));
            place += member._width;
        }
        return new ItemSpace(vocabulary, vectors, width);
    }

    /// <summary>Whether the model was trained on the item (dense index).</summary>
    public bool Knows(int item) => _vocabulary.RowOf(item) >= 0;

    /// <summary>(D) an item's vector at length 1, where <see cref="Knows"/> is true.</summary>
    public ReadOnlySpan<float> UnitVectorOf(int item) => VectorAt(_vocabulary.RowOf(item));

    /// <summary>Cosine of two items' vectors, -1 to 1; null where the model doesn't know one of them.</summary>
    public double? Similarity(int item, int other) =>
        Knows(item) && Knows(other) ? TensorPrimitives.Dot<float>(VectorAt(_vocabulary.RowOf(item)), VectorAt(_vocabulary.RowOf(other))) : null;

    /// <summary>The items closest to one, the closest first.</summary>
    public IReadOnlyList<(int Item, double Similarity)> Nearest(int item, int count)
    {
        if (!Knows(item)) return [];
        var self = _vocabulary.RowOf(item);
        var best = new PriorityQueue<int, float>();
        for (var row = 0; row < _vocabulary.Rows; row++)
        {
            if (row == self) continue;
            best.Enqueue(row, TensorPrimitives.Dot<float>(VectorAt(self), VectorAt(row)));
            if (best.Count > count) best.Dequeue();
        }
        return [.. best.UnorderedItems.Select(one => (_vocabulary.Items[one.Element], (double)one.Priority)).OrderByDescending(one => one.Item2)];
    }

    private Span<float> VectorAt(int row) => _vectors.AsSpan(row * _width, _width);
}
