using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train.Encoders;
using BatchRec.Train.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// A trained SASRec as a recommender. It knows no users: a history is all it asks for, so that a user who is new since training is served as any
/// other. Items it wasn't trained on are skipped in histories and score -∞, unless their attributes tell it what they are; a history without any other can't be
/// scored (<see cref="CanScore"/>) and gives -∞ throughout.
/// </summary>
/// <remarks>Not safe for several threads at once: libtorch itself uses all of the cores.</remarks>
public sealed class SasrecRecommender : IVectorRecommender, IDisposable
{
    // With a row for every item that it has a vector of.
    private readonly TrainedModel _model;
    private readonly Vocabulary _candidates;
    private readonly Device _device;
    private readonly SequenceModel _network;
    private readonly Tensor _items;
    private readonly float[] _itemVectors;

    // As it was trained, and what is known of the items now.
    private readonly TrainedModel _trained;
    private readonly Attributes _attributes;
    private readonly Run[] _runs;

    /// <param name="itemCount">Size of the catalogue to score, at least the model's; items that came after training score -∞.</param>
    /// <param name="device">cpu or cuda</param>
    /// <param name="items">What is known of the items now, for a model that takes their features.</param>
    /// <param name="untouchedItems">Items that it knows by their attributes alone are scored too.</param>
    public SasrecRecommender(TrainedModel model, int itemCount, string device = "cpu", Attributes? items = null, bool untouchedItems = false)
    {
        if (itemCount < model.Vocabulary.ItemCount)
            throw new ArgumentException($"The model was trained on a catalogue of {model.Vocabulary.ItemCount:N0} items; {itemCount:N0} are fewer, so they are not of the same id map.");
        (_trained, _attributes) = (model, items ?? Attributes.None);
        (_model, ItemCount, _device) = (FusedItems.Of(model, _attributes, itemCount), itemCount, TrainDevice.Of(device));
        _candidates = untouchedItems ? _model.Vocabulary : model.Vocabulary;
        AttributesHash = ReferenceEquals(_model, model) ? "" : HashOf(_model, _candidates.Items);
        _runs = Runs(_candidates.Items, _model.Vocabulary);
        _network = SequenceModel.Of(_model.Vocabulary, _model.Options);
        _network.Load(_model.Parameters);
        _network.to(_device);
        using (no_grad())
        using (var scope = NewDisposeScope())
        {
            _items = _network.ItemVectors().contiguous().DetachFromDisposeScope();                     // (V, D)
            _itemVectors = Expand(_network.ItemVectors().cpu().data<float>().ToArray());
        }
    }

    public string Name => _model.Options.Encoder;

    public int ItemCount { get; }

    /// <summary>Width D of user and item vectors.</summary>
    public int Dimensions => _model.Options.Dimensions;

    /// <summary>
    /// (ItemCount × D) by item index; user vector · item vector is the score. Zeros where <see cref="Knows"/> is false: those must be left out, since
    /// other items may well score below 0.
    /// </summary>
    public ReadOnlySpan<float> ItemVectors => _itemVectors;

    /// <summary>Whether an item had an event in the training log, or may be scored by its attributes.</summary>
    public bool Knows(int item) => _candidates.RowOf(item) >= 0;

    /// <summary>Whether an item had an event in the training log.</summary>
    internal bool Learnt(int item) => _trained.Vocabulary.RowOf(item) >= 0;

    /// <summary>A hash of the vectors of all items that it scores, where they follow from attributes too, which change; empty where the model alone decides.</summary>
    public string AttributesHash { get; }

    /// <summary>(D) the vector that an item which it doesn't score has in histories; empty where it has none there, or is in <see cref="AttributesHash"/>.</summary>
    public ReadOnlySpan<float> VectorInHistories(int item) => !Knows(item) && _model.Vocabulary.RowOf(item) is >= 0 and var row ? VectorAt(_model, row) : [];

    /// <summary>The vectors of the items' features; null where it takes none.</summary>
    internal FeatureVectors? FeatureVectors() => Features.FeatureVectors.Of(_trained, _attributes, ItemCount);

