using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Recommend;

namespace BatchRec.Blend;

/// <summary>
/// Finds a blend's weights on validation cases: for everybody, or by length of history, or none at all but the best part's, whichever has the
/// best NDCG@10 on users that it wasn't fitted on.
/// </summary>
public static class BlendFit
{
    private const int Folds = 5;

    /// <summary>Keeps the fit defined where parts say the same, or nothing.</summary>
    private const double FaintPrecision = 0.1;

    /// <summary>A class of lengths departs from everybody's weights as its cases outweigh this.</summary>
    private const double ClassPrecision = 50;

    /// <param name="validation">Cases that no part has learnt from; the baselines among the parts were fitted on its training part.</param>
    /// <param name="parts">The model, if there is one, and baselines.</param>
    /// <param name="seen">What isn't recommended.</param>
    /// <returns>null where there is nothing to blend, or nothing to fit on</returns>
    public static BlendWeights? Of(Split validation, IReadOnlyList<IRecommender> parts, SeenItems seen, BlendOptions options, ulong seed, CancellationToken ct)
    {
        if (parts.Count < 2) return null;
        var most = Math.Min(options.MaxCases, options.ScoresMiB * 1_048_576L / (2L * parts.Count * Math.Max(parts[0].ItemCount, 1)));
        var sample = Sample.Positions(validation.Cases.Count, (int)most, i => validation.Cases.Queries[i].User, seed);
        var cases = new BlendCases(validation with { Cases = validation.Cases.Pick(sample) }, parts, seen, ct);
        if (cases.Count < Folds) return null;

        var alone = Enumerable.Range(0, parts.Count).Select(part => Average(cases.Ndcg10(_ => Alone(part, parts.Count)))).ToArray();
        var best = Array.IndexOf(alone, alone.Max());
        var (foldOf, classes) = (new int[cases.Count], HistoryLength.Names.Count);
        for (var i = 0; i < cases.Count; i++) foldOf[i] = (int)(Sample.Hash(seed + 1, (ulong)cases.UserOf(i)) % Folds);
        var folds = new double[Folds][][];
        for (var fold = 0; fold < Folds; fold++)
        {
            ct.ThrowIfCancellationRequested();
            folds[fold] = Fit(cases, [.. Enumerable.Range(0, cases.Count).Where(i => foldOf[i] != fold)], best);
        }
        // The last row is everybody's.
        var common = Average(cases.Ndcg10(i => folds[foldOf[i]][classes]));
        var byLength = Average(cases.Ndcg10(i => folds[foldOf[i]][cases.LengthOf(i)]));
        var fitted = Fit(cases, [.. Enumerable.Range(0, cases.Count)], best);
        var (ndcg, weights, reason) = Math.Max(common, byLength) <= alone[best] ? (alone[best], [.. fitted.Select(_ => Alone(best, parts.Count))], $"no blend did better than {parts[best].Name} alone")
            : byLength > common ? (byLength, fitted, "weights by length of history")
            : (common, [.. fitted.Select(_ => fitted[classes])], "the same weights for everybody");
        return new BlendWeights
        {
            Parts = [.. parts.Select(part => part.Name)], Weights = [.. weights.Take(classes).Select(row => Array.ConvertAll(row, weight => (float)weight))],
            Cases = cases.Count, Ndcg10 = ndcg, PartsNdcg10 = alone,
            Reason = $"On {cases.Count:N0} validation cases, in {Folds} folds by user, NDCG@10 is {common:F4} with the same weights for everybody, {byLength:F4} with weights by length of history, {alone[best]:F4} for {parts[best].Name} alone: {reason}.",
        };
    }

    /// <summary>(classes of lengths + 1 × parts): of each class, then of everybody.</summary>
    private static double[][] Fit(BlendCases cases, int[] which, int best)
    {
        var everybody = LogLinear.Fit(cases, which, Alone(best, cases.Parts), FaintPrecision);
        return [.. Enumerable.Range(0, HistoryLength.Names.Count)
            .Select(length => Array.FindAll(which, i => cases.LengthOf(i) == length))
            .Select(own => own.Length == 0 || own.Length == which.Length ? everybody : LogLinear.Fit(cases, own, everybody, ClassPrecision)), everybody];
    }

    private static double[] Alone(int part, int parts) => [.. Enumerable.Range(0, parts).Select(k => k == part ? 1.0 : 0)];

    private static double Average(double[] values) => values.DefaultIfEmpty(double.NaN).Average();
}
