using BatchRec.Evaluate;
using BatchRec.Gate;
using BatchRec.Runs;

namespace BatchRec.Steps;

/// <summary>What is published tonight, by the evaluation.</summary>
internal static class GateStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var evaluation = await night.OpenAsync(Artefact.Evaluation, cancellation);
        var kept = await night.KeptAsync(await night.OpenAsync(Artefact.HoldoutModel, cancellation), Artefact.Verdict, cancellation);
        var lifts = await night.Context.Runs.AcceptedLiftsAsync(night.Run.Pipeline, night.Options.Gate.LiftHistoryRuns, cancellation);
        var made = await night.MakeAsync(Artefact.Verdict, draft =>
        {
            draft.Parent(evaluation);
            if (kept is not null) KeptTraining.TakeOver(draft, kept);
            else QualityVerdict.Of(EvaluationReport.Read(evaluation.Folder), night.ServedRepeats, lifts, night.Options.Gate, night.Options.Evaluate.Resamples, night.Options.Evaluate.Seed)
                .Write(draft.Folder);
            return Task.CompletedTask;
        }, cancellation);
        var verdict = Verdict.Read(made.Folder);
        await night.Context.Runs.RecordVerdictAsync(night.Run.RunId, night.Context.Epoch, "quality", verdict.ToJson(), verdict.Outcome == Outcome.Model && kept is null ? verdict.Lift : null, cancellation);
        return NightRun.Result(made, NightRun.Kept(made) + string.Join(' ', verdict.Reasons), refused: verdict.Outcome == Outcome.Refused);
    }
}
