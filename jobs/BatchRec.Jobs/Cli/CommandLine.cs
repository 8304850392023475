using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Steps;
using Npgsql;

namespace BatchRec.Jobs.Cli;

/// <summary>The program <c>batchrec</c>: a file a verb. Faults that a person can mend are told in a line, the others with their trace.</summary>
public static class CommandLine
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, StepWork work)
    {
        try
        {
            var (words, settings) = Settings.Split(arguments);
            var parsed = Root(new Invocation(settings, work)).Parse(words);
            if (parsed.Errors.Count == 0)
                // A host, a run and a step know themselves how to end when they are told to: the library would give them two seconds.
                return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            foreach (var error in parsed.Errors) Console.Error.WriteLine(error.Message);
            Console.Error.WriteLine($"`batchrec {parsed.CommandResult.Command.Name switch { "batchrec" => "", var verb => verb + " " }}--help` says how it is meant.");
            return ExitCode.Usage;
        }
        catch (ConfigurationException fault)
        {
            foreach (var line in fault.Faults) Console.Error.WriteLine(line);
            return ExitCode.Usage;
        }
        catch (BatchRecException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return ExitCode.Failed;
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn)
        {
            Console.Error.WriteLine($"The results database is not prepared for this program: {fault.MessageText}. Run: batchrec migrate");
            return ExitCode.Usage;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            Console.Error.WriteLine($"PostgreSQL refuses it to this role: {fault.MessageText}. Have the owner grant it: batchrec doctor names what is lacking, batchrec migrate --print-sql prints what an owner can run instead of migrate.");
            return ExitCode.Failed;
        }
        catch (NpgsqlException fault)
        {
            Console.Error.WriteLine($"The database failed: {fault.Message}. `batchrec status` shows where things stand when it is back.");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root(Invocation invocation)
    {
        var root = new RootCommand(
            """
            BatchRec: every night recommendations for every user, from SQL to SQL.

            Settings of appsettings.json can be given to every verb: --Train:MaxEpochs=3
            """)
        {
            MigrateCommand.Build(invocation), ImportCommand.Build(invocation), GenerateCommand.Build(invocation), RunCommand.Build(invocation),
            ServeCommand.Build(invocation), StepCommand.Build(invocation), StatusCommand.Build(invocation), RecommendCommand.Build(invocation),
            RunsCommand.Build(invocation), ShowCommand.Build(invocation), ReportCommand.Build(invocation), DiffCommand.Build(invocation), WhyCommand.Build(invocation),
            EvaluateCommand.Build(invocation), TuneCommand.Build(invocation), RollbackCommand.Build(invocation), HoldCommand.Build(invocation), ReleaseCommand.Build(invocation),
            CancelCommand.Build(invocation), PlanCommand.Build(invocation), DoctorCommand.Build(invocation), InitCommand.Build(invocation), DevicesCommand.Build(invocation),
            ConfigCommand.Build(invocation), PasswordCommand.Build(),
        };
        return root;
    }
}
