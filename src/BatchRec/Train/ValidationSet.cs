using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Train;

/// <summary>What early stopping looks at: one held-out target a query, ranked among all known items.</summary>
/// <param name="Log">The sequences that the queries point into.</param>
/// <param name="Queries">(queries) histories that end before their target</param>
/// <param name="Targets">(queries) item index of the event that came next</param>
/// <param name="Seen">What is left out of a query's ranking, except the target itself.</param>
public sealed record ValidationSet(Sequences Log, Query[] Queries, int[] Targets, SeenItems Seen)
{
    /// <summary>At most <paramref name="count"/> queries (0: all), drawn by seed, in their original order.</summary>
    public ValidationSet Sample(int count, ulong seed)
    {
        if (count == 0 || count >= Queries.Length) return this;
        var order = Enumerable.Range(0, Queries.Length).ToArray();
        Randomness.At(seed, 2).Shuffle<int>(order);
        var chosen = order[..count];
        Array.Sort(chosen);
        return this with { Queries = Array.ConvertAll(chosen, i => Queries[i]), Targets = Array.ConvertAll(chosen, i => Targets[i]) };
    }
}
