using BatchRec.Gate;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;

namespace BatchRec.Steps;

/// <summary>The accepted model, trained again on everything up to the run's instant.</summary>
internal static class RefitStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var sequences = await night.OpenAsync(Artefact.Sequences, cancellation);
        var holdoutModel = await night.OpenAsync(Artefact.HoldoutModel, cancellation);
        var verdict = await night.OpenAsync(Artefact.Verdict, cancellation);
        var kept = await night.KeptAsync(holdoutModel, Artefact.Model, cancellation);
        var made = await night.MakeAsync(Artefact.Model, draft =>
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
            else if (!night.Options.Train.Refit)
            {
                ModelArtefact.Copy(draft, holdoutModel, "The holdout model as it is (Train:Refit = false).");
                if (NightRun.HasReranker(holdoutModel)) File.Copy(holdoutModel.PathOf(RerankModel.FileName), Path.Combine(draft.Folder, RerankModel.FileName));
            }
            else
            {
                var schedules = ModelArtefact.SchedulesOf(holdoutModel);
                var log = night.Load(sequences).Sequences;
                TrainStep.WriteModel(night, draft, Ensemble.Refit(log, night.Options.Train, night.Seed, schedules, draft.WorkFolder, night.Context.Report<TrainProgress>(TrainStep.Describe), cancellation), log, Verdict.Read(verdict.Folder).Published == RerankedRecommender.Id, cancellation);
            }
            return Task.CompletedTask;
        }, cancellation);
        await night.Context.Runs.RecordCurveAsync(night.Run.RunId, Artefact.Model, ModelArtefact.CurveOf(made), cancellation);
        return NightRun.Result(made, NightRun.Kept(made) + ModelArtefact.ReasonOf(made));
    }
}
