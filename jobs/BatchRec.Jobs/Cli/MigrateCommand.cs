using System.CommandLine;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Schema;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec migrate</c></summary>
internal static class MigrateCommand
{
    public static Command Build(Invocation invocation)
    {
        var print = new Option<bool>("--print-sql") { Description = "Print the control tables' SQL instead of running it, for a database where another role owns the schema." };
        var command = new Command("migrate", "Creates or updates BatchRec's control tables and Hangfire's. Example: batchrec migrate") { print };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(print))
            {
                Console.Write(Migrations.Script());
                return ExitCode.Done;
            }
            var setup = invocation.LoadSetup();
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var applied = await Migrations.ApplyAsync(databases.Results, cancellation);
            HangfireStorage.Open(setup.ConnectionStrings.EffectiveHangfire, setup.Hangfire, prepareSchema: true);
            Console.WriteLine(applied.Count == 0 ? "The tables are up to date." : $"Applied {string.Join(", ", applied)}.");
            return ExitCode.Done;
        });
        return command;
    }
}
