using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BatchRec.Blend;
using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Splits;
using BatchRec.Extract;
using BatchRec.Gate;
using BatchRec.Interactions;
using BatchRec.Prepare;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using BatchRec.Train.Features;
using Microsoft.Extensions.Logging;

namespace BatchRec;

/// <summary>
/// The night, step by step. A step is a function over finished artefacts and makes one more; run again, it finds what it has made and does
/// nothing. Whoever runs a step (a job, a child process, a test) brings the <see cref="StepContext"/>.
/// </summary>
public sealed class Night
{
    /// <summary>Fact of a holdout model: T, microseconds since 1970, UTC.</summary>
    private const string Cutoff = "cutoff";

    /// <summary>Fact of an evaluation: what there is to say of it, in sentences.</summary>
    private const string Notes = "notes";

    private readonly StepContext _context;
    private readonly PipelineOptions _options;
    private readonly RunRow _run;

    private Night(StepContext context) => (_context, _options, _run) =
        (context, context.Options with { Train = context.Options.Train.Asking(context.Options.Evaluate.Baskets) }, context.Run);

    /// <summary>Whether the step holds interactions or lists, and so belongs in a child process: the gate alone reads no more than a report.</summary>
    public static bool HoldsData(Step step) => step is not Step.Gate;

    /// <summary>Whether the step loads libtorch, and so belongs on the queue of <c>Train:Device</c>.</summary>
    public static bool NeedsTorch(Step step) => step is Step.Train or Step.Evaluate or Step.Refit or Step.Recommend;

    /// <exception cref="BatchRecException">Something that a person can mend; the message says how. The live tables are as they were.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what can be continued was kept.</exception>
    public static async Task<StepResult> RunAsync(Step step, StepContext context, CancellationToken cancellation)
    {
        try
        {
            return await new Night(context).StepAsync(step, cancellation);
        }
        catch (Exception fault) when (Exhaustion.Of(fault, step, context.Options) is { } exhaustion)
        {
            throw exhaustion;
        }
    }

    private Task<StepResult> StepAsync(Step step, CancellationToken cancellation)
    {
        // One process loads one libtorch: the one that the options name.
        if (NeedsTorch(step) && _options.Torch.LibraryPath is { } library) TorchDevices.Find(library);
        return step switch
        {
            Step.Extract => ExtractAsync(cancellation),
            Step.Prepare => PrepareAsync(cancellation),
            Step.Train => TrainAsync(cancellation),
            Step.Evaluate => EvaluateAsync(cancellation),
            Step.Gate => GateAsync(cancellation),
            Step.Refit => RefitAsync(cancellation),
            Step.Recommend => RecommendAsync(cancellation),
            Step.Publish => PublishStep.RunAsync(_context, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step, null),
        };
    }

    /// <summary>Whether other workers can share a step's work: see <see cref="AssistAsync"/>.</summary>
    public static bool IsShared(Step step) => step == Step.Recommend;

    /// <summary>Shares the work of a step that another worker runs; returns when nothing is left to begin.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task<StepResult> AssistAsync(Step step, StepContext context, CancellationToken cancellation)
    {
        if (context.Options.Torch.LibraryPath is { } library) TorchDevices.Find(library);
        return IsShared(step) ? new Night(context).AssistRecommendAsync(cancellation) : throw new ArgumentOutOfRangeException(nameof(step), step, null);
    }

    private async Task<StepResult> ExtractAsync(CancellationToken cancellation)
    {
        // Here and not after a publication: the run's lock keeps other runs of the pipeline away, and nights that are refused collect too.
        _context.Store.Collect(await KeptRunsAsync(cancellation));
        var queries = SourceQueries.Read(_options.Source, _run.Pipeline);
        var previous = await LiveArtefactAsync(Artefact.Interactions, cancellation);
        var made = await MakeAsync(Artefact.Interactions, draft => Extraction.RunAsync(
            _context.Source, queries, _options.Source, _options.Extract, _run.AsOf, previous, _run.Kind == RunKind.Full, draft,
            _context.Report((long rows) => new StepProgress(0, $"{rows:N0} rows read")), cancellation), cancellation);
        // Before hours of training, not after: readers build on the ids' types.
        var facts = InteractionLog.Open(made).Facts;
        await ResultTables.CheckAsync(_context.Results, _run.Pipeline, facts.UserIdKind, facts.ItemIdKind, _options.Publish, cancellation);
        return Result(made, facts.Summary);
    }

