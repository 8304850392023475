using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// A trained SASRec as a recommender. It knows no users: a history is all it asks for, so that a user who is new since training is served as any
/// other. Items it wasn't trained on are skipped in histories and score -∞, unless their attributes tell it what they are; a history without any other can't be
/// scored (<see cref="CanScore"/>) and gives -∞ throughout. Of several members (<see cref="Ensemble"/>) the score is the mean of theirs: their vectors stand
/// side by side, so that everything behind it sees one model, and a wider one.
/// </summary>
/// <remarks>Not safe for several threads at once: libtorch itself uses all of the cores.</remarks>
public sealed class SasrecRecommender : IVectorRecommender, IDisposable
{
    private readonly Member[] _members;
    private readonly Vocabulary _candidates;
    private readonly torch.Tensor _items;
    private readonly float[] _itemVectors;

    // As they were trained, and what is known of the items now.
    private readonly IReadOnlyList<TrainedModel> _trained;
    private readonly Attributes _attributes;
    private readonly Run[] _runs;

    /// <param name="members">of one vocabulary</param>
    /// <param name="itemCount">Size of the catalogue to score, at least the model's; items that came after training score -∞.</param>
    /// <param name="device">cpu or cuda</param>
    /// <param name="items">What is known of the items now, for a model that takes their features.</param>
    /// <param name="untouchedItems">Items that it knows by their attributes alone are scored too.</param>
    public SasrecRecommender(IReadOnlyList<TrainedModel> members, int itemCount, string device = "cpu", Attributes? items = null, bool untouchedItems = false)
    {
        var vocabulary = members[0].Vocabulary;
        if (itemCount < vocabulary.ItemCount)
            throw new ArgumentException($"The model was trained on a catalogue of {vocabulary.ItemCount:N0} items; {itemCount:N0} are fewer, so they are not of the same id map.");
        if (members.FirstOrDefault(member => !member.Vocabulary.Items.AsSpan().SequenceEqual(vocabulary.Items)) is not null)
            throw new ArgumentException("The members were not trained on the same items, so they are not one model's.", nameof(members));
        (_trained, _attributes, ItemCount) = (members, items ?? Attributes.None, itemCount);
        var on = TrainDevice.Of(device);
        _members = [.. members.Select(member => new Member(FusedItems.Of(member, _attributes, itemCount), on))];
        _candidates = untouchedItems ? Known : vocabulary;
        AttributesHash = ReferenceEquals(_members[0].Model, members[0]) ? "" : HashOf(_candidates.Items);
        _runs = Runs(_candidates.Items, Known);
        using var withoutGradients = no_grad();
        using var scope = NewDisposeScope();
        _items = cat([.. _members.Select(member => member.Network.ItemVectors())], 1).contiguous().DetachFromDisposeScope();       // (V, D)
        _itemVectors = Expand(_items.cpu().data<float>().ToArray());
    }

    /// <inheritdoc cref="SasrecRecommender(IReadOnlyList{TrainedModel}, int, string, Attributes, bool)"/>
    public SasrecRecommender(TrainedModel model, int itemCount, string device = "cpu", Attributes? items = null, bool untouchedItems = false)
        : this([model], itemCount, device, items, untouchedItems)
    {
    }

    public string Name => _trained[0].Options.Encoder;

    public int ItemCount { get; }

    /// <summary>Width D of user and item vectors: of all members together.</summary>
    public int Dimensions => _members.Sum(member => member.Model.Options.Dimensions);

    /// <summary>With a row for every item that it has a vector of.</summary>
    private Vocabulary Known => _members[0].Model.Vocabulary;

    /// <summary>
    /// (ItemCount × D) by item index; user vector · item vector is the score. Zeros where <see cref="Knows"/> is false: those must be left out, since
    /// other items may well score below 0.
    /// </summary>
    public ReadOnlySpan<float> ItemVectors => _itemVectors;

