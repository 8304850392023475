using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;

namespace BatchRec.Rerank;

/// <summary>The items that come before an item most: counts of (item → one of the next three), each over the root of how often the first comes, since what is everywhere says little.</summary>
internal static class Predecessors
{
    private const int Gaps = 3;
    private const float Decay = 0.7f;

    /// <returns>(items × count), those that say most first; -1 where there are fewer</returns>
    public static int[] Of(Sequences log, int count)
    {
        var occurrences = Occurrences.Of(log);
        var found = new int[log.ItemCount * count];
        Array.Fill(found, -1);
        if (count == 0) return found;
        var rows = SparseRows.Build(log.ItemCount, count, (item, row) =>
        {
            for (var i = occurrences.Offsets[item]; i < occurrences.Offsets[item + 1]; i++)
            {
                var (position, weight) = (occurrences.Positions[i], 1f);
                var from = Math.Max(position - Gaps, log.Offsets[occurrences.Users[i]]);
                for (var before = position - 1; before >= from; before--, weight *= Decay)
                    if (log.Items[before] != item) row.Add(log.Items[before], weight);
            }
            row.Scale((before, sum) => sum / MathF.Sqrt(occurrences.Offsets[before + 1] - occurrences.Offsets[before]));
        });
        for (var item = 0; item < log.ItemCount; item++)
        {
            var at = item * count;
            foreach (var (before, _) in rows.Of(item).OrderByDescending(one => one.Weight).ThenBy(one => one.Column).Take(count)) found[at++] = before;
        }
        return found;
    }
}