    private async Task<StepResult> PrepareAsync(CancellationToken cancellation)
    {
        var interactions = await OpenAsync(Artefact.Interactions, cancellation);
        var (liveSequences, liveInteractions) = (await LiveArtefactAsync(Artefact.Sequences, cancellation), await LiveArtefactAsync(Artefact.Interactions, cancellation));
        var made = await MakeAsync(Artefact.Sequences, draft => Task.Run(
            () => Preparation.Run(interactions, liveSequences, liveInteractions, _options.Recommend.UntouchedItems, _options.Prepare, draft, cancellation), cancellation), cancellation);
        return Result(made, PreparationFacts.Of(made).Summary);
    }

    private async Task<StepResult> TrainAsync(CancellationToken cancellation)
    {
        var sequences = await OpenAsync(Artefact.Sequences, cancellation);
        var kept = await ServedOnAsync(sequences, cancellation);
        var made = await MakeAsync(Artefact.HoldoutModel, draft =>
        {
            draft.Parent(sequences);
            if (kept is not null)
            {
                KeptTraining.TakeOver(draft, kept);
                return Task.CompletedTask;
            }
            KeptTraining.Sign(draft, _options, AsOf);
            var holdout = HoldoutOf(Load(sequences));
            var histories = holdout.Validation.Train;
            draft.Fact(Cutoff, holdout.Cutoff);
            if (!Training.HasTargets(histories, _options.Train))
                ModelArtefact.WriteNone(draft, $"Nobody has two {(_options.Train.Targets == Questions.Next ? "events" : $"{_options.Train.Targets}s of events")} before the cutoff ({histories.EventCount:N0} events), so there is no next event to learn.");
            else
                Write(draft, Ensemble.Run(
                    histories, holdout.ValidationSet(_options.Recommend), _options.Train, Seed, draft.WorkFolder, _context.Report<TrainProgress>(Describe), cancellation), histories, _options.Rerank.Candidates > 0, cancellation);
            return Task.CompletedTask;
        }, cancellation);
        await _context.Runs.RecordCurveAsync(_run.RunId, Artefact.HoldoutModel, ModelArtefact.CurveOf(made), cancellation);
        return Result(made, KeptTraining.From(made) is not null
            ? $"{Kept(made)}the model is served on until it is {_options.Train.EveryDays} days old (Train:EveryDays); nothing was trained."
            : ModelArtefact.ReasonOf(made));
    }

