using BatchRec.Interactions;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Steps;

/// <summary>From lists to live tables.</summary>
internal static class PublishStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        var context = night.Context;
        var topN = await night.OpenAsync(Artefact.TopN, cancellation);
        var interactions = await night.OpenAsync(Artefact.Interactions, cancellation);
        var items = InteractionLog.Open(interactions).Items is { } file ? interactions.PathOf(file) : null;

        await RequireLiveBaseAsync(context, interactions, cancellation);

        var publication = new Publication(context.Results, context.Options.Publish, context.Clock, context.Log);
        try
        {
            var verdict = await publication.PublishAsync(context.Run, context.Epoch, TopNLists.Of(topN, items), new Progress(context.Progress), cancellation);
            return new StepResult(verdict.Users, topN.Manifest.Files.Sum(shard => shard.Bytes), verdict.Summary(), Refused: !verdict.Accepted);
        }
        catch (HeldException held)
        {
            await new PublishingHold(context.Results, context.Clock).NoteStoppedAsync(context.Run, held.Message, cancellation);
            return new StepResult(0, 0, held.Message, Held: true);
        }
    }

    /// <summary>A run may have begun on what a rollback has taken back since.</summary>
    private static async Task RequireLiveBaseAsync(StepContext context, Artefact interactions, CancellationToken cancellation)
    {
        foreach (var parent in interactions.Manifest.Parents.Keys.Select(name => RunId.Parse(name.Split('/')[0])).Where(parent => parent != context.Run.RunId))
            if (await context.Runs.GetAsync(parent, cancellation) is { Withdrawn: not null })
                throw new BatchRecException($"Run {context.Run.RunId} was built on run {parent}, which a rollback has withdrawn since. Build it on what is live now: batchrec run --from extract");
    }

    private sealed class Progress(IProgress<StepProgress> step) : IProgress<double>
    {
        public void Report(double value) => step.Report(new StepProgress(value, "loading, verifying and flipping"));
    }
}
