using System.Text.Json;
using BatchRec.Runs;
using BatchRec.Steps;

namespace BatchRec.Plan;

/// <summary>What steps have taken in earlier nights of a pipeline, scaled to tonight's number of events or users.</summary>
public sealed class PastNights
{
    // Recent enough to be of the same shop and the same machine; of them as many as make a steady median.
    private const int LookBack = 30, Counted = 9;

    private readonly IReadOnlyList<(RunRow Run, ILookup<Step, StepRow> Steps)> _nights;

    private PastNights(IReadOnlyList<(RunRow, ILookup<Step, StepRow>)> nights) => _nights = nights;

    public static async Task<PastNights> ReadAsync(RunTable runs, string pipeline, CancellationToken cancellation)
    {
        var history = await runs.HistoryAsync(pipeline, LookBack, cancellation);
        var steps = (await runs.StepsAsync([.. history.Select(run => run.RunId)], cancellation)).Where(step => step.State == StepState.Done).ToLookup(step => step.RunId);
        return new PastNights([.. history.Select(run => (run, steps[run.RunId].ToLookup(step => step.Step)))]);
    }

    /// <summary>Interactions or lists that a step of the newest night made; null where there was none.</summary>
    public long? NewestRows(Step step) => _nights.Select(night => night.Steps[step].FirstOrDefault()?.Rows).FirstOrDefault(rows => rows > 0);

    /// <summary>Null where no earlier night has done the step.</summary>
    /// <param name="size">Tonight's events or users, by which the step's work grows.</param>
    /// <param name="measuredBy">The step whose rows were that number in earlier nights.</param>
    /// <param name="kind">Nights of this kind count, where there are any; null: all do.</param>
    /// <param name="options">Sections that decide what the step costs, as tonight's run would record them: nights with the same ones count, where there are any.</param>
    /// <param name="epochs">Of tonight's training at most, for steps that take time by the epoch; null for others.</param>
    public StepPlan? Of(Step step, long size, Step measuredBy, RunKind? kind, IReadOnlyDictionary<string, JsonElement> options, int? epochs = null)
    {
        var all = _nights.Select(night => (night.Run, Row: night.Steps[step].FirstOrDefault(), Size: night.Steps[measuredBy].FirstOrDefault()?.Rows))
            .Where(past => past is { Row: { Started: not null, Finished: not null }, Size: > 0 } && past.Row.Message?.StartsWith(KeptTraining.Said, StringComparison.Ordinal) != true).ToList();
        if (all.Count == 0) return null;
        var notes = new List<string>();
        var alike = Preferred(all, past => kind is null || past.Run.Kind == kind, kind == RunKind.Delta ? "of full nights" : "of delta nights", notes);
        alike = Preferred(alike, past => HasSame(past.Run, options), $"with other options of {string.Join(" and ", options.Keys)}", notes);
        alike = [.. alike.Take(Counted)];

        var scales = alike.Select(past => size / (double)past.Size!.Value).ToList();
        double? Median(Func<StepRow, double?> value, Func<double, double> scaled) =>
            Middle([.. alike.Select((past, i) => value(past.Row!) * scaled(scales[i])).OfType<double>()]);
        var counts = step is Step.Extract or Step.Prepare or Step.Recommend or Step.Publish;
        var scale = Middle(scales)!.Value;
        if (Math.Abs(scale - 1) >= 0.005) notes.Insert(0, $"times {scale:0.00} for {(measuredBy == Step.Extract ? "the events" : "the users")}");
        var passes = alike.Select(past => epochs is { } now && EpochsOf(past.Run) is { } then ? now / (double)then : 1).ToList();
        if (Middle(passes) is { } more && Math.Abs(more - 1) >= 0.005) notes.Add($"times {more:0.00} for the epochs");
        return new StepPlan
        {
            Step = step, Rows = (long?)Median(row => row.Rows, by => counts ? by : 1), Seconds = Middle([.. alike.Select((past, i) => (past.Row!.Finished - past.Row.Started)!.Value.TotalSeconds * scales[i] * passes[i])]),
            // A process has a part that doesn't shrink with its data.
            PeakMemoryBytes = (long?)Median(row => row.PeakMemoryBytes, by => Math.Max(1, by)), DiskBytes = step == Step.Publish ? null : (long?)Median(row => row.Bytes, by => by),
            From = string.Join(", ", notes.Prepend(alike.Count == 1 ? "1 earlier run" : $"{alike.Count} earlier runs")),
        };
    }

    private static List<T> Preferred<T>(List<T> all, Func<T, bool> fits, string otherwise, List<string> notes)
    {
        var fitting = all.Where(fits).ToList();
        if (fitting.Count > 0) return fitting;
        notes.Add(otherwise);
        return all;
    }

    private static bool HasSame(RunRow run, IReadOnlyDictionary<string, JsonElement> options)
    {
        using var recorded = JsonDocument.Parse(run.Options);
        return options.All(section => recorded.RootElement.TryGetProperty(section.Key, out var then) && JsonElement.DeepEquals(then, section.Value));
    }

    private static int? EpochsOf(RunRow run)
    {
        using var recorded = JsonDocument.Parse(run.Options);
        return recorded.RootElement.TryGetProperty("train", out var train) && train.TryGetProperty("maxEpochs", out var epochs) && epochs.GetInt32() is > 0 and var count
            ? count * (train.TryGetProperty("members", out var members) ? members.GetInt32() : 1)
            : null;
    }

    private static double? Middle(List<double> values) => values.Count == 0 ? null : values.Order().ElementAt((values.Count - 1) / 2);
}