    private async Task<StepResult> EvaluateAsync(CancellationToken cancellation)
    {
        var sequences = await OpenAsync(Artefact.Sequences, cancellation);
        var model = await OpenAsync(Artefact.HoldoutModel, cancellation);
        var kept = await KeptAsync(model, Artefact.Evaluation, cancellation);
        var live = kept is null ? await LiveHoldoutModelAsync(sequences, cancellation) : null;
        var liveServed = live is null ? null : await LiveServedAsync(cancellation);
        var made = await MakeAsync(Artefact.Evaluation, draft =>
        {
            draft.Parent(sequences);
            draft.Parent(model);
            if (kept is not null)
            {
                KeptTraining.TakeOver(draft, kept);
                return Task.CompletedTask;
            }
            var data = Load(sequences, model, live);
            var holdout = HoldoutOf(data);
            if (model.Manifest.Fact<long>(Cutoff) != holdout.Cutoff)
                throw new BatchRecException(
                    $"Run {_run.RunId}: the holdout model was trained up to another instant than Evaluate:HoldoutDays = {_options.Evaluate.HoldoutDays} gives now, and may have learnt what it would be judged on. Train again: batchrec run --from train");
            // The cut moves back where fewer come, and for an earlier as-of: a live model that has seen tonight's answers is no rival.
            if (live?.Manifest.Fact<long>(Cutoff) > holdout.Cutoff) live = null;
            // Nor is one that could not be told what it goes by.
            var missing = live is null ? null : MissingIn(sequences, live);
            if (missing is not null) live = null;
            if (live is not null) draft.Parent(live);
            using var tonight = Open(model, data);
            using var reranker = HasReranker(model) ? OpenReranker(model, tonight) : null;
            using var current = live is null ? null : Open(live, data);
            using var currentReranker = current is null || liveServed?.Rerank is null ? null : OpenReranker(live!, current);

            var train = holdout.Splits[0].Train;
            // First, so that what is fitted for the weights is gone when the contestants are.
            var (weights, rerank) = FittedOn(holdout.Validation, tonight, reranker, cancellation);
            weights?.Write(draft.Folder);
            rerank?.Write(draft.Folder);
            var baselines = BaselineSet.Fit(train, holdout.Cutoff, _options.Evaluate.DenseItems);
            var contestants = baselines.Select(baseline => new Contestant(baseline, Role.Baseline)).ToList();
            if (tonight is not null) contestants.Add(new Contestant(tonight, Role.Model));
            var blend = weights is { IsBlend: true } ? new BlendedRecommender([.. baselines, .. Known(tonight)], weights, train) : null;
            if (blend is not null) contestants.Add(new Contestant(blend, Role.Blend));
            if (rerank is { IsUsed: true }) contestants.Add(new Contestant(Reranked((ISearchedRecommender?)blend ?? tonight!, reranker, rerank), Role.Reranked));
            if (current is not null)
                contestants.Add(new Contestant(Reranked(liveServed?.Blend is { } own ? new BlendedRecommender([.. baselines, current], own, train) : current, currentReranker, liveServed?.Rerank), Role.Live));
            draft.Fact(Notes, string.Join(' ', baselines.Select(baseline => baseline.Note).Append(weights?.Reason).Append(rerank?.Reason)
                .Append(missing is null ? null : $"The live model is not judged: it was trained with {missing}, which tonight's source doesn't have.").OfType<string>()));
            var report = Evaluation.Run(holdout.Splits, contestants, _options.Evaluate, _options.Recommend, cancellation);
            report.Write(draft.Folder);
            draft.Rows = report.Rows.Count;
            return Task.CompletedTask;
        }, cancellation);
        var report = EvaluationReport.Read(made.Folder);
        await _context.Runs.RecordEvaluationAsync(_run.RunId, [.. report.MetricRows()], cancellation);
        return Result(made, $"{Kept(made)}{Describe(report)}. {made.Manifest.Fact<string>(Notes)}");
    }

    private async Task<StepResult> GateAsync(CancellationToken cancellation)
    {
        var evaluation = await OpenAsync(Artefact.Evaluation, cancellation);
        var kept = await KeptAsync(await OpenAsync(Artefact.HoldoutModel, cancellation), Artefact.Verdict, cancellation);
        var lifts = await _context.Runs.AcceptedLiftsAsync(_run.Pipeline, _options.Gate.LiftHistoryRuns, cancellation);
        var made = await MakeAsync(Artefact.Verdict, draft =>
        {
            draft.Parent(evaluation);
            if (kept is not null) KeptTraining.TakeOver(draft, kept);
            else QualityVerdict.Of(EvaluationReport.Read(evaluation.Folder), ServedRepeats, lifts, _options.Gate, _options.Evaluate.Resamples, _options.Evaluate.Seed)
                .Write(draft.Folder);
            return Task.CompletedTask;
        }, cancellation);
        var verdict = Verdict.Read(made.Folder);
        await _context.Runs.RecordVerdictAsync(_run.RunId, _context.Epoch, "quality", verdict.ToJson(), verdict.Outcome == Outcome.Model && kept is null ? verdict.Lift : null, cancellation);
        return Result(made, Kept(made) + string.Join(' ', verdict.Reasons), refused: verdict.Outcome == Outcome.Refused);
    }

