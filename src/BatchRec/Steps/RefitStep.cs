using BatchRec.Evaluate.Baselines;
using BatchRec.Gate;
using BatchRec.Interactions;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Steps;

/// <summary>The accepted model, trained again on everything up to the run's instant; with what the baselines beside it have counted, where later nights serve both on.</summary>
internal static class RefitStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var sequences = await night.OpenAsync(Artefact.Sequences, cancellation);
        var holdoutModel = await night.OpenAsync(Artefact.HoldoutModel, cancellation);
        var verdict = await night.OpenAsync(Artefact.Verdict, cancellation);
        var evaluation = await night.OpenAsync(Artefact.Evaluation, cancellation);
        var kept = await night.KeptAsync(holdoutModel, Artefact.Model, cancellation);
        var made = await night.MakeAsync(Artefact.Model, draft =>
        {
            draft.Parent(sequences);
            draft.Parent(holdoutModel);
            draft.Parent(verdict);
            draft.Parent(evaluation);
            var (judged, log) = (Verdict.Read(verdict.Folder), new Lazy<Sequences>(() => night.Load(sequences).Sequences));
            if (kept is not null)
            {
                KeptTraining.TakeOver(draft, kept);
            }
            else if (judged is { Outcome: not Outcome.Model } other)
            {
                ModelArtefact.WriteNone(draft, $"{other.Published} is published tonight; there is no model to train again.");
            }
            else if (!ModelArtefact.HasModel(holdoutModel))
            {
                ModelArtefact.WriteNone(draft, "The blend is of baselines alone; there is no model to train again.");
            }
            else if (!night.Options.Train.Refit)
            {
                ModelArtefact.Copy(draft, holdoutModel, "The holdout model as it is (Train:Refit = false).");
                if (NightRun.HasReranker(holdoutModel)) File.Copy(holdoutModel.PathOf(RerankModel.FileName), Path.Combine(draft.Folder, RerankModel.FileName));
            }
            else
            {
                var schedules = ModelArtefact.SchedulesOf(holdoutModel);
                TrainStep.WriteModel(night, draft, Ensemble.Refit(log.Value, night.Options.Train, night.Seed, schedules, draft.WorkFolder, night.Context.Report<TrainProgress>(TrainStep.Describe), cancellation), log.Value, judged.Published == RerankedRecommender.Id, cancellation);
            }
            // What the nights that serve the model on would else count again, each of them.
            if (kept is null && night.Options.Train.EveryDays > 1 && Served.Of(judged.Published, evaluation).Baselines is { Count: > 0 } names)
                FittedBaselines.Write(draft, names, log.Value, night.AsOf, night.Options.Evaluate.DenseItems);
            return Task.CompletedTask;
        }, cancellation);
        await night.Context.Runs.RecordCurveAsync(night.Run.RunId, Artefact.Model, ModelArtefact.CurveOf(made), cancellation);
        return NightRun.Result(made, NightRun.Kept(made) + ModelArtefact.ReasonOf(made));
    }
}
