using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchRec.Tune;

/// <summary>What a tuning has found.</summary>
/// <param name="Trials">By number.</param>
/// <param name="Ended">Why it ended, as a sentence.</param>
public sealed record TuningReport(TuneSearch Search, IReadOnlyList<Trial> Trials, string Ended)
{
    /// <summary>By validation NDCG@10; without one last.</summary>
    public IReadOnlyList<Trial> BestFirst => [.. Trials.OrderByDescending(trial => double.IsNaN(trial.Ndcg) ? double.NegativeInfinity : trial.Ndcg).ThenBy(trial => trial.Number)];

    /// <summary>The best trial, where it is better than the configured options; null where nothing is to be proposed.</summary>
    public Trial? Best => BestFirst is [{ Number: not Trial.Configured } best, ..] && double.IsFinite(best.Ndcg) ? best : null;

    /// <summary>The best options, as far as they differ from the configured ones; empty where nothing is proposed.</summary>
    public IReadOnlyDictionary<string, string> Proposed => Best is { } best
        ? best.Values.Where(value => Trials[0].Values[value.Key] != value.Value).ToDictionary()
        : new Dictionary<string, string>();

    /// <summary><see cref="Proposed"/> as a configuration file has it; null where nothing is proposed.</summary>
    /// <param name="pipeline">The pipeline whose own section it belongs in; null: every pipeline's.</param>
    public JsonObject? Snippet(string? pipeline)
    {
        if (Best is null) return null;
        var train = new JsonObject(Proposed.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => KeyValuePair.Create(value.Key[Dimension.Section.Length..], (JsonNode?)OptionText.ToJson(value.Value))));
        var sections = new JsonObject { [Dimension.Section[..^1]] = train };
        return pipeline is null ? sections : new JsonObject { ["Pipelines"] = new JsonObject { [pipeline] = sections } };
    }

    /// <summary>The best trial beside the configured options, in sentences.</summary>
    public string Verdict
    {
        get
        {
            if (Trials.Count == 0) return "There is no trial yet.";
            var configured = Trials[0];
            if (Best is { } best)
            {
                var than = double.IsNaN(configured.Ndcg) ? "the configured options (trial 1) have none" : $"the configured options (trial 1) {configured.Ndcg:0.0000}, {best.Ndcg / configured.Ndcg - 1:+0.0%;-0.0%}";
                var early = best.State == TrialState.Done || best.Curve.Count >= best.Schedule ? "" : $" It was stopped at epoch {best.Curve.Count} of {best.Schedule}: to its end it may be better yet.";
                return $"Trial {best.Number} is the best: NDCG@10 {best.Ndcg:0.0000} on validation; {than}.{early}";
            }
            return Trials.Count == 1
                ? "Only the configured options (trial 1) were trained: nothing is proposed. Give it more time (--minutes) or trials (--trials)."
                : $"No trial is better on validation than the configured options (trial 1, NDCG@10 {configured.Ndcg:0.0000}): nothing is proposed.";
        }
    }

    public JsonObject ToJson(string? pipeline) => new()
    {
        ["search"] = Search.ToString().ToLowerInvariant(), ["ended"] = Ended, ["verdict"] = Verdict, ["best"] = Best?.Number, ["proposed"] = Snippet(pipeline),
        ["trials"] = new JsonArray([.. BestFirst.Select(trial => new JsonObject
        {
            ["trial"] = trial.Number, ["state"] = Name(trial.State), ["ndcg10"] = double.IsNaN(trial.Ndcg) ? null : trial.Ndcg, ["epochs"] = trial.Curve.Count, ["schedule"] = trial.Schedule,
            ["seconds"] = Math.Round(trial.Seconds, 1), ["options"] = OptionText.ToJson(trial.Values),
            ["curve"] = new JsonArray([.. trial.Curve.Select(ndcg => double.IsNaN(ndcg) ? null : JsonValue.Create(ndcg))]), ["message"] = trial.Message,
        })]),
    };

    /// <summary>A trial in a line.</summary>
    internal static string Line(Trial trial) =>
        $"trial {trial.Number}: {Name(trial.State)}, {(double.IsNaN(trial.Ndcg) ? trial.Message : $"NDCG@10 {trial.Ndcg:0.0000} after {trial.Curve.Count} of {trial.Schedule} epochs")}, {trial.Seconds:0} s; {Told(trial.Values)}";

    /// <summary><c>Dropout 0.2, Layers 2</c></summary>
    public static string Told(IReadOnlyDictionary<string, string> values) =>
        string.Join(", ", values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key[Dimension.Section.Length..]} {value.Value}"));

    private static string Name(TrialState state) => state.ToString().ToLowerInvariant();
}
