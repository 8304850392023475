using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec rollback</c></summary>
internal static class RollbackCommand
{
    public static Command Build(Invocation invocation)
    {
        var run = new Argument<string?>("RUN") { Description = "The kept run to go back to; left out: the one before the live one.", Arity = ArgumentArity.ZeroOrOne };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("rollback", "Makes an earlier run's lists live again, and holds publishing until `batchrec release`. Example: batchrec rollback") { run, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            RunId? target = parsed.GetValue(run) is { } id ? Invocation.RunOf(id) : null;
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var (from, to) = await new Rollback(databases.Results, TimeProvider.System).RunAsync(name, target, cancellation);
            Console.WriteLine($"Pipeline {name}: run {to} is live again instead of {from}. Nothing is published until: batchrec release");
            return ExitCode.Done;
        });
        return command;
    }
}
