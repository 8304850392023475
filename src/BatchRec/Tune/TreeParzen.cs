using BatchRec.Train;

namespace BatchRec.Tune;

/// <summary>
/// Tree-structured Parzen estimator (Bergstra et al. 2011, <i>Algorithms for Hyper-Parameter Optimization</i>): the trials are split by quality; l is the density of
/// the good ones' values, g of the others'; of some values drawn from l the one with the largest l / g has the largest expected improvement.
/// </summary>
internal static class TreeParzen
{
    /// <summary>γ: the share of the trials that are good.</summary>
    private const double GoodShare = 0.2;

    private const int Candidates = 24;

    /// <param name="ranked">Best first; at least one.</param>
    public static IReadOnlyDictionary<string, string> Propose(SearchSpace space, IReadOnlyList<Trial> ranked, ref Randomness random)
    {
        var good = (int)Math.Ceiling(GoodShare * ranked.Count);
        var values = new Dictionary<string, string>();
        foreach (var dimension in space.Dimensions)
        {
            var l = dimension.Density(ranked.Take(good).Select(trial => trial.Values[dimension.Option]));
            var g = dimension.Density(ranked.Skip(good).Select(trial => trial.Values[dimension.Option]));
            var (best, bestRatio) = ("", double.NegativeInfinity);
            for (var i = 0; i < Candidates; i++)
            {
                var candidate = l.Draw(ref random);
                var ratio = Math.Log(l.At(candidate)) - Math.Log(g.At(candidate));
                if (ratio > bestRatio) (best, bestRatio) = (candidate, ratio);
            }
            values[dimension.Option] = best;
        }
        return values;
    }
}
