using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec runs</c></summary>
internal static class RunsCommand
{
    public static Command Build(Invocation invocation)
    {
        var count = new Option<int>("--count", "-n") { Description = "How many.", DefaultValueFactory = _ => 20, HelpName = "N" };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("runs", "The last runs, the newest first. Example: batchrec runs -n 5") { count, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var runs = await new RunTable(databases.Results, TimeProvider.System).HistoryAsync(name, Math.Max(1, parsed.GetValue(count)), cancellation);
            if (runs.Count == 0) throw new BatchRecException($"Pipeline {name} has had no run yet. Start one: batchrec run");
            Grid.Write(["run", "state", "kind", "events before", "minutes", "lift", "message"], runs.Select(run => (string[])
            [
                run.RunId.Value, run.Withdrawn is null ? run.State.ToString().ToLowerInvariant() : "withdrawn", run.Kind.ToString().ToLowerInvariant(), $"{run.AsOf:yyyy-MM-dd HH:mm}Z",
                run is { Started: { } started, Finished: { } finished } ? $"{(finished - started).TotalMinutes:0.0}" : "", run.Lift is { } lift ? $"{lift:0.00}" : "", run.Message ?? "",
            ]), 4, 5);
            return ExitCode.Done;
        });
        return command;
    }
}
