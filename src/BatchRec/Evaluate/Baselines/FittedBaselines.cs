using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Runs;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// What fitted baselines have counted, as files of an artefact: nights that serve its model on, and workers that assist, read in seconds what counting tens of millions of events anew would yield.
/// </summary>
internal static class FittedBaselines
{
    /// <summary>Fact: what was counted, and how.</summary>
    private const string Fact = "baselines";

    /// <summary>What baselines count, in a word: a hash of the log, and the rule by which neighbours are kept.</summary>
    public static string CountedOf(Sequences log) => $"{HistoryHash.Of(log)}, {Neighbours.Rule(log.ItemCount)} neighbours";

    /// <summary>Fits baselines and leaves what they have counted in the artefact.</summary>
    /// <inheritdoc cref="BaselineSet.Fit(IEnumerable{string}, Sequences, long, int)"/>
    public static void Write(ArtefactDraft draft, IEnumerable<string> names, Sequences train, long cutoff, int denseItems)
    {
        BaselineSet.Fit(names, train, cutoff, denseItems, (name, count) =>
        {
            var rows = count();
            var path = Path.Combine(draft.WorkFolder, FileOf(name));
            var weights = rows.Write(path);
            draft.Share(FileOf(name), path, weights);
            return rows;
        });
        draft.Fact(Fact, Counted(CountedOf(train), denseItems));
    }

    /// <summary>Baselines as they were fitted, if the artefact has what they counted of the same log; else fitted now.</summary>
    /// <param name="counted">The log's <see cref="CountedOf"/>.</param>
    /// <inheritdoc cref="BaselineSet.Fit(IEnumerable{string}, Sequences, long, int)"/>
    public static IReadOnlyList<Baseline> Open(Artefact artefact, string counted, IEnumerable<string> names, Sequences train, long cutoff, int denseItems)
    {
        var same = artefact.Manifest.Facts.TryGetValue(Fact, out var before) && before.GetString() == Counted(counted, denseItems);
        return BaselineSet.Fit(names, train, cutoff, denseItems, (name, count) =>
            same && artefact.Manifest.Files.Any(file => file.Name == FileOf(name)) ? SparseRows.Read(artefact.PathOf(FileOf(name)), train.ItemCount) : count());
    }

    private static string Counted(string log, int denseItems) => $"{log}, {denseItems} dense items, {CodeVersion.Text}";

    private static string FileOf(string name) => $"{name}.parquet";
}
