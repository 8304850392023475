using System.Text.Json;
using System.Text.Json.Serialization;
using BatchRec.Tune;

namespace BatchRec.Evaluate.Offline;

/// <summary>One recommender on one split.</summary>
/// <param name="Seed">Of the training; null for what nothing is random in.</param>
/// <param name="Split"><c>validation</c>: what was tuned and chosen on, or <c>test</c>.</param>
/// <param name="Metrics"><c>NDCG@10</c>, <c>HR@10</c>, …, with 95 % intervals over users.</param>
/// <param name="Segments">NDCG@10 and HR@10 by length of history and by popularity of the target.</param>
public sealed record OfflineRow(
    string Model, ulong? Seed, string Split, int Cases, IReadOnlyDictionary<string, MetricValue> Metrics, IReadOnlyDictionary<string, SegmentValue> Segments)
{
    public const string Validation = "validation", Test = "test";
}

/// <param name="Model">The best on validation, by NDCG@10, averaged over seeds.</param>
/// <param name="ValidationNdcg10">its average there</param>
/// <param name="TestNdcg10">its average over seeds on the test</param>
public sealed record OfflineChoice(string Model, double ValidationNdcg10, double TestNdcg10);

/// <summary>What <c>batchrec evaluate --from</c> says.</summary>
/// <param name="Repeats">Name of the <see cref="RepeatRule"/> that was measured under.</param>
/// <param name="Cutoff">T, UTC; null where the protocol has none</param>
/// <param name="NewUsers">Users with a target and no history: no cases.</param>
/// <param name="Notes">What else there is to know, in sentences.</param>
public sealed record OfflineReport(
    string Protocol, string Repeats, int Users, int Items, long Events, DateTime? Cutoff, int NewUsers, IReadOnlyList<OfflineRow> Rows, OfflineChoice? Chosen, IReadOnlyList<string> Notes)
{
    /// <summary>What options were searched for before; null where none were.</summary>
    [JsonIgnore]
    public TuningReport? Tuning { get; init; }

    public static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The model with the best average on validation; the first of equals. Null without a case to choose by.</summary>
    public static OfflineChoice? Choose(IReadOnlyList<OfflineRow> rows) => rows.GroupBy(row => row.Model)
        .Select(model => new OfflineChoice(model.Key, Average(model, OfflineRow.Validation), Average(model, OfflineRow.Test)))
        .Where(choice => double.IsFinite(choice.ValidationNdcg10)).MaxBy(choice => choice.ValidationNdcg10);

    private static double Average(IEnumerable<OfflineRow> rows, string split) =>
        rows.Where(row => row.Split == split).Select(row => row.Metrics["NDCG@10"].Value).DefaultIfEmpty(double.NaN).Average();
}
