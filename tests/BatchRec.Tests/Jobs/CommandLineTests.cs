using System.Text.Json;
using BatchRec.Jobs;
using BatchRec.Jobs.Cli;
using Xunit;

namespace BatchRec.Tests.Jobs;

/// <summary>What the program says before it does anything.</summary>
public sealed class CommandLineTests
{
    private static readonly SemaphoreSlim OneConsole = new(1);

    internal static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string arguments, string source = "Host=127.0.0.1;Port=1;Database=shop")
    {
        await OneConsole.WaitAsync();
        var (output, errors) = (Console.Out, Console.Error);
        var (said, complained) = (new StringWriter(), new StringWriter());
        try
        {
            Console.SetOut(TextWriter.Synchronized(said));
            Console.SetError(TextWriter.Synchronized(complained));
            string[] words = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--ConnectionStrings:Source=" + source];
            var exitCode = await CommandLine.RunAsync(words, FakeNight.Of());
            return (exitCode, said.ToString().Trim(), complained.ToString().Trim());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
            OneConsole.Release();
        }
    }

    [Theory]
    [InlineData("run --nonsense", "--nonsense")]
    [InlineData("", "ommand")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("run --as-of yesterday", "--as-of is 'yesterday'; write an instant such as 2026-03-01")]
    [InlineData("run --from train --full", "leave those out")]
    [InlineData("run --pipeline nowhere", "There is no pipeline 'nowhere'")]
    [InlineData("run --Train:Epoch=3", "Train:Epoch is not an option")]
    [InlineData("serve --roles tpu", "--roles names 'tpu'")]
    [InlineData("rollback yesterday", "'yesterday' is not a run id")]
    [InlineData("recommend 1 -n 0", "-n has to be 1 or more")]
    [InlineData("evaluate --json", "--json: only with --from LAYOUT PATH")]
    [InlineData("evaluate --from csv log.csv --seeds 0", "--seeds has to be 1 or more")]
    [InlineData("evaluate --from tsv log.csv", "There is no layout 'tsv'")]
    [InlineData("evaluate --from csv log.csv --protocol weekly", "There is no protocol 'weekly'")]
    [InlineData("evaluate --tune 5", "--tune: only with --from LAYOUT PATH")]
    [InlineData("evaluate --from csv log.csv --tune 5 --no-model", "--no-model trains none: leave one out")]
    [InlineData("evaluate --from csv log.csv --items items.csv", "--items items.csv: Train:ItemFeatures names no column of it, so nothing of it would be used")]
    [InlineData("evaluate --from csv log.csv --Train:ItemFeatures:0=category --users users.csv", "--users users.csv: Train:UserFeatures names no column of it")]
    [InlineData("evaluate --from csv log.csv --tune 0", "--tune has to be a number of minutes above 0")]
    [InlineData("tune --search best", "best")]
    [InlineData("tune --minutes -1", "Tune:MaxMinutes is -1; use 0 (no limit)")]
    [InlineData("tune --space nowhere.json", "--space is nowhere.json, which is not there")]
    [InlineData("tune --Tune:Space:Train:Droput=0.1..0.2", "Tune:Space:Train:Droput is not an option of training")]
    [InlineData("run --Tune:Space:Train:Dropout=0.5", "Tune:Space:Train:Dropout is '0.5'; write a range such as 0.1..0.5")]
    public async Task What_is_not_meant_so_ends_with_2_and_says_why(string arguments, string why)
    {
        var (exitCode, _, errors) = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, exitCode);
        Assert.Contains(why, errors);
        Assert.DoesNotContain("   at ", errors);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Database=shop", "ConnectionStrings:Source: 127.0.0.1:1, database shop", "Is the server up")]
    [InlineData("Hots=127.0.0.1", "ConnectionStrings:Source is not a connection string", "write one such as")]
    [InlineData("", "ConnectionStrings:Source is missing", "write one such as")]
    public async Task A_database_that_is_not_there_is_one_clear_line(string connectionString, string what, string then)
    {
        foreach (var verb in (string[])["run", "serve", "status", "migrate"])
        {
            var (exitCode, _, errors) = await RunAsync(verb, connectionString);
            Assert.Equal(ExitCode.Usage, exitCode);
            Assert.Contains(what, errors);
            Assert.Contains(then, errors);
            Assert.Single(errors.Split('\n'));
        }
    }

    [Fact]
    public async Task A_file_is_evaluated_without_a_database()
    {
        var folder = Directory.CreateTempSubdirectory("evaluate-").FullName;
        var log = Path.Combine(folder, "log.csv");
        File.WriteAllLines(log, Enumerable.Range(0, 200).Select(i => $"{i / 5},{(i / 5 + i % 5) % 12}").Prepend("user,item"));
        var command = $"evaluate --from csv {log} --protocol leave-one-out --no-model --Evaluate:Resamples=100 --Artefacts:Folder={folder}";
        var (exitCode, output, errors) = await RunAsync(command + " --json", source: "");
        Assert.Equal((ExitCode.Done, true), (exitCode, errors.Contains("baselines …")));
        using var report = JsonDocument.Parse(output);
        Assert.Equal(1, report.RootElement.GetProperty("chosen").GetProperty("testNdcg10").GetDouble());
        Assert.Contains(report.RootElement.GetProperty("rows").EnumerateArray(), row =>
            row.GetProperty("model").GetString() == "markov" && row.GetProperty("split").GetString() == "test" && row.GetProperty("metrics").GetProperty("NDCG@10").GetProperty("low").GetDouble() > 0);
        // What is finished isn't done again.
        var file = Path.Combine(folder, "report.html");
        (exitCode, output, errors) = await RunAsync($"{command} --report {file}", source: "");
        Assert.Equal((ExitCode.Done, false), (exitCode, errors.Contains("baselines …")));
        Assert.Contains("Chosen on validation:", output);
        Assert.Contains("<th scope=\"row\">markov</th><td class=\"br-number\">1.0000</td>", File.ReadAllText(file));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Every_verb_says_what_it_does_with_an_example()
    {
        var (exitCode, help, _) = await RunAsync("--help");
        Assert.Equal(ExitCode.Done, exitCode);
        foreach (var verb in (string[])["migrate", "import", "generate", "run", "serve", "status", "recommend", "evaluate", "tune", "rollback", "hold", "release", "cancel", "devices", "plan", "runs", "show", "report", "diff", "why", "doctor", "init"])
        {
            Assert.Contains(verb, help);
            Assert.Contains($"Example: batchrec {verb}", (await RunAsync(verb + " --help")).Output);
        }
        foreach (var verb in (string[])["config show", "config reference", "tune show"]) Assert.Contains($"Example: batchrec {verb}", (await RunAsync(verb + " --help")).Output);
    }

    [Fact]
    public async Task The_options_are_shown_with_their_values()
    {
        var (exitCode, output, _) = await RunAsync("config show --Recommend:TopN=33", "Host=a;Password=hush");
        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Matches(@"Recommend:TopN +33 +command line", output);
        Assert.DoesNotContain("hush", output);
    }

    [Fact]
    public async Task Verbs_without_a_database_do_without_a_connection_string_but_not_with_a_wrong_one()
    {
        Assert.Equal(ExitCode.Done, (await RunAsync("config show", source: "")).ExitCode);
        Assert.Equal(ExitCode.Done, (await RunAsync("devices", source: "")).ExitCode);
        var (exitCode, _, errors) = await RunAsync("config show", source: "Hots=a");
        Assert.Equal(ExitCode.Usage, exitCode);
        Assert.Contains("ConnectionStrings:Source is not a connection string", errors);
    }

    [Fact]
    public async Task The_control_tables_can_be_printed_for_a_privileged_role()
    {
        var (exitCode, output, _) = await RunAsync("migrate --print-sql");
        Assert.Equal(ExitCode.Done, exitCode);
        Assert.Contains("CREATE TABLE batchrec.run (", output);
    }
}
