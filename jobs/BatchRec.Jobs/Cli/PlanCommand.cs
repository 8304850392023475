using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard;
using BatchRec.Plan;
using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec plan</c></summary>
internal static class PlanCommand
{
    private const string Unknown = "unknown";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var asOf = Invocation.AsOfOption();
        var full = new Option<bool>("--full") { Description = "As if the whole log were read again." };
        var asJson = new Option<bool>("--json") { Description = "As JSON, for programs." };
        var command = new Command(
            "plan", "A dry run: rows, time, memory and disk that each step of a night would take, from the planner's estimates and from earlier runs. Reads no log, writes nothing. Example: batchrec plan --full")
        {
            pipeline, asOf, full, asJson,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var name = Invocation.PipelineOf(setup, parsed.GetValue(pipeline));
            var instant = parsed.GetValue(asOf) is { } text ? Invocation.InstantOf(text) : DateTimeOffset.UtcNow;
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var plan = await NightPlan.MakeAsync(
                databases.Source, databases.Results, new RunTable(databases.Results, TimeProvider.System), name, setup.Of(name), setup.Recorded(name), instant, parsed.GetValue(full), cancellation);
            if (parsed.GetValue(asJson)) Console.WriteLine(ToJson(plan).ToJsonString(Json));
            else Print(plan);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(NightPlan plan)
    {
        Console.WriteLine($"A night of pipeline {plan.Pipeline}: {Show.Name(plan.Kind)}, events before {plan.AsOf.UtcDateTime:yyyy-MM-dd HH:mm}Z. No interaction was read, nothing was written.");
        Console.WriteLine($"  events  {plan.Events:N0}, {plan.EventsFrom}{(plan.Kind == RunKind.Delta ? $"; about {plan.Source.Read:N0} would be read" : "")}");
        Console.WriteLine($"  users   {plan.Users:N0}, {plan.UsersFrom}; items {plan.Source.Items:N0}, by PostgreSQL's planner");
        Console.WriteLine();
        Grid.Write(["step", "rows", "time", "memory", "disk", "from"], plan.Steps.Select(step => (string[])
        [
            Show.Name(step.Step), step.Rows is { } rows ? $"{rows:N0}" : Unknown, Time(step.Seconds, step.AtMost), Size(step.PeakMemoryBytes),
            step.Step == Step.Publish ? "" : Size(step.DiskBytes), step.From,
        ]).Append(["together", "", Total(plan), Size(plan.PeakMemoryBytes), Show.Size(plan.Disk.NeededBytes), ""]), 1, 2, 3, 4);
        Console.WriteLine();
        Console.WriteLine($"Disk: about {Show.Size(plan.Disk.NeededBytes)} below {plan.Disk.Folder}{Room(plan.Disk)}");
        Console.WriteLine(plan.ResultsBytes is { } bytes
            ? $"Results database: about {Show.Size(bytes)} more until the oldest kept run is dropped; its disk can't be seen from here."
            : "Results database: unknown before the first publication; its disk can't be seen from here.");
        Console.WriteLine($"Memory: this machine has {Show.Size(plan.MemoryBytes)}{(plan.PeakMemoryBytes is { } peak ? peak < plan.MemoryBytes ? "; the largest known step fits." : ". The largest step does NOT fit: give it a larger machine." : ".")}");
    }

    private static string Room(DiskRoom disk) => disk.HasRoom switch
    {
        true => $", {Show.Size(disk.FreeBytes!.Value)} are free: there is room.",
        false => $", {Show.Size(disk.FreeBytes!.Value)} are free: there is NO room. Free space there, keep fewer runs (Publish:KeepRuns), or set Artefacts:Folder.",
        null => "; how much is free can't be told.",
    };

    private static string Total(NightPlan plan)
    {
        var known = plan.Steps.Sum(step => step.Seconds ?? 0);
        return plan.Seconds is null ? known > 0 ? $"{Time(known, plan.Steps.Any(step => step.AtMost))} + {Unknown}" : Unknown : Time(known, plan.Steps.Any(step => step.AtMost));
    }

    private static string Time(double? seconds, bool atMost) => seconds is { } known ? (atMost ? "at most " : "") + Show.Duration(TimeSpan.FromSeconds(known)) : Unknown;

    private static string Size(long? bytes) => bytes is { } known ? Show.Size(known) : Unknown;

    private static JsonObject ToJson(NightPlan plan) => new()
    {
        ["pipeline"] = plan.Pipeline, ["kind"] = Show.Name(plan.Kind), ["as_of"] = plan.AsOf,
        ["events"] = plan.Events, ["events_from"] = plan.EventsFrom, ["events_read"] = plan.Source.Read, ["users"] = plan.Users, ["users_from"] = plan.UsersFrom, ["items"] = plan.Source.Items,
        ["steps"] = new JsonArray([.. plan.Steps.Select(step => new JsonObject
        {
            ["step"] = Show.Name(step.Step), ["rows"] = step.Rows, ["seconds"] = step.Seconds is { } seconds ? Math.Round(seconds, 1) : null, ["at_most"] = step.AtMost,
            ["peak_memory_bytes"] = step.PeakMemoryBytes, ["disk_bytes"] = step.DiskBytes, ["from"] = step.From,
        })]),
        ["seconds"] = plan.Seconds is { } all ? Math.Round(all, 1) : null, ["peak_memory_bytes"] = plan.PeakMemoryBytes, ["memory_bytes"] = plan.MemoryBytes,
        ["disk"] = new JsonObject { ["folder"] = plan.Disk.Folder, ["needed_bytes"] = plan.Disk.NeededBytes, ["free_bytes"] = plan.Disk.FreeBytes, ["has_room"] = plan.Disk.HasRoom },
        ["results_database_bytes"] = plan.ResultsBytes,
    };
}
