using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Rerank;

/// <summary>A step's cases: the target at the first place, then negatives drawn from its candidates, by seed, epoch and case alone.</summary>
internal sealed class RerankBatch
{
    private const float Absent = -1e9f;

    public RerankBatch(Sequences train, RerankCases cases, int[] which, ItemFacets facets, RerankOptions options, ulong seed, int epoch)
    {
        var histories = Array.ConvertAll(which, i => History(train, cases.Queries[i], facets, options.History));
        var (length, candidates) = (Math.Max(1, histories.Max(history => history.Length)), 1 + options.Negatives);
        var (events, rows) = (new int[which.Length * length], new int[which.Length * candidates * facets.Count]);
        Array.Fill(events, -1);
        Array.Fill(rows, -1);
        Missing = new float[which.Length * candidates];
        for (var row = 0; row < which.Length; row++)
        {
            histories[row].CopyTo(events, row * length);
            var random = Randomness.At(seed, 9, (ulong)epoch, (ulong)which[row]);
            var drawn = (int[])cases.Candidates[which[row]].Clone();
            random.Shuffle<int>(drawn);
            for (var place = 0; place < candidates; place++)
            {
                if (place > drawn.Length) Missing[row * candidates + place] = Absent;
                else facets.Of(place == 0 ? cases.Targets[which[row]] : drawn[place - 1]).CopyTo(rows.AsSpan((row * candidates + place) * facets.Count));
            }
        }
        Input = new CoAttentionInput(which.Length, length, candidates, facets.Count, events, rows);
    }

    public CoAttentionInput Input { get; }

    /// <summary>(B × C) to be added to scores: what drowns a place without a candidate</summary>
    public float[] Missing { get; }

    /// <summary>Rows of the last events' items that the model knows, the latest first.</summary>
    public static int[] History(Sequences log, Query query, ItemFacets facets, int longest)
    {
        var rows = new List<int>();
        for (var at = query.End - 1; at >= log.Offsets[query.User] && rows.Count < longest; at--)
            if (facets.RowOf(log.Items[at]) is >= 0 and var row) rows.Add(row);
        return [.. rows];
    }
}
