using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec release</c></summary>
internal static class ReleaseCommand
{
    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var command = new Command("release", "Ends a hold, also that of a rollback: the next run publishes again. Example: batchrec release") { pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            if (await new PublishingHold(databases.Results, TimeProvider.System).ReleaseAsync(name, cancellation) is not { } hold)
            {
                Console.WriteLine($"Pipeline {name} was not held.");
                return ExitCode.Done;
            }
            Console.WriteLine($"Pipeline {name} publishes again; it was held since {hold.Since:u}.");
            if (await new RunTable(databases.Results, TimeProvider.System).LatestAsync(name, cancellation) is { State: RunState.Held } waiting)
                Console.WriteLine($"Run {waiting.RunId} waits to be published: batchrec run --from publish");
            return ExitCode.Done;
        });
        return command;
    }
}
