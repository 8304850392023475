using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using BatchRec.Blend;
using BatchRec.Configuration;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Splits;
using BatchRec.Import;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using BatchRec.Tune;

namespace BatchRec.Evaluate.Offline;

/// <summary>
/// Model, blend, re-ranked lists and every baseline on one log, without a database: trained and tuned on validation, measured on the test once. What is finished
/// stands in a folder, so that an interrupted evaluation is continued, in the middle of a training too.
/// </summary>
/// <remarks>
/// The model learns from the validation's training part alone and stays so. On the test, baselines, alone and in the blend, are fitted on all that
/// lies before it, as they would be every night.
/// </remarks>
public sealed class OfflineEvaluation
{
    private readonly LogFile file;
    private readonly OfflineProtocol protocol;
    private readonly PipelineOptions options;
    private readonly string folder;
    private readonly Split validation, test;

    // Every seed's blend is of the same ones: fitted once, when first asked for.
    private readonly Lazy<IReadOnlyList<Baseline>> onValidation, onTest;
    private readonly Action<string> say;

    /// <param name="folder">Where finished parts stand; made if need be.</param>
    /// <param name="say">Takes a line of progress.</param>
    /// <exception cref="BatchRecException">The log can't be cut so.</exception>
    public OfflineEvaluation(LogFile file, OfflineProtocol protocol, PipelineOptions options, string folder, Action<string> say)
    {
        (this.file, this.protocol, this.folder, this.say) = (file, protocol, folder, say);
        this.options = options with { Train = options.Train.Asking(options.Evaluate.Baskets && protocol.Name != LeaveOneOutSplit.Protocol) };
        (validation, test) = protocol.Cut(file, options.Evaluate);
        if (test.Cases.Count == 0) throw new BatchRecException("The test asks nothing: nobody with a history has an event after the cut. Use an earlier --cutoff.");
        (onValidation, onTest) = (new(() => Fitted(validation)), new(() => Fitted(test)));
        Directory.CreateDirectory(folder);
    }

    private IReadOnlyList<Baseline> Fitted(Split split) => BaselineSet.Fit(split.Train, split.Cutoff, options.Evaluate.DenseItems);

    /// <summary>A name for the folder: the same for the same files, protocol and options.</summary>
    public static string Fingerprint(IEnumerable<string> files, OfflineProtocol protocol, PipelineOptions options)
    {
        var deciding = JsonSerializer.SerializeToUtf8Bytes(new { protocol, Train = options.Train with { MaxMinutes = 0, Threads = 0 }, options.Evaluate, options.Recommend, options.Blend, options.Rerank });
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(deciding);
        foreach (var path in files)
        {
            using var stream = File.OpenRead(path);
            hash.AppendData(SHA256.HashData(stream));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..12];
    }

    /// <param name="seeds">Trainings, with <c>Train:Seed</c> and those that follow it; 0 for baselines and their blend alone.</param>
    /// <param name="tune">Searches options of training on validation first, and trains with the best; null: with those that are configured.</param>
    /// <exception cref="OperationCanceledException">Stopped; run again, it goes on where it was.</exception>
    public OfflineReport Run(int seeds, CancellationToken ct, TuneOptions? tune = null)
    {
        say($"{file.Sequences.EventCount:N0} events by {file.Sequences.UserCount:N0} users on {file.Sequences.ItemCount:N0} items; {validation.Cases.Count:N0} validation and {test.Cases.Count:N0} test cases{(RepeatRule.OfServed(options.Recommend) == RepeatRule.Filtered ? ", some of which may ask only for what the user has had and are left out" : "")}");
        var parts = new List<Part> { Kept("baselines", () => Baselines(ct)) };
        if (seeds > 0 && !Training.HasTargets(validation.Train, options.Train))
            throw new BatchRecException("Nobody has two events before what is held out that the model could learn to go on from (Train:Targets). Evaluate the baselines alone: --no-model");
        var tuning = tune is null ? null : Tuned(options with { Tune = tune }, ct);
        var train = tuning is null ? options.Train : SearchSpace.Apply(options.Train, tuning.Proposed);
        for (var seed = options.Train.Seed; seed < options.Train.Seed + (ulong)seeds; seed++)
        {
            var (name, own) = (NameOf(seed, tuning), train with { Seed = seed });
            parts.Add(Kept(name, () => Model(name, own, ct)));
        }
        if (seeds == 0) parts.Add(Kept("blend", () => Blended(null, null, null, ct).Part));
        OfflineRow[] rows = [.. parts.SelectMany(part => part.Rows)];
        return new OfflineReport(
            protocol.Name, RepeatRule.OfServed(options.Recommend), file.Sequences.UserCount, file.Sequences.ItemCount, file.Sequences.EventCount,
            file.HasTimes && test.Cutoff != long.MaxValue ? DateTime.UnixEpoch.AddMicroseconds(test.Cutoff) : null, test.NewUsers,
            rows, OfflineReport.Choose(rows), [.. file.Skipped, .. parts.SelectMany(part => part.Notes)]) { Tuning = tuning };
    }