    private async Task<StepResult> RefitAsync(CancellationToken cancellation)
    {
        var sequences = await OpenAsync(Artefact.Sequences, cancellation);
        var holdoutModel = await OpenAsync(Artefact.HoldoutModel, cancellation);
        var verdict = await OpenAsync(Artefact.Verdict, cancellation);
        var kept = await KeptAsync(holdoutModel, Artefact.Model, cancellation);
        var made = await MakeAsync(Artefact.Model, draft =>
        {
            draft.Parent(sequences);
            draft.Parent(holdoutModel);
            draft.Parent(verdict);
            if (kept is not null)
            {
                KeptTraining.TakeOver(draft, kept);
            }
            else if (Verdict.Read(verdict.Folder) is { Outcome: not Outcome.Model } other)
            {
                ModelArtefact.WriteNone(draft, $"{other.Published} is published tonight; it is fitted when the lists are made.");
            }
            else if (!ModelArtefact.HasModel(holdoutModel))
            {
                ModelArtefact.WriteNone(draft, "The blend is of baselines alone; they are fitted when the lists are made.");
            }
            else if (!_options.Train.Refit)
            {
                ModelArtefact.Copy(draft, holdoutModel, "The holdout model as it is (Train:Refit = false).");
                if (HasReranker(holdoutModel)) File.Copy(holdoutModel.PathOf(RerankModel.FileName), Path.Combine(draft.Folder, RerankModel.FileName));
            }
            else
            {
                var schedules = ModelArtefact.SchedulesOf(holdoutModel);
                var log = Load(sequences).Sequences;
                Write(draft, Ensemble.Refit(log, _options.Train, Seed, schedules, draft.WorkFolder, _context.Report<TrainProgress>(Describe), cancellation), log, Verdict.Read(verdict.Folder).Published == RerankedRecommender.Id, cancellation);
            }
            return Task.CompletedTask;
        }, cancellation);
        await _context.Runs.RecordCurveAsync(_run.RunId, Artefact.Model, ModelArtefact.CurveOf(made), cancellation);
        return Result(made, Kept(made) + ModelArtefact.ReasonOf(made));
    }