    /// <summary>Attributes of the user that it is told beside the history.</summary>
    public IReadOnlyList<string> UserAttributes => [.. _model.Vocabulary.UserFeatures.Columns.Select(column => column.Name)];

    /// <summary>Whether a history holds any item that the model has a vector of.</summary>
    public bool CanScore(Sequences log, Query query)
    {
        for (var at = query.End - 1; at >= log.Offsets[query.User]; at--)
            if (_model.Vocabulary.RowOf(log.Items[at]) >= 0) return true;
        return false;
    }

    /// <returns>(queries × D) user vectors, row-major; zeros where <see cref="CanScore"/> is false</returns>
    public float[] Encode(Sequences log, ReadOnlySpan<Query> queries) => UserVectors.Of(_network, _model.Vocabulary, _model.Options, _device, log, queries);

    /// <summary>What the vector of a query's user attends to: by the graph, and so for one user at a time.</summary>
    /// <param name="longest">The vector is that of a history of no more than the last events that the model knows: room grows with their square.</param>
    /// <returns>null where <see cref="CanScore"/> is false</returns>
    public AttendedHistory? Attention(Sequences log, Query query, int longest = int.MaxValue)
    {
        var options = _model.Options with { MaxLength = Math.Min(longest, _model.Options.MaxLength) };
        var events = UserVectors.History(_model.Vocabulary, log, query, options.MaxLength);
        if (events.Length == 0) return null;
        _network.Attention.Start();
        try
        {
            UserVectors.Of(_network, _model.Vocabulary, options, _device, log, [query]);
            return new AttendedHistory(events, _network.Attention.OfLast(events.Length));
        }
        finally
        {
            _network.Attention.Stop();
        }
    }

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        scores.Fill(float.NegativeInfinity);
        var users = Encode(log, queries);
        var (rows, chunk) = (_model.Vocabulary.Rows, Scores.Chunk(_model.Vocabulary.Rows));
        for (var start = 0; start < queries.Length; start += chunk)
        {
            var count = Math.Min(chunk, queries.Length - start);
            using var known = Scores.Of(users.AsSpan(start * Dimensions, count * Dimensions), _items);   // (chunk, V)
            var from = MemoryMarshal.Cast<byte, float>(known.bytes);
            for (var i = 0; i < count; i++)
            {
                if (!CanScore(log, queries[start + i])) continue;
                foreach (var run in _runs) from.Slice(i * rows + run.Row, run.Length).CopyTo(scores[((start + i) * ItemCount + run.Item)..]);
            }
        }
    }

    private static string HashOf(TrainedModel model, int[] items)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(items.AsSpan()));
        foreach (var item in items) hash.AppendData(MemoryMarshal.AsBytes(VectorAt(model, model.Vocabulary.RowOf(item))));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static ReadOnlySpan<float> VectorAt(TrainedModel model, int row) =>
        model.Parameters[SequenceModel.ItemTableName].Values.AsSpan(row * model.Options.Dimensions, model.Options.Dimensions);

    /// <summary>Rows whose items follow one another: as a rule nearly all of them, since few items of the id map are unknown.</summary>
    private static Run[] Runs(int[] items, Vocabulary rows)
    {
        var runs = new List<Run>();
        for (var from = 0; from < items.Length;)
        {
            var end = from + 1;
            while (end < items.Length && items[end] == items[end - 1] + 1) end++;
            runs.Add(new Run(rows.RowOf(items[from]), items[from], end - from));
            from = end;
        }
        return [.. runs];
    }

    private readonly record struct Run(int Row, int Item, int Length);

    private float[] Expand(float[] known)
    {
        var vectors = new float[(long)ItemCount * Dimensions];
        foreach (var item in _candidates.Items)
            Array.Copy(known, (long)_model.Vocabulary.RowOf(item) * Dimensions, vectors, (long)item * Dimensions, Dimensions);
        return vectors;
    }

    public void Dispose()
    {
        _items.Dispose();
        _network.Dispose();
    }
}