    private TuningReport Tuned(PipelineOptions tuned, CancellationToken ct)
    {
        var own = Path.Combine(folder, "tune-" + TuneOptions.Fingerprint(tuned)[..12]);
        return ModelTuning.Run(validation.Train, Holdout.Questions(validation, options.Recommend), options.Train, tuned.Tune, new TrialFolder(own), TimeProvider.System, own, say, ct);
    }

    /// <summary>Other options than the configured ones are another part: more minutes may find better ones yet.</summary>
    private static string NameOf(ulong seed, TuningReport? tuning) =>
        (tuning?.Best is { } best ? $"trial-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TuningReport.Told(best.Values))))[..8]}-" : "") + $"seed-{seed.ToString(CultureInfo.InvariantCulture)}";

    private sealed record Part(IReadOnlyList<OfflineRow> Rows, IReadOnlyList<string> Notes);

    /// <summary>What an earlier run has finished, or made now and kept.</summary>
    private Part Kept(string name, Func<Part> make)
    {
        var path = Path.Combine(folder, name + ".json");
        if (File.Exists(path)) return JsonSerializer.Deserialize<Part>(File.ReadAllBytes(path), OfflineReport.Json)!;
        var made = make();
        Durable.Write(path, JsonSerializer.SerializeToUtf8Bytes(made, OfflineReport.Json));
        return made;
    }

    private Part Baselines(CancellationToken ct)
    {
        say("baselines …");
        return new Part(
            [.. Measure(validation, OfflineRow.Validation, null, ct, [.. onValidation.Value]), .. Measure(test, OfflineRow.Test, null, ct, [.. onTest.Value])],
            [.. onTest.Value.Select(baseline => baseline.Note).OfType<string>()]);
    }

    private Part Model(string name, TrainOptions train, CancellationToken ct)
    {
        var seed = train.Seed;
        var work = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var trained = Ensemble.Run(validation.Train, Holdout.Questions(validation, options.Recommend), train, seed, work, new Epochs(seed, say), ct);
        using var model = Recommender(trained, train);
        using var refitted = protocol.Refit ? Recommender(Refitted(trained, train, work, ct), train) : null;
        var tested = refitted ?? model;
        var (blend, weights) = Blended(model, tested, seed, ct);
        var reranked = Reranked(model, tested, weights, train, ct);
        return new Part(
            [.. Measure(validation, OfflineRow.Validation, seed, ct, model), .. Measure(test, OfflineRow.Test, seed, ct, tested), .. blend.Rows, .. reranked.Rows],
            [$"Seed {seed}: {string.Join(' ', trained.Select(member => $"{member.Stopped} Best epoch {member.BestEpoch}, {member.Seconds:F0} s."))}{(protocol.Refit ? " Trained again on all before the test." : "")}", .. trained.SelectMany(member => member.Notes).Distinct(), .. blend.Notes, .. reranked.Notes]);
    }

    private IReadOnlyList<TrainingResult> Refitted(IReadOnlyList<TrainingResult> trained, TrainOptions train, string work, CancellationToken ct)
    {
        say("the same again, on all before the test …");
        return Ensemble.Refit(
            test.Train, train, train.Seed, [.. trained.Select(member => (member.BestEpoch, member.BestIsAveraged))], Directory.CreateDirectory(Path.Combine(work, "refit")).FullName, null, ct);
    }

    private SasrecRecommender Recommender(IReadOnlyList<TrainingResult> trained, TrainOptions train) =>
        new([.. trained.Select(member => member.Model)], file.Sequences.ItemCount, train.Device, file.Sequences.ItemAttributes, options.Recommend.UntouchedItems);

    /// <summary>The blend's rows; none, and no weights, where there is nothing to blend, or a part is better alone.</summary>
    /// <param name="tested">The model as the test measures it.</param>
    private (Part Part, BlendWeights? Weights) Blended(IRecommender? model, IRecommender? tested, ulong? seed, CancellationToken ct)
    {
        if (BlendedNames.Count == 0) return (new Part([], []), null);
        say("blend …");
        var weights = BlendFit.Of(validation, BlendedRecommender.PartsOf(model, Parts(onValidation.Value)), Seen, options.Blend, options.Evaluate.Seed, ct);
        if (weights is null) return (new Part([], ["There is no blend: no validation case, or nothing to blend."]), null);
        if (!weights.IsBlend) return (new Part([], [weights.Reason]), null);
        // On validation, what weights give for users whom they weren't fitted on; other metrics would flatter it.
        return (new Part([Validated(BlendedRecommender.Id, seed, weights.Cases, weights.Ndcg10), .. Measure(test, OfflineRow.Test, seed, ct, Blend(tested, weights, onTest.Value, test))], [weights.Reason]), weights);
    }

