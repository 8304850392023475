using BatchRec.Jobs.Configuration;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>Puts together what a step is given, the same in this process and in a child.</summary>
public static class StepContexts
{
    public static StepContext Of(
        RunRow run, int epoch, Setup setup, Databases databases, RunTable runs, IProgress<StepProgress> progress, ILogger log, TimeProvider clock)
    {
        var options = setup.Of(run);
        return new StepContext
        {
            Run = run, Epoch = epoch, Options = options, Store = new ArtefactStore(options.Artefacts.Folder, run.Pipeline, clock), Runs = runs,
            Source = databases.Source, Results = databases.Results,
            TryLock = (name, cancellation) => RunLock.TryAcquireAsync(databases.ResultsConnectionString, name, TimeSpan.Zero, cancellation), Progress = progress, Log = log, Clock = clock,
        };
    }
}
