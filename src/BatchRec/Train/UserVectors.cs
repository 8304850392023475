using BatchRec.Interactions;
using BatchRec.Train.Encoders;
using BatchRec.Train.Features;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>Histories → user vectors, by length and without gradients.</summary>
internal static class UserVectors
{
    /// <summary>Positions in one pass: enough to keep the cores busy, little enough to stay in the cache.</summary>
    private const int PositionsAPass = 16384;

    /// <param name="log">The sequences that the queries point into; later events are never read.</param>
    /// <param name="table">(V, D) items' vectors with their features; null: the network's own table</param>
    /// <returns>(queries × D) row-major; zeros for a history without an item that the model knows</returns>
    public static float[] Of(SequenceModel network, Vocabulary vocabulary, TrainOptions options, Device device, Sequences log, ReadOnlySpan<Query> queries, Tensor? table = null, CancellationToken ct = default)
    {
        var vectors = new float[(long)queries.Length * options.Dimensions];
        var (events, features) = (new EventInputs(options, vocabulary, log), vocabulary.UserFeatures);
        // (events) absolute indices
        var histories = new long[queries.Length][];
        for (var i = 0; i < queries.Length; i++) histories[i] = History(vocabulary, log, queries[i], options.MaxLength);
        var asked = queries.ToArray();
        var order = Enumerable.Range(0, queries.Length).Where(i => histories[i].Length > 0).ToArray();
        Array.Sort(order, (a, b) => histories[a].Length != histories[b].Length ? histories[a].Length.CompareTo(histories[b].Length) : a.CompareTo(b));

        network.DropoutSeed = null;
        using var withoutGradients = no_grad();
        for (var end = order.Length; end > 0;)
        {
            ct.ThrowIfCancellationRequested();
            // The longest come first: memory is at its peak in the first pass, not at the end of the work.
            var length = Batches.Padded(histories[order[end - 1]].Length);
            var rows = order.AsSpan(Math.Max(0, end - Math.Max(1, PositionsAPass / length))..end);
            Encode(rows, length);
            end -= rows.Length;
        }
        return vectors;

        void Encode(ReadOnlySpan<int> rows, int length)
        {
            using var scope = NewDisposeScope();
            var size = rows.Length * length;
            var (items, told) = (new int[size], events.Block(size));
            var lengths = rows.ToArray().Select(row => histories[row].Length).ToArray();
            var (last, waits) = (new long[rows.Length], new int[events.HasWaits ? rows.Length : 0]);
            for (var row = 0; row < rows.Length; row++)
            {
                var (history, query, place) = (histories[rows[row]], asked[rows[row]], row * length);
                foreach (var at in history)
                {
                    items[place] = vocabulary.RowOf(log.Items[at]);
                    events.Tell(at, log.Offsets[query.User], told, place);
                    place++;
                }
                last[row] = place - 1;
                if (events.HasWaits) waits[row] = events.Wait(history[^1], query.Time);
            }
            using var users = features.Columns.Count == 0 ? null : FeatureInput.Of(FeatureTable.Of(features, log.UserAttributes, Array.ConvertAll(rows.ToArray(), row => asked[row].User)), device);
            var outputs = network.Pass(tensor(items, [rows.Length, length], device: device), lengths, told.ToTensors(rows.Length, device), table, users).Outputs;   // (B, L, D)
            var ends = outputs.view(-1, options.Dimensions).index_select(0, tensor(last, device: device));                                  // (B, D)
            var own = network.UserVectors(ends, events.HasWaits ? tensor(waits, device: device) : null);
            var values = own.cpu().data<float>().ToArray();
            for (var row = 0; row < rows.Length; row++)
                Array.Copy(values, (long)row * options.Dimensions, vectors, (long)rows[row] * options.Dimensions, options.Dimensions);
        }
    }

    /// <summary>The last events before the query whose items the model knows, as absolute indices.</summary>
    public static long[] History(Vocabulary vocabulary, Sequences log, Query query, int longest)
    {
        var events = new List<long>();
        for (var at = query.End - 1; at >= log.Offsets[query.User] && events.Count < longest; at--)
            if (vocabulary.RowOf(log.Items[at]) >= 0) events.Add(at);
        events.Reverse();
        return [.. events];
    }
}