    /// <summary>The rows of the blend, or the model, re-ranked; none where that is not wanted, or of no use.</summary>
    private Part Reranked(SasrecRecommender model, SasrecRecommender tested, BlendWeights? weights, TrainOptions train, CancellationToken ct)
    {
        if (options.Rerank.Candidates == 0) return new Part([], []);
        var started = Stopwatch.GetTimestamp();
        using var reranker = Trained(validation.Train, model);
        if (reranker is null) return new Part([], ["There is no re-ranker: no history has a target that a list could have."]);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (RerankFit.Of(validation, Found(model, onValidation, validation), reranker, Seen, options.Evaluate.Seed, ct) is not { } weight)
            return new Part([], ["Nothing is re-ranked: too few validation cases."]);
        string[] notes = [weight.Reason, $"The re-ranker was trained in {seconds:F0} s; validation's lists were found, re-ranked and weighed in {Stopwatch.GetElapsedTime(started).TotalSeconds - seconds:F1} s."];
        if (!weight.IsUsed) return new Part([], notes);
        using var again = protocol.Refit ? Trained(test.Train, tested) : null;
        var ranked = new RerankedRecommender(Found(tested, onTest, test), again ?? reranker, weight.Weight);
        return new Part([Validated(RerankedRecommender.Id, train.Seed, weight.Cases, weight.Ndcg10), .. Measure(test, OfflineRow.Test, train.Seed, ct, ranked)], notes);

        Reranker? Trained(Sequences on, SasrecRecommender beside) =>
            RerankTraining.Run(on, beside, options.Rerank, train, options.Recommend, train.Seed, new RerankEpochs(train.Seed, say), ct) is { } trained ? new Reranker(trained, beside, train.Device) : null;

        ISearchedRecommender Found(SasrecRecommender by, Lazy<IReadOnlyList<Baseline>> fitted, Split split) => weights is null ? by : Blend(by, weights, fitted.Value, split);
    }

    private BlendedRecommender Blend(IRecommender? model, BlendWeights weights, IReadOnlyList<Baseline> fitted, Split split) => new(BlendedRecommender.PartsOf(model, Parts(fitted)), weights, split.Train);

    private IReadOnlyList<string> BlendedNames => options.Blend.PartsOf(options.Recommend);

    private IEnumerable<IRecommender> Parts(IReadOnlyList<Baseline> fitted) => BlendedNames.Select(name => fitted.Single(baseline => baseline.Name == name));

    /// <summary>What isn't recommended, on validation.</summary>
    private SeenItems Seen => SeenItems.Served(validation.Log, options.Recommend);

    private static OfflineRow Validated(string name, ulong? seed, int cases, double ndcg) =>
        new(name, seed, OfflineRow.Validation, cases, new Dictionary<string, MetricValue> { ["NDCG@10"] = new(ndcg) }, new Dictionary<string, SegmentValue>());

    private IEnumerable<OfflineRow> Measure(Split split, string name, ulong? seed, CancellationToken ct, params IRecommender[] recommenders) => Evaluation
        .Run([split], [.. recommenders.Select(one => new Contestant(one, Role.Model))], options.Evaluate, log => [RepeatRule.Serving(log, options.Recommend)], ct).Rows
        .Select(row => new OfflineRow(row.Model, seed, name, row.Cases, row.Metrics, row.Segments));

    /// <summary>A line an epoch.</summary>
    private sealed class Epochs(ulong seed, Action<string> say) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value)
        {
            if (value.ValidationNdcg is { } ndcg)
                say($"seed {seed}: epoch {value.Epoch} of {value.Epochs}, loss {value.Loss:F3}, validation NDCG@10 {ndcg:F4}, {value.Seconds:F0} s");
        }
    }

    /// <summary>A line an epoch of the re-ranker.</summary>
    private sealed class RerankEpochs(ulong seed, Action<string> say) : IProgress<RerankProgress>
    {
        public void Report(RerankProgress value)
        {
            if (value.Batch == value.Batches) say($"seed {seed}: re-ranker, epoch {value.Epoch} of {value.Epochs}, loss {value.Loss:F3}");
        }
    }
}
