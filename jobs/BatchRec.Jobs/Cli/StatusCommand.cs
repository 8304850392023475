using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchRec.Jobs.Configuration;
using BatchRec.Publish;
using BatchRec.Runs;
using Spectre.Console;

namespace BatchRec.Jobs.Cli;

/// <summary><c>batchrec status</c></summary>
internal static class StatusCommand
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build(Invocation invocation)
    {
        var pipeline = Invocation.PipelineOption();
        var asJson = new Option<bool>("--json") { Description = "As JSON, for programs." };
        var command = new Command("status", "The newest run with its steps, and what is live. Example: batchrec status --json") { pipeline, asJson };
        command.SetAction(async (parsed, cancellation) =>
        {
            var setup = invocation.LoadSetup();
            var names = parsed.GetValue(pipeline) is { } named ? [Invocation.PipelineOf(setup, named)] : setup.Pipelines.Keys;
            await using var databases = await Databases.OpenAsync(setup.ConnectionStrings, cancellation);
            var all = new JsonArray();
            foreach (var name in names)
            {
                var status = await PublicationStatus.ReadAsync(databases.Results, name, TimeProvider.System, cancellation);
                if (parsed.GetValue(asJson)) all.Add(ToJson(status));
                else Print(status);
            }
            // One pipeline is an object, as most have one.
            if (parsed.GetValue(asJson)) Console.WriteLine((all is [{ } one] ? one : all).ToJsonString(Json));
            return ExitCode.Done;
        });
        return command;
    }

    internal static JsonObject ToJson(PublicationStatus status) => new()
    {
        ["pipeline"] = status.Pipeline,
        ["run"] = status.LatestRun is not { } run ? null : new JsonObject
        {
            ["id"] = run.RunId.Value, ["state"] = Text(run.State), ["kind"] = Text(run.Kind), ["as_of"] = run.AsOf, ["scheduled_for"] = run.ScheduledFor,
            ["created"] = run.Created, ["finished"] = run.Finished, ["verdict"] = JsonNode.Parse(run.Verdict), ["lift"] = run.Lift, ["message"] = run.Message,
            ["code"] = run.CodeVersion,
            ["steps"] = new JsonArray([.. status.LatestSteps.Select(step => new JsonObject
            {
                ["step"] = Text(step.Step), ["state"] = Text(step.State), ["attempt"] = step.Attempt, ["seconds"] = SecondsOf(step), ["fraction"] = step.Fraction,
                ["rows"] = step.Rows, ["bytes"] = step.Bytes, ["peak_memory_bytes"] = step.PeakMemoryBytes, ["message"] = step.Message,
            })]),
        },
        ["live"] = status.Live is not { } live ? null : new JsonObject
        {
            ["run_id"] = live.RunId.Value, ["live_since"] = live.LiveSince, ["published_at"] = live.PublishedAt, ["watermark"] = live.Watermark,
            ["age_hours"] = Math.Round(live.Age.TotalHours, 2), ["healthy"] = live.Healthy, ["users"] = live.Users, ["rows"] = live.Rows,
            ["previous_run_id"] = live.PreviousRunId?.Value, ["schema"] = live.Schema,
        },
        ["metrics"] = new JsonArray([.. status.LiveMetrics.Where(metric => metric.Segment == "all").Select(metric => new JsonObject
        {
            ["protocol"] = metric.Protocol, ["repeats"] = metric.Repeats, ["model"] = metric.Model, ["metric"] = metric.Metric,
            // JSON has no NaN: a metric without cases has no value.
            ["value"] = Finite(metric.Value), ["low"] = Finite(metric.Low), ["high"] = Finite(metric.High), ["cases"] = metric.Cases,
        })]),
    };

    private static void Print(PublicationStatus status)
    {
        Console.WriteLine($"Pipeline {status.Pipeline}");
        if (status.Live is { } live)
            Console.WriteLine(
                $"Live: run {live.RunId} for {live.Age.TotalHours:0.0} h{(live.Healthy ? "" : $" (older than {live.MaxAgeHours} h)")}, "
                + $"{live.Users:N0} users, {live.Rows:N0} rows, read them in {live.Schema}.recommendations");
        else Console.WriteLine("Live: nothing yet; `batchrec run` makes and publishes lists.");
        if (status.LatestRun is not { } run) return;
        Console.WriteLine($"Newest run: {run.RunId}, {Text(run.State)}{(run.Message is { } message ? ": " + message : "")}");
        // A line a step, so that all of it fits a screen; `batchrec show` has the whole messages.
        var room = Math.Max(20, (Console.IsOutputRedirected ? 120 : AnsiConsole.Profile.Width) - 60);
        Grid.Write(["step", "state", "seconds", "rows", "MiB peak", "message"], status.LatestSteps.Select(step => (string[])
        [
            Text(step.Step), step.State == StepState.Running ? $"running {100 * (step.Fraction ?? 0):0} %" : Text(step.State), $"{SecondsOf(step):0.0}", $"{step.Rows:N0}",
            $"{step.PeakMemoryBytes / 1048576.0:N0}", Grid.Shortened(step.Message ?? "", room),
        ]), 2, 3, 4);
    }

    private static double? SecondsOf(StepRow step) => step is { Started: { } started, Finished: { } finished } ? Math.Round((finished - started).TotalSeconds, 2) : null;

    private static double? Finite(double? value) => value is { } known && double.IsFinite(known) ? known : null;

    private static string Text<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
