using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>What every model is measured against.</summary>
public static class BaselineSet
{
    public static IReadOnlyList<string> Names { get; } = ["popularity", "popularity-7d", PersonalFrequency.Id, "markov", "item-knn", MarkovKnn.Id, "slit", "ease"];

    /// <summary>All baselines, fitted on the same training part.</summary>
    /// <inheritdoc cref="Fit(IEnumerable{string}, Sequences, long, int)"/>
    public static IReadOnlyList<Baseline> Fit(Sequences train, long cutoff, int denseItems) => Fit(Names, train, cutoff, denseItems);

    /// <summary>The one of that name alone, fitted anew: what is published when it wins.</summary>
    /// <inheritdoc cref="Fit(IEnumerable{string}, Sequences, long, int)"/>
    public static Baseline Fit(string name, Sequences train, long cutoff, int denseItems) => Fit([name], train, cutoff, denseItems).Single();

    /// <summary>Those of these names, in their order.</summary>
    /// <param name="cutoff">T, microseconds since 1970, UTC: the recent popularity ends there, or with the last event where there is no T.</param>
    /// <param name="denseItems"><see cref="EvaluateOptions.DenseItems"/></param>
    public static IReadOnlyList<Baseline> Fit(IEnumerable<string> names, Sequences train, long cutoff, int denseItems) => Fit(names, train, cutoff, denseItems, (_, count) => count());

    /// <param name="rowsOf">neighbours by the name of their baseline: what counting yields, or has yielded before</param>
    /// <inheritdoc cref="Fit(IEnumerable{string}, Sequences, long, int)"/>
    internal static IReadOnlyList<Baseline> Fit(IEnumerable<string> names, Sequences train, long cutoff, int denseItems, Func<string, Func<SparseRows>, SparseRows> rowsOf)
    {
        var (occurrences, matrix, dense) = (new Lazy<Occurrences>(() => Occurrences.Of(train)), new Lazy<UserItems>(() => UserItems.Of(train)), new Lazy<DenseItems>(() => DenseItems.Of(train, denseItems)));
        var markov = new Lazy<Markov>(() => Markov.Of(rowsOf("markov", () => Markov.Rows(train, occurrences.Value))));
        var knn = new Lazy<ItemKnn>(() => ItemKnn.Of(rowsOf("item-knn", () => ItemKnn.Rows(train, matrix.Value))));
        return [.. names.Select(name => (Baseline)(name switch
        {
            "popularity" => Popularity.OfAllTime(train),
            "popularity-7d" => Popularity.OfLastDays(train, RecentEnd(train, cutoff)),
            PersonalFrequency.Id => PersonalFrequency.Fit(train),
            "markov" => markov.Value,
            "item-knn" => knn.Value,
            MarkovKnn.Id => new MarkovKnn(markov.Value, knn.Value),
            "slit" => Slit.Of(dense.Value, rowsOf(name, () => Slit.Rows(train, occurrences.Value, dense.Value))),
            "ease" => Ease.Of(dense.Value, rowsOf(name, () => Ease.Rows(matrix.Value, dense.Value))),
            _ => throw new BatchRecException($"There is no baseline '{name}'; there are {string.Join(", ", Names)}."),
        }))];
    }

    private static long RecentEnd(Sequences train, long cutoff) =>
        cutoff != long.MaxValue || train.EventCount == 0 ? cutoff : train.Times.AsSpan(0, (int)train.EventCount).ToArray().Max() + 1;
}
