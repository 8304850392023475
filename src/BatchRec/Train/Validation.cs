using System.Runtime.InteropServices;
using BatchRec.Train.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>NDCG@10 of a network in training, in full rankings.</summary>
internal static class Validation
{
    /// <returns>Mean over all queries; one whose history or target the model doesn't know counts as a miss.</returns>
    /// <param name="table">(V, D) <see cref="Learner.ItemTable"/></param>
    public static double Ndcg(SequenceModel network, Tensor? table, Vocabulary vocabulary, TrainOptions options, ValidationSet set, CancellationToken ct)
    {
        using var withoutGradients = no_grad();
        using var scope = NewDisposeScope();
        var on = TrainDevice.Of(options.Device);
        var vectors = UserVectors.Of(network, vocabulary, options, on, set.Log, set.Queries, table, ct);
        var items = network.ItemVectors(table ?? network.ItemTable);                                                     // (V, D)
        var (sum, room) = (0.0, Array.Empty<int>());
        var chunk = Scores.Chunk(vocabulary.Rows);
        for (var start = 0; start < set.Queries.Length; start += chunk)
        {
            ct.ThrowIfCancellationRequested();
            var users = vectors.AsSpan(start * options.Dimensions, Math.Min(chunk, set.Queries.Length - start) * options.Dimensions);
            using var scores = Scores.Of(users, items);                                                // (chunk, V)
            var rows = MemoryMarshal.Cast<byte, float>(scores.bytes);
            for (var i = 0; i < scores.shape[0]; i++) sum += Gain(start + i, rows.Slice(i * vocabulary.Rows, vocabulary.Rows), users.Slice(i * options.Dimensions, options.Dimensions));
        }
        return sum / set.Queries.Length;

        double Gain(int query, Span<float> scores, ReadOnlySpan<float> user)
        {
            var target = vocabulary.RowOf(set.Targets[query]);
            // Only a history without a known item has the zero vector.
            if (target < 0 || !user.ContainsAnyExcept(0f)) return 0;
            Exclude(query, target, scores);
            return Ranking.Ndcg(Ranking.Of(target, scores));
        }

        void Exclude(int query, int target, Span<float> scores)
        {
            foreach (var item in set.Seen.Of(set.Log, set.Queries[query], ref room))
            {
                var row = vocabulary.RowOf(item);
                if (row >= 0 && row != target) scores[row] = float.NegativeInfinity;
            }
        }
    }
}
