using BatchRec.Interactions;
using BatchRec.Runs;

namespace BatchRec.Publish;

/// <summary>The last step of a night.</summary>
public static class PublishStep
{
    public static async Task<StepResult> RunAsync(StepContext context, CancellationToken cancellation)
    {
        var (store, run) = (context.Store, context.Run.RunId);
        var topN = await store.OpenAsync(run, Artefact.TopN, cancellation);
        var interactions = await store.OpenAsync(run, Artefact.Interactions, cancellation);
        var items = InteractionLog.Open(interactions).Items is { } file ? interactions.PathOf(file) : null;

        var publication = new Publication(context.Results, context.Options.Publish, context.Clock, context.Log);
        var verdict = await publication.PublishAsync(context.Run, context.Epoch, TopNLists.Of(topN, items), new Progress(context.Progress), cancellation);
        return new StepResult(verdict.Users, topN.Manifest.Files.Sum(shard => shard.Bytes), verdict.Summary(), Refused: !verdict.Accepted);
    }

    private sealed class Progress(IProgress<StepProgress> step) : IProgress<double>
    {
        public void Report(double value) => step.Report(new StepProgress(value, "loading, verifying and flipping"));
    }
}
