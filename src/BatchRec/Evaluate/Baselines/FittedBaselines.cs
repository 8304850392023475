using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Runs;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// What fitted baselines have counted, as files of an artefact: nights that serve its model on, and the workers that assist them, read what they would else count anew from tens of millions of events.
/// </summary>
internal static class FittedBaselines
{
    /// <summary>Fact: what was counted, and how.</summary>
    private const string Fact = "baselines";

    /// <summary>Weights that are held twice while a file is written, and that one has.</summary>
    private const long WeightsAFile = 4_000_000;

    /// <summary>Few events are counted sooner than a large matrix is read.</summary>
    private const int MostWeightsAnEvent = 4;

    /// <summary>What baselines count, in a word: a hash of the log, and the rule by which neighbours are kept.</summary>
    public static string CountedOf(Sequences log) => $"{HistoryHash.Of(log)}, {Neighbours.Rule(log.ItemCount)} neighbours";

    /// <summary>Fits baselines and leaves what they have counted in the artefact.</summary>
    /// <inheritdoc cref="BaselineSet.Fit(IEnumerable{string}, Sequences, long, int)"/>
    public static void Write(ArtefactDraft draft, IEnumerable<string> names, Sequences train, long cutoff, int denseItems)
    {
        BaselineSet.Fit(names, train, cutoff, denseItems, (name, count) =>
        {
            var rows = count();
            if (rows.Count > MostWeightsAnEvent * train.EventCount) return rows;
            foreach (var (part, (from, until)) in rows.Parts(WeightsAFile).Index())
            {
                var path = Path.Combine(draft.WorkFolder, FileOf(name, part));
                rows.Write(path, from, until);
                draft.Share(FileOf(name, part), path, until - from);
            }
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
            same && Parts(artefact, name) is { Count: > 0 } parts ? SparseRows.Read(parts, train.ItemCount) : count());
    }

    private static string Counted(string log, int denseItems) => $"{log}, {denseItems} dense items, {CodeVersion.Text}";

    private static List<string> Parts(Artefact artefact, string name) =>
        [.. Enumerable.Range(0, int.MaxValue).Select(part => artefact.Manifest.Files.FirstOrDefault(file => file.Name == FileOf(name, part))).TakeWhile(file => file is not null).Select(file => artefact.PathOf(file!))];

    private static string FileOf(string name, int part) => $"{name}-{part:D5}.parquet";
}
