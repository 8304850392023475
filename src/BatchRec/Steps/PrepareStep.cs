using BatchRec.Prepare;
using BatchRec.Runs;

namespace BatchRec.Steps;

/// <summary>From the interaction log to sequences.</summary>
internal static class PrepareStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var interactions = await night.OpenAsync(Artefact.Interactions, cancellation);
        var (liveSequences, liveInteractions) = (await night.LiveArtefactAsync(Artefact.Sequences, cancellation), await night.LiveArtefactAsync(Artefact.Interactions, cancellation));
        var made = await night.MakeAsync(Artefact.Sequences, draft => Task.Run(
            () => Preparation.Run(interactions, liveSequences, liveInteractions, night.Options.Recommend.UntouchedItems, night.Options.Prepare, draft, cancellation), cancellation), cancellation);
        return NightRun.Result(made, PreparationFacts.Of(made).Summary);
    }
}
