using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>What every model is measured against.</summary>
public static class BaselineSet
{
    public static IReadOnlyList<string> Names { get; } = ["popularity", "popularity-7d", "personal-frequency", "markov", "item-knn", MarkovKnn.Id, "slit", "ease"];

    /// <summary>All baselines, fitted on the same training part.</summary>
    /// <param name="cutoff">T, microseconds since 1970, UTC: the recent popularity ends there, or with the last event where there is no T.</param>
    /// <param name="denseItems"><see cref="EvaluateOptions.DenseItems"/></param>
    public static IReadOnlyList<Baseline> Fit(Sequences train, long cutoff, int denseItems)
    {
        var (markov, knn) = (Markov.Fit(train), ItemKnn.Fit(train));
        return
        [
            Popularity.OfAllTime(train),
            Popularity.OfLastDays(train, RecentEnd(train, cutoff)),
            PersonalFrequency.Fit(train),
            markov,
            knn,
            new MarkovKnn(markov, knn),
            Slit.Fit(train, denseItems),
            Ease.Fit(train, denseItems),
        ];
    }

    /// <summary>The one of that name alone, fitted anew: what is published when it wins.</summary>
    public static Baseline Fit(string name, Sequences train, long cutoff, int denseItems) => name switch
    {
        "popularity" => Popularity.OfAllTime(train),
        "popularity-7d" => Popularity.OfLastDays(train, RecentEnd(train, cutoff)),
        "personal-frequency" => PersonalFrequency.Fit(train),
        "markov" => Markov.Fit(train),
        "item-knn" => ItemKnn.Fit(train),
        MarkovKnn.Id => new MarkovKnn(Markov.Fit(train), ItemKnn.Fit(train)),
        "slit" => Slit.Fit(train, denseItems),
        "ease" => Ease.Fit(train, denseItems),
        _ => throw new BatchRecException($"There is no baseline '{name}'; there are {string.Join(", ", Names)}."),
    };

    private static long RecentEnd(Sequences train, long cutoff) =>
        cutoff != long.MaxValue || train.EventCount == 0 ? cutoff : train.Times.AsSpan(0, (int)train.EventCount).ToArray().Max() + 1;
}