    private async Task<StepResult> RecommendAsync(CancellationToken cancellation)
    {
        var from = await ListSourcesAsync(cancellation);
        var elsewhere = 0;
        var made = await MakeAsync(Artefact.TopN, async draft =>
        {
            draft.Parent(from.Sequences);
            draft.Parent(from.Evaluation);
            draft.Parent(from.Model);
            var data = Load(from.Sequences, from.Model, from.HoldoutModel);
            using var refitted = Open(from.Model, data);
            using var reranker = from.Published == RerankedRecommender.Id ? OpenReranker(from.Model, refitted) : null;
            elsewhere = _options.Recommend.Shards - await RecommendationOf(from, data, refitted, reranker).RunAsync(draft, ClaimAsync, _context.Progress, _context.Clock, cancellation);
            SampleAttention(draft.Folder, data, from.Explaining, refitted, cancellation);
        }, cancellation);
        var standing = KeptLists.CountOf(made, AsOf);
        return Result(made, $"Lists of {made.Manifest.Fact<string>(Recommendation.Recommender)} for {made.Manifest.Rows:N0} users{(standing > 0 ? $", {standing:N0} of them as they were" : "")}{(elsewhere > 0 ? $"; {elsewhere:N0} of {_options.Recommend.Shards:N0} shards were there already or are other workers'" : "")}.");
    }

    private const string Finished = "The lists were finished meanwhile.";

    /// <summary>Makes shards of the lists beside the worker that runs the step, until none is left; what is made is that worker's.</summary>
    private async Task<StepResult> AssistRecommendAsync(CancellationToken cancellation)
    {
        var from = await ListSourcesAsync(cancellation);
        var work = _context.Store.WorkFolder(_run.RunId, Artefact.TopN);
        // The other worker may not have come so far yet. It watches over us: a step that fails ends this too.
        while (!Directory.Exists(work))
        {
            if (_context.Store.Find(_run.RunId, Artefact.TopN) is not null) return new StepResult(0, 0, Finished);
            await Task.Delay(TimeSpan.FromSeconds(1), _context.Clock, cancellation);
        }
        var data = Load(from.Sequences, from.Model, from.HoldoutModel);
        using var refitted = Open(from.Model, data);
        using var reranker = from.Published == RerankedRecommender.Id ? OpenReranker(from.Model, refitted) : null;
        try
        {
            var made = await RecommendationOf(from, data, refitted, reranker).AssistAsync(work, ClaimAsync, _context.Clock, cancellation);
            return new StepResult(0, 0, $"Made {made:N0} of {_options.Recommend.Shards:N0} shards.");
        }
        catch (Exception) when (_context.Store.Find(_run.RunId, Artefact.TopN) is not null)
        {
            return new StepResult(0, 0, Finished);
        }
    }

    /// <summary>What lists are made from.</summary>
    private sealed record ListSources(Artefact Sequences, Artefact HoldoutModel, Artefact Evaluation, Artefact Verdict, Artefact Model, Artefact? Previous)
    {
        /// <summary>Name of the recommender whose lists are published.</summary>
        public string Published { get; } = Gate.Verdict.Read(Verdict.Folder).Published!;

        /// <summary>The model whose vectors give reasons: a baseline's lists have some too, where a model was judged beside it.</summary>
        public Artefact Explaining => ModelArtefact.HasModel(Model) ? Model : HoldoutModel;
    }

    private async Task<ListSources> ListSourcesAsync(CancellationToken cancellation)
    {
        var holdoutModel = await OpenAsync(Artefact.HoldoutModel, cancellation);
        var previous = KeptTraining.From(holdoutModel) is null ? null : await LiveArtefactAsync(Artefact.TopN, cancellation);
        previous?.Verify();
        return new ListSources(
            await OpenAsync(Artefact.Sequences, cancellation), holdoutModel, await OpenAsync(Artefact.Evaluation, cancellation),
            await OpenAsync(Artefact.Verdict, cancellation), await OpenAsync(Artefact.Model, cancellation), previous);
    }

    private Recommendation RecommendationOf(ListSources from, PreparedData data, SasrecRecommender? refitted, Reranker? reranker)
    {
        var published = from.Published;
        // What counts is counted on what lay before the model's night: lists that are kept and lists that are made go by the same counts.
        var trainedFor = from.HoldoutModel.Manifest.Fact<long>(KeptTraining.TrainedFor);
        var log = trainedFor < AsOf ? data.Sequences.Until(data.Sequences.EndsBefore(trainedFor)) : data.Sequences;
        var served = Served.Of(published, from.Evaluation);
        var (recommender, source) = served.Blend is { } weights ? (Blended(log, trainedFor, refitted, weights), Recommendation.FromBlend)
            : refitted is null ? ((IRecommender)BaselineSet.Fit(published, log, trainedFor, _options.Evaluate.DenseItems), Recommendation.FromBaseline)
            : (refitted, Recommendation.FromModel);
        var counts = source != Recommendation.FromModel;
        if (reranker is not null) (recommender, source) = (Reranked((ISearchedRecommender)recommender, reranker, served.Rerank), Recommendation.FromReranking);
        IEnumerable<ManifestFile> files = [.. from.Explaining.Manifest.Files, .. from.Model.Manifest.Files, .. from.Evaluation.Manifest.Files.Where(file => file.Name is BlendWeights.FileName or RerankWeight.FileName)];
        var basis = new ListsBasis
        {
            Recommender = published, Files = [.. files.Select(file => file.Sha256).Distinct()],
            Log = counts ? $"{HistoryHash.Of(log)}, {Neighbours.Rule(log.ItemCount)} neighbours" : "", EventTypes = data.Sequences.EventTypes,
            ItemAttributes = refitted?.AttributesHash ?? "", ItemVectors = refitted is { AttributesHash.Length: > 0 } ? refitted.VectorInHistories : null, UserAttributes = refitted?.UserAttributes ?? [],
            Unavailable = reranker is null ? "" : Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(Recommendation.Unavailable(data)))),
            DependsOnTime = _options.Train.QueryGap || _options.Recommend.ExcludeSeenDays > 0 || published == PersonalFrequency.Id,
        };
        return new Recommendation(data, recommender, source, _options.Recommend, AsOf, basis, ItemSpace.Of(from.Explaining), from.Previous);
    }

    private Task<RunLock?> ClaimAsync(string shard, CancellationToken cancellation) => _context.TryLock($"{_run.Pipeline}/{_run.RunId}/{shard}", cancellation);

    /// <summary>The lists are made: a picture of where the model looks that can't be drawn changes nothing of that.</summary>
    /// <param name="refitted">The model, opened; null where a baseline's lists are published: one may still want to see where the model that was judged looks.</param>
    private void SampleAttention(string folder, PreparedData data, Artefact explaining, SasrecRecommender? refitted, CancellationToken cancellation)
    {
        try
        {
            using var judged = refitted is null ? Open(explaining, data) : null;
            if ((refitted ?? judged) is { } looking)
                AttentionSample.Of(data, looking, explaining.Manifest.Artefact, AsOf, [.. Directory.EnumerateFiles(folder, TopNLists.ShardPrefix + "*").Order(StringComparer.Ordinal)], _options.Recommend.Because > 0).Write(folder);
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            _context.Log.LogWarning(fault, "Where the model of run {Run} looks could not be sampled; its report goes without", _run.RunId);
            // Cut off, perhaps.
            File.Delete(Path.Combine(folder, AttentionSample.FileName));
        }
    }

    /// <summary>The model and, where it is wanted, its re-ranker.</summary>
    private void Write(ArtefactDraft draft, IReadOnlyList<TrainingResult> trained, Sequences histories, bool withReranker, CancellationToken cancellation)
    {
        ModelArtefact.Write(draft, trained);
        if (!withReranker) return;
        using var model = new SasrecRecommender([.. trained.Select(member => member.Model)], histories.ItemCount, _options.Train.Device, histories.ItemAttributes, _options.Recommend.UntouchedItems);
        RerankTraining.Run(histories, model, _options.Rerank, _options.Train, _options.Recommend, Seed, _context.Report<RerankProgress>(Describe), cancellation)?.Write(draft.Folder);
    }

    /// <summary>The blend that validation finds, its baselines fitted on what the model has learnt from, and how much re-ranking counts; null where there is nothing to blend or to re-rank.</summary>
    private (BlendWeights? Blend, RerankWeight? Rerank) FittedOn(Split validation, SasrecRecommender? model, Reranker? reranker, CancellationToken cancellation)
    {
        IRecommender[] parts = [.. Known(model), .. BaselineSet.Fit(_options.Blend.PartsOf(_options.Recommend), validation.Train, validation.Cutoff, _options.Evaluate.DenseItems)];
        var seen = SeenItems.Served(validation.Log, _options.Recommend);
        var weights = BlendFit.Of(validation, parts, seen, _options.Blend, _options.Evaluate.Seed, cancellation);
        if (reranker is null) return (weights, null);
        ISearchedRecommender found = weights is { IsBlend: true } ? new BlendedRecommender(parts, weights, validation.Train) : model!;
        return (weights, RerankFit.Of(validation, found, reranker, seen, _options.Evaluate.Seed, cancellation));
    }

    private static ISearchedRecommender Reranked(ISearchedRecommender found, Reranker? reranker, RerankWeight? weight) =>
        reranker is null || weight is null ? found : new RerankedRecommender(found, reranker, weight.Weight);

    /// <param name="log">What the baselines among the parts count.</param>
    /// <param name="until">where it ends, microseconds since 1970, UTC</param>
    private BlendedRecommender Blended(Sequences log, long until, IRecommender? model, BlendWeights weights) => new BlendedRecommender(
        [.. Known(model), .. BaselineSet.Fit(weights.Used.Intersect(BaselineSet.Names), log, until, _options.Evaluate.DenseItems)], weights, log);

    private static IEnumerable<IRecommender> Known(IRecommender? model) => model is null ? [] : [model];

    private ulong Seed => (ulong)_run.Seed;

    /// <summary>Microseconds since 1970, UTC.</summary>
    private long AsOf => PostgresTime.Microseconds(_run.AsOf);

    /// <summary>How the lists that are served treat what the user has had.</summary>
    private string ServedRepeats => RepeatRule.OfServed(_options.Recommend);

    /// <param name="models">Those that will be opened on it: what they are told of users may be more than tonight's options name.</param>
    private PreparedData Load(Artefact sequences, params IEnumerable<Artefact?> models) => PreparedData.Load(
        sequences, withUsers: _options.Train.UserFeatures is { Count: > 0 } || models.OfType<Artefact>().Any(model => ModelColumns.Of(model).Users.Count > 0));

    private SasrecRecommender? Open(Artefact model, PreparedData data) => ModelArtefact.Open(
        model, data.Items.Count, _options.Train.Device, data.Catalogue.Attributes, data.Sequences.UserAttributes, _options.Recommend.UntouchedItems);

    private static bool HasReranker(Artefact model) => model.Manifest.Files.Any(file => file.Name == RerankModel.FileName);

    private Reranker OpenReranker(Artefact artefact, SasrecRecommender? model) => new(RerankModel.Read(artefact.PathOf(RerankModel.FileName)), model!, _options.Train.Device);

    /// <summary>Columns that a model was trained with and tonight's source doesn't have; null where it has all.</summary>
    private static string? MissingIn(Artefact sequences, Artefact model)
    {
        var (items, users) = PreparedData.ColumnsOf(sequences);
        return ModelColumns.Of(model).MissingIn(items, users);
    }

    private Holdout HoldoutOf(PreparedData data) => Holdout.Of(data.Sequences, _options.Evaluate, AsOf);

    private Task<Artefact> OpenAsync(string artefact, CancellationToken cancellation) => _context.Store.OpenAsync(_run.RunId, artefact, cancellation);

    private async Task<Artefact> MakeAsync(string artefact, Func<ArtefactDraft, Task> make, CancellationToken cancellation)
    {
        var made = await _context.Store.GetOrCreateAsync(_run.RunId, artefact, (draft, _) => make(draft), cancellation);
        await _context.Runs.ArtefactMadeAsync(_run.RunId, made, cancellation);
        return made;
    }

    /// <summary>An artefact of the run whose lists are live; null before the first publication, or where it was collected since.</summary>
    private async Task<Artefact?> LiveArtefactAsync(string artefact, CancellationToken cancellation) =>
        await _context.Runs.LastPublishedAsync(_run.Pipeline, cancellation) is { } live && live.RunId != _run.RunId ? _context.Store.Find(live.RunId, artefact) : null;

    /// <summary>
    /// The live run's holdout model, where a model's lists are live and its item indices are tonight's: tonight's maps were grown from its own.
    /// </summary>
    private async Task<Artefact?> LiveHoldoutModelAsync(Artefact sequences, CancellationToken cancellation)
    {
        if (await LiveArtefactAsync(Artefact.Verdict, cancellation) is not { } verdict || Verdict.Read(verdict.Folder).Outcome != Outcome.Model) return null;
        return await LiveArtefactAsync(Artefact.Sequences, cancellation) is { } live && sequences.Manifest.Parents.Values.Contains(live.Sha256)
            ? await LiveArtefactAsync(Artefact.HoldoutModel, cancellation)
            : null;
    }

    /// <summary>The live run's holdout model, where tonight serves it on; null where a model is trained.</summary>
    private async Task<Artefact?> ServedOnAsync(Artefact sequences, CancellationToken cancellation)
    {
        if (_run.Kind == RunKind.Full || _options.Train.EveryDays == 1) return null;
        // Indices must be the live run's own: tonight's maps were grown from its.
        if (await LiveArtefactAsync(Artefact.Sequences, cancellation) is not { } mapped || !sequences.Manifest.Parents.Values.Contains(mapped.Sha256)) return null;
        foreach (var needed in (string[])[Artefact.Evaluation, Artefact.Verdict, Artefact.Model, Artefact.TopN])
            if (await LiveArtefactAsync(needed, cancellation) is null) return null;
        // Without a column that it was trained with it would go on as if nothing were known.
        foreach (var trained in (string[])[Artefact.HoldoutModel, Artefact.Model])
        {
            if (await LiveArtefactAsync(trained, cancellation) is not { } model || MissingIn(sequences, model) is not { } missing) continue;
            _context.Log.LogWarning("The live model is not served on: it was trained with {Missing}, which tonight's source doesn't have", missing);
            return null;
        }
        // Another query is another log: what was learnt from the one before isn't about it.
        var (now, before) = (await OpenAsync(Artefact.Interactions, cancellation), await LiveArtefactAsync(Artefact.Interactions, cancellation));
        if (before is null || InteractionLog.Open(now).Facts.Query != InteractionLog.Open(before).Facts.Query) return null;
        return await LiveArtefactAsync(Artefact.HoldoutModel, cancellation) is { } live && KeptTraining.Serves(live, _options, AsOf) ? live : null;
    }

    /// <summary>Another artefact of the run that tonight's holdout model was taken over from; null where it was trained tonight.</summary>
    private async Task<Artefact?> KeptAsync(Artefact holdoutModel, string artefact, CancellationToken cancellation) =>
        KeptTraining.From(holdoutModel) is not { } from ? null
        : _context.Store.Find(from, artefact) is not null ? await _context.Store.OpenAsync(from, artefact, cancellation)
        : throw new BatchRecException($"Run {_run.RunId} serves on the model of run {from}, whose {artefact} was collected since. Train anew: batchrec run --from train");

    private static string Kept(Artefact made) => KeptTraining.From(made) is { } from ? $"{KeptTraining.Said} {from}: " : "";

    /// <summary>What the live lists are made of beside the model.</summary>
    private async Task<Served?> LiveServedAsync(CancellationToken cancellation) =>
        await LiveArtefactAsync(Artefact.Verdict, cancellation) is { } verdict && await LiveArtefactAsync(Artefact.Evaluation, cancellation) is { } evaluation
            ? Served.Of(Verdict.Read(verdict.Folder).Published, evaluation)
            : null;

    /// <summary>Runs whose artefacts stay: those whose tables are kept, and this one.</summary>
    private async Task<IReadOnlySet<RunId>> KeptRunsAsync(CancellationToken cancellation) =>
        new HashSet<RunId>(await _context.Runs.KeptAsync(_run.Pipeline, cancellation)) { _run.RunId };

    private static StepResult Result(Artefact made, string message, bool refused = false) =>
        new(made.Manifest.Rows, made.Manifest.Files.Sum(file => file.Bytes), message, refused);

    private static StepProgress Describe(TrainProgress at)
    {
        var done = (at.Epoch - 1 + (double)at.Batch / at.Batches) / at.Epochs;
        var validation = at.ValidationNdcg is { } ndcg ? $", validation NDCG@10 {ndcg:F4}" : "";
        return new StepProgress(done, $"epoch {at.Epoch} of {at.Epochs}, batch {at.Batch} of {at.Batches}, loss {at.Loss:F3}{validation}");
    }

    private static StepProgress Describe(RerankProgress at) =>
        new((at.Epoch - 1 + (double)at.Batch / at.Batches) / at.Epochs, $"re-ranker, epoch {at.Epoch} of {at.Epochs}, batch {at.Batch} of {at.Batches}, loss {at.Loss:F3}");

    private string Describe(EvaluationReport report) => string.Join("; ",
        report.RowsOf(NightlySplit.Protocol, ServedRepeats).Select(row => $"{row.Model} {row.Ndcg10:F4}").Prepend($"NDCG@10 nightly, repeats {ServedRepeats}"));
}
