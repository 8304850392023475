using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec hold</c></summary>
internal static class HoldCommand
{
    public static Command Build(Invocation invocation)
    {
        var reason = new Argument<string?>("REASON") { Description = "For whoever finds it held.", Arity = ArgumentArity.ZeroOrOne };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("hold", "Keeps what is live until `batchrec release`: runs stop before they publish. Example: batchrec hold \"sale until Monday\"") { reason, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var hold = await new PublishingHold(databases.Results, TimeProvider.System).HoldAsync(name, parsed.GetValue(reason) ?? "Held by hand.", cancellation);
            Console.WriteLine($"Pipeline {name} is held since {hold.Since:u}: {hold.Reason} Nothing is published until: batchrec release");
            return ExitCode.Done;
        });
        return command;
    }
}
