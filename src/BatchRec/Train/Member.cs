using BatchRec.Interactions;
using BatchRec.Train.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>One trained network, ready to make user vectors.</summary>
internal sealed class Member : IDisposable
{
    private readonly Device _device;

    /// <param name="model">With a row for every item that it has a vector of.</param>
    public Member(TrainedModel model, Device device)
    {
        (Model, _device, Network) = (model, device, SequenceModel.Of(model.Vocabulary, model.Options));
        Network.Load(model.Parameters);
        Network.to(device);
    }

    public TrainedModel Model { get; }

    public SequenceModel Network { get; }

    /// <returns>(queries × D) row-major; zeros for a history without an item that the model knows</returns>
    public float[] Encode(Sequences log, ReadOnlySpan<Query> queries) => UserVectors.Of(Network, Model.Vocabulary, Model.Options, _device, log, queries);

    /// <inheritdoc cref="SasrecRecommender.Attention"/>
    public AttendedHistory? Attention(Sequences log, Query query, int longest)
    {
        var options = Model.Options with { MaxLength = Math.Min(longest, Model.Options.MaxLength) };
        var events = UserVectors.History(Model.Vocabulary, log, query, options.MaxLength);
        if (events.Length == 0) return null;
        Network.Attention.Start();
        try
        {
            UserVectors.Of(Network, Model.Vocabulary, options, _device, log, [query]);
            return new AttendedHistory(events, Network.Attention.OfLast(events.Length));
        }
        finally
        {
            Network.Attention.Stop();
        }
    }

    /// <summary>(D) an item's vector as it is in histories</summary>
    public ReadOnlySpan<float> VectorAt(int row) => Model.Parameters[SequenceModel.ItemTableName].Values.AsSpan(row * Model.Options.Dimensions, Model.Options.Dimensions);

    public void Dispose() => Network.Dispose();
}
