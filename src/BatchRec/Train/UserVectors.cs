using BatchRec.Interactions;
using BatchRec.Train.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>Histories → user vectors, by length and without gradients.</summary>
internal static class UserVectors
{
    /// <summary>Positions in one pass: enough to keep the cores busy, little enough to stay in the cache.</summary>
    private const int PositionsAPass = 16384;

    /// <param name="log">The sequences that the queries point into; later events are never read.</param>
    /// <returns>(queries × D) row-major; zeros for a history without an item that the model knows</returns>
    public static float[] Of(SequenceModel network, Vocabulary vocabulary, TrainOptions options, Device device, Sequences log, ReadOnlySpan<Query> queries, CancellationToken ct = default)
    {
        var vectors = new float[(long)queries.Length * options.Dimensions];
        var histories = new int[queries.Length][];
        for (var i = 0; i < queries.Length; i++) histories[i] = History(vocabulary, log, queries[i], options.MaxLength);
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
            var (items, last) = (new int[rows.Length * length], new long[rows.Length]);
            for (var row = 0; row < rows.Length; row++)
            {
                var history = histories[rows[row]];
                history.CopyTo(items, row * length);
                last[row] = (long)row * length + history.Length - 1;
            }
            var outputs = network.forward(tensor(items, [rows.Length, length], device: device));                                   // (B, L, D)
            var users = network.UserVectors(outputs.view(-1, options.Dimensions).index_select(0, tensor(last, device: device)));    // (B, D)
            var values = users.cpu().data<float>().ToArray();
            for (var row = 0; row < rows.Length; row++)
                Array.Copy(values, (long)row * options.Dimensions, vectors, (long)rows[row] * options.Dimensions, options.Dimensions);
        }
    }

    /// <summary>The last events before the query whose items the model knows, as vocabulary rows.</summary>
    private static int[] History(Vocabulary vocabulary, Sequences log, Query query, int longest)
    {
        var rows = new List<int>();
        for (var at = query.End - 1; at >= log.Offsets[query.User] && rows.Count < longest; at--)
        {
            var row = vocabulary.RowOf(log.Items[at]);
            if (row >= 0) rows.Add(row);
        }
        rows.Reverse();
        return [.. rows];
    }
}
