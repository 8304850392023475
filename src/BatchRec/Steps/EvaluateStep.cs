using BatchRec.Blend;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Baselines;
using BatchRec.Evaluate.Splits;
using BatchRec.Gate;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Steps;

/// <summary>The model, its blend, the baselines and the live lists, on what the holdout asks.</summary>
internal static class EvaluateStep
{
    /// <summary>Fact of an evaluation: what there is to say of it, in sentences.</summary>
    private const string Notes = "notes";

    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var sequences = await night.OpenAsync(Artefact.Sequences, cancellation);
        var model = await night.OpenAsync(Artefact.HoldoutModel, cancellation);
        var kept = await night.KeptAsync(model, Artefact.Evaluation, cancellation);
        var live = kept is null ? await LiveHoldoutModelAsync(night, sequences, cancellation) : null;
        var liveServed = live is null ? null : await LiveServedAsync(night, cancellation);
        var made = await night.MakeAsync(Artefact.Evaluation, draft =>
        {
            draft.Parent(sequences);
            draft.Parent(model);
            if (kept is not null)
            {
                KeptTraining.TakeOver(draft, kept);
                return Task.CompletedTask;
            }
            var data = night.Load(sequences, model, live);
            var holdout = night.HoldoutOf(data);
            if (model.Manifest.Fact<long>(TrainStep.Cutoff) != holdout.Cutoff)
                throw new BatchRecException(
                    $"Run {night.Run.RunId}: the holdout model was trained up to another instant than Evaluate:HoldoutDays = {night.Options.Evaluate.HoldoutDays} gives now, and may have learnt what it would be judged on. Train again: batchrec run --from train");
            // The cut moves back where fewer come, and for an earlier as-of: a live model that has seen tonight's answers is no rival.
            if (live?.Manifest.Fact<long>(TrainStep.Cutoff) > holdout.Cutoff) live = null;
            // Nor is one that could not be told what it goes by.
            var missing = live is null ? null : NightRun.MissingIn(sequences, live);
            if (missing is not null) live = null;
            if (live is not null) draft.Parent(live);
            using var tonight = night.OpenModel(model, data);
            using var reranker = NightRun.HasReranker(model) ? night.OpenReranker(model, tonight) : null;
            using var current = live is null ? null : night.OpenModel(live, data);
            using var currentReranker = current is null || liveServed?.Rerank is null ? null : night.OpenReranker(live!, current);

            var train = holdout.Splits[0].Train;
            // First, so that what is fitted for the weights is gone when the contestants are.
            var (weights, rerank) = FittedOn(night, holdout.Validation, tonight, reranker, cancellation);
            weights?.Write(draft.Folder);
            rerank?.Write(draft.Folder);
            var baselines = BaselineSet.Fit(train, holdout.Cutoff, night.Options.Evaluate.DenseItems);
            var contestants = baselines.Select(baseline => new Contestant(baseline, Role.Baseline)).ToList();
            if (tonight is not null) contestants.Add(new Contestant(tonight, Role.Model));
            var blend = weights is { IsBlend: true } ? new BlendedRecommender(BlendedRecommender.PartsOf(tonight, baselines), weights, train) : null;
            if (blend is not null) contestants.Add(new Contestant(blend, Role.Blend));
            if (rerank is { IsUsed: true }) contestants.Add(new Contestant(RerankedRecommender.Over((ISearchedRecommender?)blend ?? tonight!, reranker, rerank), Role.Reranked));
            if (current is not null)
                contestants.Add(new Contestant(RerankedRecommender.Over(liveServed?.Blend is { } own ? new BlendedRecommender(BlendedRecommender.PartsOf(current, baselines), own, train) : current, currentReranker, liveServed?.Rerank), Role.Live));
            draft.Fact(Notes, string.Join(' ', baselines.Select(baseline => baseline.Note).Append(weights?.Reason).Append(rerank?.Reason)
                .Append(missing is null ? null : $"The live model is not judged: it was trained with {missing}, which tonight's source doesn't have.").OfType<string>()));
            var report = Evaluation.Run(holdout.Splits, contestants, night.Options.Evaluate, night.Options.Recommend, cancellation);
            report.Write(draft.Folder);
            draft.Rows = report.Rows.Count;
            return Task.CompletedTask;
        }, cancellation);
        var report = EvaluationReport.Read(made.Folder);
        await night.Context.Runs.RecordEvaluationAsync(night.Run.RunId, [.. report.MetricRows()], cancellation);
        return NightRun.Result(made, $"{NightRun.Kept(made)}{Describe(night, report)}. {made.Manifest.Fact<string>(Notes)}");
    }

    /// <summary>The blend that validation finds, its baselines fitted on what the model has learnt from, and how much re-ranking counts; null where there is nothing to blend or to re-rank.</summary>
    private static (BlendWeights? Blend, RerankWeight? Rerank) FittedOn(NightRun night, Split validation, SasrecRecommender? model, Reranker? reranker, CancellationToken cancellation)
    {
        var parts = BlendedRecommender.PartsOf(model, BaselineSet.Fit(night.Options.Blend.PartsOf(night.Options.Recommend), validation.Train, validation.Cutoff, night.Options.Evaluate.DenseItems));
        var seen = SeenItems.Served(validation.Log, night.Options.Recommend);
        var weights = BlendFit.Of(validation, parts, seen, night.Options.Blend, night.Options.Evaluate.Seed, cancellation);
        if (reranker is null) return (weights, null);
        ISearchedRecommender found = weights is { IsBlend: true } ? new BlendedRecommender(parts, weights, validation.Train) : model!;
        return (weights, RerankFit.Of(validation, found, reranker, seen, night.Options.Evaluate.Seed, cancellation));
    }

    /// <summary>
    /// The live run's holdout model, where a model's lists are live and its item indices are tonight's: tonight's maps were grown from its own.
    /// </summary>
    private static async Task<Artefact?> LiveHoldoutModelAsync(NightRun night, Artefact sequences, CancellationToken cancellation)
    {
        if (await night.LiveArtefactAsync(Artefact.Verdict, cancellation) is not { } verdict || Verdict.Read(verdict.Folder).Outcome != Outcome.Model) return null;
        return await night.LiveArtefactAsync(Artefact.Sequences, cancellation) is { } live && sequences.Manifest.Parents.Values.Contains(live.Sha256)
            ? await night.LiveArtefactAsync(Artefact.HoldoutModel, cancellation)
            : null;
    }

    /// <summary>What the live lists are made of beside the model.</summary>
    private static async Task<Served?> LiveServedAsync(NightRun night, CancellationToken cancellation) =>
        await night.LiveArtefactAsync(Artefact.Verdict, cancellation) is { } verdict && await night.LiveArtefactAsync(Artefact.Evaluation, cancellation) is { } evaluation
            ? Served.Of(Verdict.Read(verdict.Folder).Published, evaluation)
            : null;

    private static string Describe(NightRun night, EvaluationReport report) => string.Join("; ",
        report.RowsOf(NightlySplit.Protocol, night.ServedRepeats).Select(row => $"{row.Model} {row.Ndcg10:F4}").Prepend($"NDCG@10 nightly, repeats {night.ServedRepeats}"));
}
