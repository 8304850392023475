using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Rerank;

/// <summary>A step's cases: the target at the first place, then negatives drawn from its candidates, by seed, epoch and case alone.</summary>
internal sealed class RerankBatch
{
    public RerankBatch(Sequences train, RerankCases cases, int[] which, ItemFacets facets, RerankOptions options, ulong seed, int epoch)
    {
        var histories = Array.ConvertAll(which, i => History(train, cases.Queries[i], facets, options.History));
        var (length, candidates) = (Math.Max(1, histories.Max(history => history.Length)), 1 + options.Negatives);
        var (events, rows) = (new int[which.Length * length], new int[which.Length * candidates * facets.Count]);
        Array.Fill(events, -1);
        Array.Fill(rows, -1);
        Offsets = new float[which.Length * candidates];
        Array.Fill(Offsets, CoAttention.Absent);
        for (var row = 0; row < which.Length; row++)
        {
            histories[row].CopyTo(events, row * length);
            var (items, scores) = (cases.Candidates[which[row]], cases.Scores[which[row]]);
            var drawn = Enumerable.Range(0, items.Length).ToArray();
            Randomness.At(seed, 9, (ulong)epoch, (ulong)which[row]).Shuffle(drawn.AsSpan(1));
            for (var place = 0; place < Math.Min(candidates, items.Length); place++)
            {
                facets.Of(items[drawn[place]]).CopyTo(rows.AsSpan((row * candidates + place) * facets.Count));
                Offsets[row * candidates + place] = scores[drawn[place]];
            }
        }
        Input = new CoAttentionInput(which.Length, length, candidates, facets.Count, events, rows);
    }

    public CoAttentionInput Input { get; }

    /// <summary>(B × C) the model's scores, to which the re-ranker's are added; what drowns a place without a candidate</summary>
    public float[] Offsets { get; }

    /// <summary>Rows of the last events' items that the model knows, the latest first.</summary>
    public static int[] History(Sequences log, Query query, ItemFacets facets, int longest)
    {
        var rows = new List<int>();
        for (var at = query.End - 1; at >= log.Offsets[query.User] && rows.Count < longest; at--)
            if (facets.RowOf(log.Items[at]) is >= 0 and var row) rows.Add(row);
        return [.. rows];
    }
}
