using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Reports;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec report</c></summary>
internal static class ReportCommand
{
    public static Command Build(Invocation invocation)
    {
        var id = new Argument<string?>("RUN") { Description = "The run's id; left out: the newest.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string?>("--out") { Description = "The file to write; left out: report.html beside the run's artefacts.", HelpName = "FILE" };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("report", "All that is known of a run as one HTML file, to be kept or sent. Example: batchrec report 20261122_020000_3f9a --out night.html") { id, to, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var runs = new RunTable(databases.Results, TimeProvider.System);
            var run = await RunArgument.FindAsync(runs, parsed.GetValue(id), () => Invocation.PipelineOf(setup, parsed.GetValue(pipeline)), cancellation);
            try
            {
                Console.WriteLine(await new RunReport(setup, databases.Results, runs, TimeProvider.System).WriteAsync(run, parsed.GetValue(to), cancellation));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new BatchRecException($"The report can't be written: {fault.Message} Name another file with --out.", fault);
            }
            return ExitCode.Done;
        });
        return command;
    }
}
