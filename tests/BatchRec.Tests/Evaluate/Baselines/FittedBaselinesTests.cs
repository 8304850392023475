using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Evaluate.Baselines;

public sealed class FittedBaselinesTests : IDisposable
{
    private const int DenseItems = 20, Items = 30;

    private static readonly long Cutoff = InlineLog.At(100);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("batchrec");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(Items)]
    [InlineData(4 * Items)]
    public async Task What_was_counted_is_read_as_it_was_in_a_catalogue_that_has_grown_too(int itemCount)
    {
        var artefact = await WrittenAsync(Log(Items, seed: 1));
        var grown = Log(itemCount, seed: 1);
        AssertAlike(BaselineSet.Fit(grown, Cutoff, DenseItems), Opened(artefact, grown, DenseItems), grown);

        // It is these files that are read.
        File.Delete(artefact.PathOf("markov-00000.parquet"));
        Assert.Contains(" is missing. Is Artefacts:Folder", Assert.Throws<BatchRecException>(() => Opened(artefact, grown, DenseItems)).Message);
    }

    [Fact]
    public async Task Another_log_and_another_option_are_counted_anew()
    {
        var (before, now) = (Log(Items, seed: 1), Log(Items, seed: 2));
        var artefact = await WrittenAsync(before);
        AssertAlike(BaselineSet.Fit(now, Cutoff, DenseItems), Opened(artefact, now, DenseItems), now);
        AssertAlike(BaselineSet.Fit(before, Cutoff, 10), Opened(artefact, before, 10), before);
    }

    [Theory]
    [InlineData(1, Items)]
    [InlineData(50, null)]
    [InlineData(1_000_000, 1)]
    public void Rows_are_written_in_files_of_so_many_weights(long weightsAFile, int? files)
    {
        var rows = Markov.Rows(Log(Items, seed: 1), Occurrences.Of(Log(Items, seed: 1)));
        List<string> paths = [];
        foreach (var (from, until) in rows.Parts(weightsAFile))
        {
            paths.Add(Path.Combine(_folder.FullName, $"{paths.Count}.parquet"));
            rows.Write(paths[^1], from, until);
        }
        Assert.Equal(files ?? paths.Count, paths.Count);
        Assert.InRange(paths.Count, 1, Items);
        var read = SparseRows.Read(paths, Items);
        for (var item = 0; item < Items; item++) Assert.Equal(rows.Of(item), read.Of(item));
    }

    [Fact]
    public async Task More_weights_than_the_log_is_worth_are_not_kept()
    {
        // Twelve events: markov has 33 weights, ease 12 × 12.
        var log = InlineLog.OfItems(Items, [.. Enumerable.Range(0, 12)]);
        var artefact = await WrittenAsync(log);
        var files = artefact.Manifest.Files.Select(file => file.Name).ToList();
        Assert.Contains("markov-00000.parquet", files);
        Assert.DoesNotContain("ease-00000.parquet", files);
        AssertAlike(BaselineSet.Fit(log, Cutoff, DenseItems), Opened(artefact, log, DenseItems), log);
    }

    private Task<Artefact> WrittenAsync(Sequences log) => new ArtefactStore(_folder.FullName, "default", TimeProvider.System).GetOrCreateAsync(
        RunId.New(DateTimeOffset.UnixEpoch), Artefact.Model, (draft, _) =>
        {
            FittedBaselines.Write(draft, BaselineSet.Names, log, Cutoff, DenseItems);
            return Task.CompletedTask;
        }, default);

    private static IReadOnlyList<Baseline> Opened(Artefact artefact, Sequences log, int denseItems) =>
        FittedBaselines.Open(artefact, FittedBaselines.CountedOf(log), BaselineSet.Names, log, Cutoff, denseItems);

    private static void AssertAlike(IReadOnlyList<Baseline> expected, IReadOnlyList<Baseline> actual, Sequences log)
    {
        Assert.Equal(expected.Select(baseline => baseline.Name), actual.Select(baseline => baseline.Name));
        foreach (var (one, other) in expected.Zip(actual)) Assert.Equal(Scores(one, log), Scores(other, log));
    }

    private static float[] Scores(Baseline baseline, Sequences log)
    {
        var scores = new float[log.UserCount * baseline.ItemCount];
        baseline.Score(log, log.QueriesAtTheEnd(), scores);
        return scores;
    }

    /// <summary>Item 0 is in every history, so that its row is more than half full; most others' are not.</summary>
    private static Sequences Log(int itemCount, int seed)
    {
        var random = new Random(seed);
        return InlineLog.OfItems(itemCount, [.. Enumerable.Range(0, 200).Select(_ => (int[])[0, .. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, Items))])]);
    }
}