    /// <summary>Whether an item had an event in the training log, or may be scored by its attributes.</summary>
    public bool Knows(int item) => _candidates.RowOf(item) >= 0;

    /// <summary>Whether an item had an event in the training log.</summary>
    internal bool Learnt(int item) => _trained[0].Vocabulary.RowOf(item) >= 0;

    /// <summary>A hash of the vectors of all items that it scores, where they follow from attributes too, which change; empty where the model alone decides.</summary>
    public string AttributesHash { get; }

    /// <summary>(D) the vector that an item which it doesn't score has in histories; empty where it has none there, or is in <see cref="AttributesHash"/>.</summary>
    public ReadOnlySpan<float> VectorInHistories(int item) => !Knows(item) && Known.RowOf(item) is >= 0 and var row ? VectorAt(row) : [];

    /// <summary>The vectors of the items' features; null where it takes none.</summary>
    internal FeatureVectors? FeatureVectors() => Features.FeatureVectors.Of(_trained, _attributes, ItemCount);

    /// <summary>Attributes of the user that it is told beside the history.</summary>
    public IReadOnlyList<string> UserAttributes => [.. Known.UserFeatures.Columns.Select(column => column.Name)];

    /// <summary>Whether a history holds any item that the model has a vector of.</summary>
    public bool CanScore(Sequences log, Query query)
    {
        for (var at = query.End - 1; at >= log.Offsets[query.User]; at--)
            if (Known.RowOf(log.Items[at]) >= 0) return true;
        return false;
    }

    /// <returns>(queries × D) user vectors, row-major; zeros where <see cref="CanScore"/> is false</returns>
    public float[] Encode(Sequences log, ReadOnlySpan<Query> queries)
    {
        if (_members.Length == 1) return _members[0].Encode(log, queries);
        var (vectors, width, place) = (new float[(long)queries.Length * Dimensions], Dimensions, 0);
        foreach (var member in _members)
        {
            var (own, part) = (member.Encode(log, queries), member.Model.Options.Dimensions);
            for (var i = 0; i < queries.Length; i++)
                // A product with the items' vectors is then the mean of the members' scores.
                TensorPrimitives.Divide(own.AsSpan(i * part, part), _members.Length, vectors.AsSpan(i * width + place, part));
            place += part;
        }
        return vectors;
    }

    /// <summary>What the vector of a query's user attends to, the mean of all members: by the graph, and so for one user at a time.</summary>
    /// <param name="longest">The vector is that of a history of no more than the last events that the model knows: room grows with their square.</param>
    /// <returns>null where <see cref="CanScore"/> is false</returns>
    public AttendedHistory? Attention(Sequences log, Query query, int longest = int.MaxValue)
    {
        if (_members[0].Attention(log, query, longest) is not { } attended) return null;
        foreach (var member in _members[1..]) TensorPrimitives.Add(attended.Weights, member.Attention(log, query, longest)!.Weights, attended.Weights);
        TensorPrimitives.Divide(attended.Weights, _members.Length, attended.Weights);
        return attended;
    }

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        scores.Fill(float.NegativeInfinity);
        var users = Encode(log, queries);
        var (rows, chunk) = (Known.Rows, Scores.Chunk(Known.Rows));
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

    private string HashOf(int[] items)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(items.AsSpan()));
        foreach (var item in items) hash.AppendData(MemoryMarshal.AsBytes(VectorAt(Known.RowOf(item))));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>(D) as it is in histories</summary>
    private ReadOnlySpan<float> VectorAt(int row) => _members.Length == 1 ? _members[0].VectorAt(row) : (float[])[.. _members.SelectMany(member => member.VectorAt(row).ToArray())];

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
        var width = Dimensions;
        var vectors = new float[(long)ItemCount * width];
        foreach (var item in _candidates.Items)
            Array.Copy(known, (long)Known.RowOf(item) * width, vectors, (long)item * width, width);
        return vectors;
    }

    public void Dispose()
    {
        _items.Dispose();
        foreach (var member in _members) member.Dispose();
    }
}
