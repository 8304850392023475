using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Steps;

/// <summary>From the source to the interaction log.</summary>
internal static class ExtractStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        // Here and not after a publication: the run's lock keeps other runs of the pipeline away, and nights that are refused collect too.
        night.Context.Store.Collect(await KeptRunsAsync(night, cancellation));
        var queries = SourceQueries.Read(night.Options.Source, night.Run.Pipeline);
        var previous = await night.LiveArtefactAsync(Artefact.Interactions, cancellation);
        var made = await night.MakeAsync(Artefact.Interactions, draft => Extraction.RunAsync(
            night.Context.Source, queries, night.Options.Source, night.Options.Extract, night.Run.AsOf, previous, night.Run.Kind == RunKind.Full, draft,
            night.Context.Report((long rows) => new StepProgress(0, $"{rows:N0} rows read")), cancellation), cancellation);
        // Before hours of training, not after: readers build on the ids' types.
        var facts = InteractionLog.Open(made).Facts;
        await ResultTables.CheckAsync(night.Context.Results, night.Run.Pipeline, facts.UserIdKind, facts.ItemIdKind, night.Options.Publish, cancellation);
        return NightRun.Result(made, facts.Summary);
    }

    /// <summary>Runs whose artefacts stay: those whose tables are kept, and this one.</summary>
    private static async Task<IReadOnlySet<RunId>> KeptRunsAsync(NightRun night, CancellationToken cancellation) =>
        new HashSet<RunId>(await night.Context.Runs.KeptAsync(night.Run.Pipeline, cancellation)) { night.Run.RunId };
}
