using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchRec.Jobs.Dashboard;
using BatchRec.Runs;
using BatchRec.Tune;

namespace BatchRec.Jobs.Cli;

/// <summary>A tuning on the screen, and what it proposes as a file.</summary>
internal static class TuningScreen
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Leaves the proposed options as <c>best.json</c> in a folder; where nothing is proposed, no such file.</summary>
    /// <returns>Its path, or null.</returns>
    public static string? Write(TuningReport report, string folder, string? pipeline)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, "best.json");
        File.Delete(path);
        if (report.Snippet(pipeline) is not { } snippet) return null;
        Durable.Write(path, snippet.ToJsonString(Json) + "\n");
        return path;
    }

    /// <param name="file">Where the proposed options stand as a file; null: nowhere.</param>
    public static void Print(TuningReport report, string? pipeline, string? file)
    {
        if (report.Trials.Count > 0)
        {
            string[] options = [.. report.Trials[0].Values.Keys.Order(StringComparer.Ordinal)];
            Grid.Write(
                ["trial", "NDCG@10", "epochs", "state", "seconds", .. options.Select(option => option.Split(':')[^1])],
                report.BestFirst.Select(trial => (string[])
                [
                    trial.Number == Trial.Configured ? $"{trial.Number} (configured)" : $"{trial.Number}", double.IsNaN(trial.Ndcg) ? "" : $"{trial.Ndcg:0.0000}",
                    $"{trial.Curve.Count} of {trial.Schedule}", Show.Name(trial.State), $"{trial.Seconds:N0}", .. options.Select(option => trial.Values.GetValueOrDefault(option, "")),
                ]),
                1, 2, 4);
            foreach (var trial in report.Trials.Where(trial => trial.State == TrialState.Failed)) Console.WriteLine($"Trial {trial.Number} failed: {trial.Message}");
            Console.WriteLine();
        }
        Console.WriteLine($"{report.Ended} {report.Verdict}");
        if (report.Snippet(pipeline) is not { } snippet) return;
        Console.WriteLine($"In appsettings.json{(file is null ? "" : $" (it stands in {file}, too)")}:");
        Console.WriteLine(snippet.ToJsonString(Json));
    }

    public static void PrintJson(TuningReport report, string? pipeline, TuningRow tuning, string? file)
    {
        var json = report.ToJson(pipeline);
        json["tuning"] = tuning.TuningId;
        json["run"] = tuning.RunId.Value;
        if (file is not null) json["file"] = file;
        Console.WriteLine(json.ToJsonString(Json));
    }
}
