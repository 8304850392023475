using BatchRec.Interactions;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using Microsoft.Extensions.Logging;

namespace BatchRec.Steps;

/// <summary>From sequences to the model that is judged: trained on what lies before the holdout, or the live one served on.</summary>
internal static class TrainStep
{
    /// <summary>Fact of a holdout model: T, microseconds since 1970, UTC.</summary>
    public const string Cutoff = "cutoff";

    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var sequences = await night.OpenAsync(Artefact.Sequences, cancellation);
        var kept = await ServedOnAsync(night, sequences, cancellation);
        var made = await night.MakeAsync(Artefact.HoldoutModel, draft =>
        {
            draft.Parent(sequences);
            if (kept is not null)
            {
                KeptTraining.TakeOver(draft, kept);
                return Task.CompletedTask;
            }
            KeptTraining.Sign(draft, night.Options, night.AsOf);
            var holdout = night.HoldoutOf(night.Load(sequences));
            var histories = holdout.Validation.Train;
            draft.Fact(Cutoff, holdout.Cutoff);
            if (!Training.HasTargets(histories, night.Options.Train))
                ModelArtefact.WriteNone(draft, $"Nobody has two {(night.Options.Train.Targets == Questions.Next ? "events" : $"{night.Options.Train.Targets}s of events")} before the cutoff ({histories.EventCount:N0} events), so there is no next event to learn.");
            else
                WriteModel(night, draft, Ensemble.Run(
                    histories, holdout.ValidationSet(night.Options.Recommend), night.Options.Train, night.Seed, draft.WorkFolder, night.Context.Report<TrainProgress>(Describe), cancellation), histories, night.Options.Rerank.Candidates > 0, cancellation);
            return Task.CompletedTask;
        }, cancellation);
        await night.Context.Runs.RecordCurveAsync(night.Run.RunId, Artefact.HoldoutModel, ModelArtefact.CurveOf(made), cancellation);
        return NightRun.Result(made, KeptTraining.From(made) is not null
            ? $"{NightRun.Kept(made)}the model of {KeptTraining.DayOf(made):yyyy-MM-dd} is served on until it is {night.Options.Train.EveryDays} days old (Train:EveryDays); nothing was trained."
            : ModelArtefact.ReasonOf(made));
    }

    /// <summary>The live run's holdout model, where tonight serves it on; null where a model is trained.</summary>
    private static async Task<Artefact?> ServedOnAsync(NightRun night, Artefact sequences, CancellationToken cancellation)
    {
        if (night.Run.Kind == RunKind.Full || night.Options.Train.EveryDays == 1) return null;
        if (!await night.IsMappedByLiveAsync(sequences, cancellation)) return null;
        foreach (var needed in (string[])[Artefact.Evaluation, Artefact.Verdict, Artefact.Model, Artefact.TopN])
            if (await night.LiveArtefactAsync(needed, cancellation) is null) return null;
        // Without a column that it was trained with it would go on as if nothing were known.
        foreach (var trained in (string[])[Artefact.HoldoutModel, Artefact.Model])
        {
            if (await night.LiveArtefactAsync(trained, cancellation) is not { } model || NightRun.MissingIn(sequences, model) is not { } missing) continue;
            night.Context.Log.LogWarning("The live model is not served on: it was trained with {Missing}, which tonight's source doesn't have", missing);
            return null;
        }
        // Another query is another log: what was learnt from the one before isn't about it.
        var (now, before) = (await night.OpenAsync(Artefact.Interactions, cancellation), await night.LiveArtefactAsync(Artefact.Interactions, cancellation));
        if (before is null || InteractionLog.Open(now).Facts.Query != InteractionLog.Open(before).Facts.Query) return null;
        return await night.LiveArtefactAsync(Artefact.HoldoutModel, cancellation) is { } live && KeptTraining.Serves(live, night.Options, night.AsOf) ? live : null;
    }

    /// <summary>The model and, where it is wanted, its re-ranker.</summary>
    public static void WriteModel(NightRun night, ArtefactDraft draft, IReadOnlyList<TrainingResult> trained, Sequences histories, bool withReranker, CancellationToken cancellation)
    {
        ModelArtefact.Write(draft, trained);
        if (!withReranker) return;
        using var model = new SasrecRecommender([.. trained.Select(member => member.Model)], histories.ItemCount, night.Options.Train.Device, histories.ItemAttributes, night.Options.Recommend.UntouchedItems);
        RerankTraining.Run(histories, model, night.Options.Rerank, night.Options.Train, night.Options.Recommend, night.Seed, night.Context.Report<RerankProgress>(Describe), cancellation)?.Write(draft.Folder);
    }

    public static StepProgress Describe(TrainProgress at)
    {
        var done = (at.Epoch - 1 + (double)at.Batch / at.Batches) / at.Epochs;
        var validation = at.ValidationNdcg is { } ndcg ? $", validation NDCG@10 {ndcg:F4}" : "";
        return new StepProgress(done, $"epoch {at.Epoch} of {at.Epochs}, batch {at.Batch} of {at.Batches}, loss {at.Loss:F3}{validation}");
    }

    private static StepProgress Describe(RerankProgress at) =>
        new((at.Epoch - 1 + (double)at.Batch / at.Batches) / at.Epochs, $"re-ranker, epoch {at.Epoch} of {at.Epochs}, batch {at.Batch} of {at.Batches}, loss {at.Loss:F3}");
}
