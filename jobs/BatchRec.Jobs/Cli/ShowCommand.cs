using System.CommandLine;
using System.Text.Json;
using BatchRec.Jobs.Configuration;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec show</c></summary>
internal static class ShowCommand
{
    public static Command Build(Invocation invocation)
    {
        var id = new Argument<string?>("RUN") { Description = "The run's id; left out: the newest.", Arity = ArgumentArity.ZeroOrOne };
        var log = new Option<bool>("--log") { Description = "With the last log lines of its steps." };
        var pipeline = Invocation.PipelineOption();
        var command = new Command("show", "One run: its steps, its verdicts with their reasons. Example: batchrec show 20261122_020000_3f9a --log") { id, log, pipeline };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var runs = new RunTable(databases.Results, TimeProvider.System);
            var run = await RunArgument.FindAsync(runs, parsed.GetValue(id), () => Invocation.PipelineOf(setup, parsed.GetValue(pipeline)), cancellation);
            Print(await NightView.ReadAsync(runs, run, DateTimeOffset.UtcNow, cancellation), parsed.GetValue(log));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(NightView night, bool log)
    {
        var run = night.Run;
        Console.WriteLine($"Run {run.RunId} of pipeline {run.Pipeline}: {run.State.ToString().ToLowerInvariant()}{(run.Withdrawn is { } at ? $", withdrawn {at:u}" : "")}{(run.Message is { } message ? ". " + message : "")}");
        Console.WriteLine($"{run.Kind}, events before {run.AsOf:yyyy-MM-dd HH:mm}Z, seed {run.Seed}, code {run.CodeVersion}");
        if (run.IsActive && night.Forecast.Remaining is { } left) Console.WriteLine($"About {left:hh\\:mm\\:ss} left.");
        Console.WriteLine();
        Grid.Write(["step", "state", "attempt", "seconds", "rows", "MiB", "MiB peak", "message"], night.Steps.Select(step => (string[])
        [
            step.Step.ToString().ToLowerInvariant(), step.State.ToString().ToLowerInvariant(), $"{step.Attempt}",
            step is { Started: { } started, Finished: { } finished } ? $"{(finished - started).TotalSeconds:0.0}" : "", $"{step.Rows:N0}", $"{step.Bytes / 1048576.0:0.0}",
            $"{step.PeakMemoryBytes / 1048576.0:N0}", step.Message ?? "",
        ]), 2, 3, 4, 5, 6);
        foreach (var (part, verdict) in JsonDocument.Parse(run.Verdict).RootElement.EnumerateObject().Select(part => (part.Name, part.Value)))
        {
            if (verdict.ValueKind != JsonValueKind.Object || !verdict.TryGetProperty("reasons", out var reasons) || reasons.GetArrayLength() == 0) continue;
            Console.WriteLine();
            Console.WriteLine($"Verdict on the {part}:");
            foreach (var reason in reasons.EnumerateArray()) Console.WriteLine($"  {reason.GetString()}");
        }
        if (!log) return;
        foreach (var step in night.Steps.Where(step => step.LogTail is not null))
        {
            Console.WriteLine();
            Console.WriteLine($"{step.Step.ToString().ToLowerInvariant()}:");
            Console.WriteLine(step.LogTail);
        }
    }
}
