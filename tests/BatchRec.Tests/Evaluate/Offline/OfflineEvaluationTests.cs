using BatchRec.Blend;
using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Offline;
using BatchRec.Import;
using BatchRec.Interactions;
using BatchRec.Rerank;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Encoders;
using BatchRec.Tune;
using Xunit;

namespace BatchRec.Tests.Evaluate.Offline;

[Collection(LibtorchCollection.Name)]
public sealed class OfflineEvaluationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("offline-").FullName;

    // Each user walks a circle of 20 items from another start: what comes next is certain.
    private static readonly Sequences Circle = InlineLog.OfItems(20, [.. Enumerable.Range(0, 60).Select(u => Enumerable.Range(0, 8).Select(step => (u + step) % 20).ToArray())]);

    private static readonly PipelineOptions Options = new()
    {
        Train = new TrainOptions { Dimensions = 8, Heads = 2, FeedForwardDimensions = 16, MaxEpochs = 3, Threads = 1, BatchSize = 32, MaxLength = 8 },
        Evaluate = new EvaluateOptions { Resamples = 100 },
    };

    [Fact]
    public void Every_baseline_and_every_seed_has_a_row_on_validation_and_test_and_the_best_is_chosen()
    {
        var report = Evaluation("all").Run(seeds: 2, default);
        Assert.Equal(2 * BaselineSet.Names.Count + 2 * 2, report.Rows.Count(row => row.Model != "blend"));
        Assert.Equal([1, 2], report.Rows.Where(row => row is { Model: "sasrec", Split: OfflineRow.Test }).Select(row => row.Seed!.Value));
        Assert.All(BaselineSet.Names, name => Assert.Null(report.Rows.First(row => row.Model == name).Seed));
        Assert.Equal((60, 20, 480), (report.Users, report.Items, report.Events));
        // The circle is Markov's: right every time. What is chosen is as good.
        Assert.Equal(1, report.Rows.Single(row => row is { Model: "markov", Split: OfflineRow.Test }).Metrics["NDCG@10"].Value);
        Assert.Equal((1, 1), (report.Chosen!.ValidationNdcg10, report.Chosen.TestNdcg10));
        var row = report.Rows.Single(row => row is { Model: "popularity", Split: OfflineRow.Test });
        Assert.All(row.Metrics.Where(metric => !metric.Key.StartsWith("Novelty", StringComparison.Ordinal) && !metric.Key.StartsWith("Coverage", StringComparison.Ordinal)),
            metric => Assert.InRange(metric.Value.Value, metric.Value.Low!.Value, metric.Value.High!.Value));
    }

    [Fact]
    public void An_interrupted_evaluation_goes_on_and_gives_what_an_undisturbed_one_gives()
    {
        using var stop = new CancellationTokenSource();
        var interrupted = Evaluation("stopped", line =>
        {
            if (line.StartsWith("seed 2: epoch 2", StringComparison.Ordinal)) stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => interrupted.Run(2, stop.Token));
        Assert.Equal(["baselines.json", "seed-1.json"], Directory.GetFiles(Path.Combine(_folder, "stopped")).Select(Path.GetFileName).Order());

        var lines = new List<string>();
        var continued = Evaluation("stopped", lines.Add).Run(2, default);
        Assert.DoesNotContain(lines, line => line.StartsWith("seed 1", StringComparison.Ordinal) || line.StartsWith("seed 2: epoch 1", StringComparison.Ordinal));
        var undisturbed = Evaluation("undisturbed").Run(2, default);
        Assert.Equal(undisturbed.Rows.Select(Told), continued.Rows.Select(Told));

        static string Told(OfflineRow row) => $"{row.Model} {row.Seed} {row.Split} {string.Join(' ', row.Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal))}";
    }

    /// <summary>The last step but one of each user is a target on validation, and learnt from before the test.</summary>
    [Fact]
    public void Trained_again_before_the_test_the_model_is_judged_on_validation_as_before_and_knows_more_on_the_test()
    {
        var plain = Evaluation("plain").Run(seeds: 1, default);
        var again = Evaluation("again", refit: true).Run(seeds: 1, default);
        Assert.Equal(Ndcg(plain, OfflineRow.Validation), Ndcg(again, OfflineRow.Validation));
        Assert.NotEqual(Ndcg(plain, OfflineRow.Test), Ndcg(again, OfflineRow.Test));
        Assert.Contains(again.Notes, note => note.Contains("Trained again on all before the test", StringComparison.Ordinal));
        var models = new[] { "seed-1", "seed-1/refit" }.Select(folder => ModelFile.Read(Path.Combine(_folder, "again", folder, ModelFile.Name))).ToList();
        Assert.All(models[0].Parameters.Keys, name => Assert.Equal(models[0].Parameters[name].Shape, models[1].Parameters[name].Shape));
        Assert.NotEqual(models[0].Parameters[SequenceModel.ItemTableName].Values, models[1].Parameters[SequenceModel.ItemTableName].Values);

        static double Ndcg(OfflineReport report, string split) => report.Rows.Single(row => row.Model == "sasrec" && row.Split == split).Metrics["NDCG@10"].Value;
    }

    [Fact]
    public void Re_ranked_lists_are_measured_where_they_are_better_and_spoken_of_where_not()
    {
        var options = Options with
        {
            Blend = new BlendOptions { Parts = [] },
            Rerank = new RerankOptions { Candidates = 100, Predecessors = 1, Heads = 2, History = 4, TargetsPerUser = 5, Negatives = 15, Epochs = 30, LearningRate = 1e-2 },
        };
        var lines = new List<string>();
        var report = Evaluation("reranked", lines.Add, options).Run(1, default);
        var rows = report.Rows.Where(row => row.Model is "sasrec" or "reranked").ToDictionary(row => (row.Model, row.Split), row => row.Metrics["NDCG@10"].Value);
        Assert.True(rows[("reranked", OfflineRow.Validation)] > rows[("sasrec", OfflineRow.Validation)] + 0.1, string.Join(' ', rows));
        Assert.True(rows[("reranked", OfflineRow.Test)] > rows[("sasrec", OfflineRow.Test)] + 0.1, string.Join(' ', rows));
        Assert.Contains("seed 1: re-ranker, epoch 30 of 30", string.Join('\n', lines));
        Assert.Contains(report.Notes, note => note.Contains("re-ranked with weight", StringComparison.Ordinal));

        report = Evaluation("as-they-were", options: options with { Rerank = options.Rerank with { LearningRate = 1e-12, Epochs = 1 } }).Run(1, default);
        Assert.DoesNotContain(report.Rows, row => row.Model == "reranked");
        Assert.Contains(report.Notes, note => note.Contains("they stay as they are", StringComparison.Ordinal));
    }

    [Fact]
    public void The_choice_is_the_best_on_validation_whatever_the_test_says()
    {
        OfflineRow[] rows = [Row("a", "validation", .2), Row("b", "validation", .3), Row("b", "validation", .2), Row("a", "test", .9), Row("b", "test", .1), Row("c", "validation", double.NaN)];
        Assert.Equal(new OfflineChoice("b", .25, .1), OfflineReport.Choose(rows));
        Assert.Null(OfflineReport.Choose([Row("c", "validation", double.NaN)]));

        static OfflineRow Row(string model, string split, double ndcg) =>
            new(model, null, split, 1, new Dictionary<string, MetricValue> { ["NDCG@10"] = new(ndcg) }, new Dictionary<string, SegmentValue>());
    }

    [Fact]
    public void Tuned_it_trains_with_the_best_options_and_measures_only_those_on_the_test()
    {
        var tune = new TuneOptions { Space = new Dictionary<string, string> { ["Train:LearningRate"] = "1e-6|0.01" }, MaxTrials = 3, MaxMinutes = 0 };
        // The configured rate learns nothing in three epochs.
        var evaluation = Evaluation("tuned", options: Options with { Train = Options.Train with { LearningRate = 1e-6 } });
        var report = evaluation.Run(seeds: 1, default, tune);
        var best = report.Tuning!.Best!;
        Assert.Equal("0.01", best.Values["Train:LearningRate"]);
        var rows = report.Rows.Where(row => row.Model == "sasrec").ToList();
        Assert.Equal([OfflineRow.Validation, OfflineRow.Test], rows.Select(row => row.Split));
        // What was tuned on is the validation that is reported: the same model on the same questions.
        Assert.Equal(best.Ndcg, rows[0].Metrics["NDCG@10"].Value, 1e-6);
        // Trials have no row, and the test has one model.
        Assert.DoesNotContain(report.Tuning.Trials, trial => File.ReadAllText(Directory.GetFiles(_folder, $"trial-{trial.Number:0000}.json", SearchOption.AllDirectories).Single()).Contains(OfflineRow.Test));

        var lines = new List<string>();
        var again = Evaluation("tuned", lines.Add, Options with { Train = Options.Train with { LearningRate = 1e-6 } }).Run(1, default, tune);
        Assert.DoesNotContain(lines, line => line.StartsWith("trial", StringComparison.Ordinal) || line.StartsWith("seed", StringComparison.Ordinal));
        Assert.Equal(report.Chosen, again.Chosen);
    }

    [Fact]
    public void The_folder_is_another_for_other_files_options_or_protocols()
    {
        var (one, other) = (Path.Combine(_folder, "one"), Path.Combine(_folder, "other"));
        File.WriteAllText(one, "1");
        File.WriteAllText(other, "2");
        var (nightly, last) = (OfflineProtocol.Parse("nightly", null), OfflineProtocol.Parse("last", null));
        string[] names =
        [
            OfflineEvaluation.Fingerprint([one], nightly, Options), OfflineEvaluation.Fingerprint([other], nightly, Options), OfflineEvaluation.Fingerprint([one], last, Options),
            OfflineEvaluation.Fingerprint([one], nightly, Options with { Train = Options.Train with { Dropout = 0.5 } }),
            OfflineEvaluation.Fingerprint([one], nightly, Options with { Rerank = new RerankOptions { Candidates = 200 } }),
        ];
        Assert.Equal(5, names.Distinct().Count());
        Assert.Equal(names[0], OfflineEvaluation.Fingerprint([one], nightly, Options with { Train = Options.Train with { MaxMinutes = 1, Threads = 2 } }));
    }

    private OfflineEvaluation Evaluation(string name, Action<string>? say = null, PipelineOptions? options = null, bool refit = false) =>
        new(new LogFile(Circle, true, null, []), OfflineProtocol.Parse("leave-one-out", null) with { Refit = refit }, options ?? Options, Path.Combine(_folder, name), say ?? (_ => { }));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
