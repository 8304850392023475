using BatchRec.Interactions;
using BatchRec.Recommend;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// A trained SASRec as a recommender. It knows no users: a history is all it asks for, so that a user who is new since training is served as any
/// other. Items it wasn't trained on are skipped in histories and score -∞; a history without any other can't be scored (<see cref="CanScore"/>) and gives
/// -∞ throughout.
/// </summary>
/// <remarks>Not safe for several threads at once: libtorch itself uses all of the cores.</remarks>
public sealed class SasrecRecommender : IRecommender, IDisposable
{
    /// <summary>Queries scored at once.</summary>
    private const int Chunk = 512;

    private readonly TrainedModel _model;
    private readonly Device _device;
    private readonly Sasrec _network;
    private readonly Tensor _items;
    private readonly float[] _itemVectors;

    /// <param name="itemCount">Size of the catalogue to score, at least the model's; items that came after training score -∞.</param>
    /// <param name="device">cpu or cuda</param>
    public SasrecRecommender(TrainedModel model, int itemCount, string device = "cpu")
    {
        if (itemCount < model.Vocabulary.ItemCount)
            throw new ArgumentException($"The model was trained on a catalogue of {model.Vocabulary.ItemCount:N0} items; {itemCount:N0} are fewer, so they are not of the same id map.");
        (_model, ItemCount, _device) = (model, itemCount, torch.device(device));
        _network = new Sasrec(model.Vocabulary.Rows, model.Options);
        _network.Load(model.Parameters);
        _network.to(_device);
        using (no_grad())
        using (var scope = NewDisposeScope())
        {
            _items = _network.ItemVectors().t().contiguous().DetachFromDisposeScope();                 // (D, V)
            _itemVectors = Expand(_network.ItemVectors().cpu().data<float>().ToArray());
        }
    }

    public string Name => "sasrec";

    public int ItemCount { get; }

    /// <summary>Width D of user and item vectors.</summary>
    public int Dimensions => _model.Options.Dimensions;

    /// <summary>
    /// (ItemCount × D) by item index; user vector · item vector is the score. Zeros where <see cref="Knows"/> is false: those must be left out, since
    /// other items may well score below 0.
    /// </summary>
    public ReadOnlySpan<float> ItemVectors => _itemVectors;

    /// <summary>Whether an item had an event in the training log.</summary>
    public bool Knows(int item) => _model.Vocabulary.RowOf(item) >= 0;

    /// <summary>Whether a history holds any item that the model knows.</summary>
    public bool CanScore(Sequences log, Query query)
    {
        for (var at = query.End - 1; at >= log.Offsets[query.User]; at--)
            if (Knows(log.Items[at])) return true;
        return false;
    }

    /// <returns>(queries × D) user vectors, row-major; zeros where <see cref="CanScore"/> is false</returns>
    public float[] Encode(Sequences log, ReadOnlySpan<Query> queries) => UserVectors.Of(_network, _model.Vocabulary, _model.Options, _device, log, queries);

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        scores.Fill(float.NegativeInfinity);
        using var withoutGradients = no_grad();
        for (var start = 0; start < queries.Length; start += Chunk)
        {
            var chunk = queries.Slice(start, Math.Min(Chunk, queries.Length - start));
            using var scope = NewDisposeScope();
            var users = tensor(Encode(log, chunk), [chunk.Length, Dimensions], device: _device);
            var known = users.mm(_items).cpu().data<float>().ToArray();                                // (chunk, V)
            var rows = _model.Vocabulary.Items;
            for (var i = 0; i < chunk.Length; i++)
            {
                if (!CanScore(log, chunk[i])) continue;
                var from = known.AsSpan(i * rows.Length, rows.Length);
                var to = scores.Slice((start + i) * ItemCount, ItemCount);
                for (var row = 0; row < rows.Length; row++) to[rows[row]] = from[row];
            }
        }
    }

    private float[] Expand(float[] known)
    {
        var vectors = new float[(long)ItemCount * Dimensions];
        for (var row = 0; row < _model.Vocabulary.Rows; row++)
            Array.Copy(known, (long)row * Dimensions, vectors, (long)_model.Vocabulary.Items[row] * Dimensions, Dimensions);
        return vectors;
    }

    public void Dispose()
    {
        _items.Dispose();
        _network.Dispose();
    }
}
