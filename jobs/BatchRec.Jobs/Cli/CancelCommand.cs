using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec cancel</c></summary>
internal static class CancelCommand
{
    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var command = new Command("cancel", "Ends the run that is queued or running; what is live stays. Example: batchrec cancel") { pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var runs = new RunTable(databases.Results, TimeProvider.System);
            var cancelled = await runs.ActiveAsync(name, cancellation) is { } active && await runs.CancelAsync(active.RunId, "Cancelled by hand: batchrec cancel.", cancellation) ? active : null;
            Console.WriteLine(cancelled is null
                ? $"Pipeline {name} has no run to cancel."
                : $"Run {cancelled.RunId} is cancelled; its worker stops within seconds. Go on with it: batchrec run --from STEP");
            return ExitCode.Done;
        });
        return command;
    }
}
