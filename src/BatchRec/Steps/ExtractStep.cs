using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Publish;
using BatchRec.Runs;
using Microsoft.Extensions.Logging;

namespace BatchRec.Steps;

/// <summary>From the source to the interaction log.</summary>
internal static class ExtractStep
{
    public static async Task<StepResult> RunAsync(NightRun night, CancellationToken cancellation)
    {
        // Here and not after a publication: the run's lock keeps other runs of the pipeline away, and nights that are refused collect too.
        await CollectAsync(night, cancellation);
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

    /// <summary>Removes what earlier runs have left. What another database's runs have made, such as those of a test beside production, is not ours to remove.</summary>
    private static async Task CollectAsync(NightRun night, CancellationToken cancellation)
    {
        var (store, there) = (night.Context.Store, night.Context.Store.Runs());
        var known = await night.Context.Runs.FilesAsync(night.Run.Pipeline, there, cancellation);
        store.Collect(known.Where(run => run.Spent && run.RunId != night.Run.RunId).Select(run => run.RunId));
        if (there.Count > known.Count)
            night.Context.Log.LogWarning("{Count} folders below {Folder} are of runs that this database doesn't know, and stay. Give each database an Artefacts:Folder of its own, and remove those folders where no database has their runs any more", there.Count - known.Count, store.AllRuns);
    }
}
