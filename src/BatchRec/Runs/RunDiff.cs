using System.Text.Json;

namespace BatchRec.Runs;

/// <summary>What two runs of a pipeline differ in.</summary>
/// <param name="Options">Settings whose values differ: <c>train:maxEpochs</c>.</param>
/// <param name="Metrics">Of the same protocol and model in both, all users together.</param>
/// <param name="Steps">Each step of both.</param>
public sealed record RunDiff(
    RunRow Before, RunRow After, IReadOnlyList<OptionChange> Options, IReadOnlyList<MetricChange> Metrics, IReadOnlyList<(StepRow Before, StepRow After)> Steps)
{
    public static async Task<RunDiff> ReadAsync(RunTable runs, RunRow before, RunRow after, CancellationToken cancellation)
    {
        var (old, now) = (await runs.EvaluationAsync(before.RunId, cancellation), await runs.EvaluationAsync(after.RunId, cancellation));
        var metrics =
            from row in now
            join earlier in old on (row.Protocol, row.Repeats, row.Segment, row.Model, row.Metric) equals (earlier.Protocol, earlier.Repeats, earlier.Segment, earlier.Model, earlier.Metric)
            where row.Segment == "all"
            select new MetricChange(row.Protocol, row.Repeats, row.Model, row.Metric, earlier.Value, row.Value);
        var steps = (await runs.StepsAsync(before.RunId, cancellation)).Zip(await runs.StepsAsync(after.RunId, cancellation));
        return new RunDiff(before, after, OptionChange.Between(before.Options, after.Options), [.. metrics], [.. steps]);
    }
}

/// <summary>A setting; null where the run knows no such one.</summary>
public sealed record OptionChange(string Name, string? Before, string? After)
{
    /// <summary>What differs between the recorded options of two runs (JSON).</summary>
    public static IReadOnlyList<OptionChange> Between(string before, string after)
    {
        var (old, now) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new SortedDictionary<string, string>(StringComparer.Ordinal));
        Flatten("", JsonDocument.Parse(before).RootElement, old);
        Flatten("", JsonDocument.Parse(after).RootElement, now);
        return [.. old.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Select(key => new OptionChange(key, old.GetValueOrDefault(key), now.GetValueOrDefault(key)))
            .Where(change => change.Before != change.After)];
    }

    private static void Flatten(string path, JsonElement element, SortedDictionary<string, string> into)
    {
        if (element.ValueKind != JsonValueKind.Object) into[path] = element.ToString();
        else foreach (var member in element.EnumerateObject()) Flatten(path.Length == 0 ? member.Name : $"{path}:{member.Name}", member.Value, into);
    }
}

public sealed record MetricChange(string Protocol, string Repeats, string Model, string Metric, double Before, double After);
