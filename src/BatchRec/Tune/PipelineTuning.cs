using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Extract;
using BatchRec.Prepare;
using BatchRec.Runs;

namespace BatchRec.Tune;

/// <summary>A pipeline's tuning, on what its newest run has prepared, cut as step train cuts it: nothing after T is looked at.</summary>
public sealed class PipelineTuning(string pipeline, PipelineOptions options, ArtefactStore store, RunTable runs, TuningTable tunings, TimeProvider clock)
{
    private const int LookBack = 30;

    /// <summary>Goes on with the tuning of the same options that was interrupted, or whose run is still the newest; else begins one.</summary>
    /// <returns>the tuning, and what it has found</returns>
    /// <exception cref="BatchRecException">No run has prepared anything, or that can't be tuned on.</exception>
    /// <exception cref="OperationCanceledException">Stopped; run again, it goes on where it was.</exception>
    public async Task<(TuningRow Tuning, TuningReport Report)> RunAsync(Action<string> say, CancellationToken cancellation)
    {
        var tuning = await FindOrCreateAsync(say, cancellation);
        var run = (await runs.GetAsync(tuning.RunId, cancellation))!;
        var data = PreparedData.Load(await store.OpenAsync(run.RunId, Artefact.Sequences, cancellation), withUsers: options.Train.UserFeatures is { Count: > 0 });
        var holdout = Holdout.Of(data.Sequences, options.Evaluate, PostgresTime.Microseconds(run.AsOf));
        var report = ModelTuning.Run(
            holdout.Validation.Train, holdout.ValidationSet(options.Recommend), options.Train.Asking(options.Evaluate.Baskets), options.Tune, tunings.Trials(tuning), clock, store.TuningFolder(tuning.TuningId), say, cancellation);
        await tunings.FinishAsync(tuning, report.Ended, cancellation);
        return (tuning, report);
    }

    private async Task<TuningRow> FindOrCreateAsync(Action<string> say, CancellationToken cancellation)
    {
        var prepared = (await runs.HistoryAsync(pipeline, LookBack, cancellation)).FirstOrDefault(HasSequences)
            ?? throw new BatchRecException($"No run of pipeline {pipeline} has prepared sequences below {options.Artefacts.Folder}. Make one first: batchrec run");
        var fingerprint = TuneOptions.Fingerprint(options);
        if (await tunings.NewestAsync(pipeline, cancellation, fingerprint) is { } earlier && (earlier.RunId == prepared.RunId || earlier.Finished is null)
            && await runs.GetAsync(earlier.RunId, cancellation) is { } run && HasSequences(run))
        {
            say($"Tuning {earlier.TuningId} goes on, on run {run.RunId}, events before {run.AsOf:yyyy-MM-dd HH:mm}Z");
            await tunings.ReopenAsync(earlier, cancellation);
            return earlier;
        }
        foreach (var before in await tunings.IdsAsync(pipeline, cancellation)) store.DiscardTuning(before);
        var made = await tunings.CreateAsync(pipeline, prepared.RunId, options.Tune, fingerprint, cancellation);
        say($"Tuning {made.TuningId} on run {prepared.RunId}, events before {prepared.AsOf:yyyy-MM-dd HH:mm}Z");
        return made;
    }

    private bool HasSequences(RunRow run) => store.Find(run.RunId, Artefact.Sequences) is not null;
}
