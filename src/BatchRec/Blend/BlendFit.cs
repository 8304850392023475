using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>
/// Finds a blend's weights on validation cases: the likeliest for everybody, or by length of history, or those with the best NDCG@10, or none at
/// all but the best part's; whichever has the best NDCG@10 on users that it wasn't fitted on.
/// </summary>
public static class BlendFit
{
    private const int Folds = 5;

    /// <summary>Keeps the fit defined where parts say the same, or nothing.</summary>
    private const double FaintPrecision = 0.1;

    /// <summary>A class of lengths departs from everybody's weights as its cases outweigh this.</summary>
    private const double ClassPrecision = 50;

    /// <summary>A way to weigh: (classes of <see cref="HistoryLength"/> × parts).</summary>
    private sealed record Way(string Name, double[][] Weights);

    /// <param name="validation">Cases that no part has learnt from; the baselines among the parts were fitted on its training part.</param>
    /// <param name="parts">The model, if there is one, and baselines.</param>
    /// <param name="seen">What isn't recommended.</param>
    /// <returns>null where there is nothing to blend, or nothing to fit on</returns>
    public static BlendWeights? Of(Split validation, IReadOnlyList<IRecommender> parts, SeenItems seen, BlendOptions options, ulong seed, CancellationToken ct)
    {
        if (parts.Count < 2) return null;
        var sample = Sample.Positions(validation.Cases.Count, options.MaxCases, i => validation.Cases.Queries[i].User, seed);
        var cases = new BlendCases(validation with { Cases = validation.Cases.Pick(sample) }, parts, seen, ct);
        if (cases.Count < Folds) return null;

        int[] all = [.. Enumerable.Range(0, cases.Count)];
        var alone = Enumerable.Range(0, parts.Count).Select(part => cases.Ndcg10(all, Alone(part, parts.Count))).ToArray();
        var best = Array.IndexOf(alone, alone.Max());
        var foldOf = Array.ConvertAll(all, i => (int)(Sample.Hash(seed + 1, (ulong)cases.UserOf(i)) % Folds));
        var folds = Enumerable.Range(0, Folds).Select(fold => Ways(cases, Array.FindAll(all, i => foldOf[i] != fold), best, ct)).ToArray();
        var fitted = Ways(cases, all, best, ct);
        var held = Enumerable.Range(0, fitted.Count).Select(way => cases.Ndcg10(all, i => folds[foldOf[i]][way].Weights[cases.LengthOf(i)]).Average()).ToArray();
        // A part alone has nothing fitted; where it does as well, the blend is not worth its parts.
        var chosen = Array.IndexOf(held, held.Max());
        var (name, ndcg, weights) = held[chosen] > alone[best]
            ? (fitted[chosen].Name, held[chosen], fitted[chosen].Weights)
            : ($"{parts[best].Name} alone", alone[best], EveryLength(Alone(best, parts.Count)));
        return new BlendWeights
        {
            Parts = [.. parts.Select(part => part.Name)], Weights = Array.ConvertAll(weights, row => Array.ConvertAll(row, weight => (float)weight)),
            Cases = cases.Count, Ndcg10 = ndcg, PartsNdcg10 = alone,
            Reason = $"On {cases.Count:N0} validation cases, in {Folds} folds by user, NDCG@10 is {string.Join(", ", fitted.Select((way, i) => $"{held[i]:F4} with {way.Name}"))}, {alone[best]:F4} with {parts[best].Name} alone: chosen: {name}.",
        };
    }

    /// <summary>All ways but a part alone, fitted on some cases.</summary>
    private static List<Way> Ways(BlendCases cases, int[] which, int best, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var alone = Alone(best, cases.Parts);
        var likeliest = LogLinear.Fit(cases, which, alone, FaintPrecision);
        double[][] byLength = [.. Enumerable.Range(0, HistoryLength.Names.Count)
            .Select(length => Array.FindAll(which, i => cases.LengthOf(i) == length))
            .Select(own => own.Length == 0 || own.Length == which.Length ? likeliest : LogLinear.Fit(cases, own, likeliest, ClassPrecision))];
        var start = cases.Ndcg10(which, likeliest) > cases.Ndcg10(which, alone) ? likeliest : alone;
        return
        [
            new Way("the likeliest weights", EveryLength(likeliest)), new Way("the likeliest by length of history", byLength),
            new Way("the weights of the best NDCG@10", EveryLength(CoordinateAscent.Climb(cases, which, start))),
        ];
    }

    private static double[][] EveryLength(double[] weights) => [.. Enumerable.Repeat(weights, HistoryLength.Names.Count)];

    private static double[] Alone(int part, int parts) => [.. Enumerable.Range(0, parts).Select(k => k == part ? 1.0 : 0)];
}
