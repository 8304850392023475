using BatchRec.Evaluate.Metrics;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Rerank;

/// <summary>
/// Finds the re-ranker's weight on validation cases: that of the best NDCG@10, if its gain on users that it wasn't fitted on lies above 0 one-sided at 95 %, as the verdict's does; else 0.
/// </summary>
public static class RerankFit
{
    private const int Folds = 5, Depth = 10, MostCases = 8_192;

    /// <summary>Standard errors that a gain has to exceed: the normal distribution's 95 %.</summary>
    private const double Sure = 1.645;

    private static readonly double[] Weights = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5];

    /// <param name="validation">Cases that neither the re-ranker nor what it re-ranks has learnt from.</param>
    /// <param name="found">What is re-ranked: the blend, or the model.</param>
    /// <param name="seen">What isn't recommended.</param>
    /// <returns>null where there is too little to fit on</returns>
    public static RerankWeight? Of(Split validation, ISearchedRecommender found, Reranker reranker, SeenItems seen, ulong seed, CancellationToken ct)
    {
        var (users, gains) = Measured(validation, found, reranker, seen, seed, ct);
        if (users.Length < Folds) return null;
        var foldOf = Array.ConvertAll(users, user => (int)(Sample.Hash(seed + 1, (ulong)user) % Folds));
        // Few users may share a fold.
        if (foldOf.Distinct().Count() < 2) return null;
        var ofFolds = Enumerable.Range(0, Folds).Select(fold => Best(gains.Where((_, i) => foldOf[i] != fold).ToList())).ToArray();
        var (held, best) = (gains.Select((own, i) => own[ofFolds[foldOf[i]]]).ToArray(), Best(gains));
        var differences = held.Zip(gains, (after, own) => after - own[0]).ToArray();
        var (gain, before) = (differences.Average(), gains.Average(own => own[0]));
        var error = Math.Sqrt(differences.Sum(difference => (difference - gain) * (difference - gain)) / (users.Length - 1) / users.Length);
        var helps = best > 0 && gain > Sure * error;
        return new RerankWeight
        {
            Base = found.Name, Weight = helps ? Weights[best] : 0, Cases = users.Length, Ndcg10 = helps ? before + gain : before, BaseNdcg10 = before,
            Reason = $"On {users.Length:N0} validation cases, in {Folds} folds by user, re-ranking the best {reranker.Candidates} of {found.Name} has NDCG@10 {before + gain:F4} where they have {before:F4} as they are "
                + $"({gain:+0.0000;-0.0000}, standard error {error:F4}): {(helps ? $"re-ranked with weight {Weights[best]}" : "they stay as they are")}.",
        };
    }

    /// <returns>whose each case is, and (cases)(weights) NDCG@10; cases without any target that could be listed are left out</returns>
    private static (int[] Users, List<double[]> Ndcg10) Measured(Split validation, ISearchedRecommender found, Reranker reranker, SeenItems seen, ulong seed, CancellationToken ct)
    {
        var search = found.Search([]) ?? throw new ArgumentException($"{found.Name} can't be searched.", nameof(found));
        var room = Array.Empty<int>();
        var cases = Sample.Positions(validation.Cases.Count, MostCases, i => validation.Cases.Queries[i].User, seed)
            .Where(i => search.CanServe(validation.Log, validation.Cases.Queries[i]))
            .Select(i => (Query: validation.Cases.Queries[i], Targets: validation.Cases.TargetsOf(i).ToArray().Except(seen.Of(validation.Log, validation.Cases.Queries[i], ref room).ToArray()).ToArray()))
            .Where(one => one.Targets.Length > 0).ToArray();
        var lists = new (int[] Items, float[] Scores)[cases.Length];
        search.Find(validation.Log, Array.ConvertAll(cases, one => one.Query), reranker.Candidates, (int i, ref int[] own) => seen.Of(validation.Log, cases[i].Query, ref own),
            (i, items, scores) => lists[i] = (items.ToArray(), scores.ToArray()), ct);
        var ndcg = new List<double[]>();
        foreach (var ((query, targets), (items, scores)) in cases.Zip(lists))
        {
            ct.ThrowIfCancellationRequested();
            var list = new RerankedList(items, scores, reranker.Scores(validation.Log, query, items));
            ndcg.Add(Array.ConvertAll(Weights, weight => Ndcg.At(Depth, list.Order(weight).Items, targets)));
        }
        return (Array.ConvertAll(cases, one => one.Query.User), ndcg);
    }

    /// <summary>Place of the best weight, the smallest of those.</summary>
    private static int Best(List<double[]> ndcg)
    {
        var means = Enumerable.Range(0, Weights.Length).Select(weight => ndcg.Average(own => own[weight])).ToArray();
        return Array.IndexOf(means, means.Max());
    }
}
