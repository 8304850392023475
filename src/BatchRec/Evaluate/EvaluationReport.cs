using System.Text.Json;
using System.Text.Json.Serialization;
using BatchRec.Runs;

namespace BatchRec.Evaluate;

/// <summary>
/// A measured value and, where it was bootstrapped over users, its 95 % interval.
/// </summary>
public sealed record MetricValue(double Value, double? Low = null, double? High = null);

/// <summary>A part of the cases.</summary>
/// <param name="Low">Lower end of the 95 % bootstrap interval of NDCG@10 over users.</param>
public sealed record SegmentValue(int Cases, double Ndcg10, double Hr10, double? Low = null, double? High = null);

/// <summary>One recommender under one protocol.</summary>
public sealed record ReportRow
{
    public required string Protocol { get; init; }

    /// <summary><c>kept</c>: seen items may come again; <c>filtered</c>: they are neither recommended nor counted as targets; <c>served</c>: by the pipeline's own rule.</summary>
    public required string Repeats { get; init; }

    public required string Model { get; init; }

    public required Role Role { get; init; }

    /// <summary>Cases that have a target left.</summary>
    public required int Cases { get; init; }

    /// <summary>Users with a target but no history: no cases.</summary>
    public required int NewUsers { get; init; }

    /// <summary>Spent on scoring and selecting, for all kinds of <see cref="Repeats"/> together.</summary>
    public required double Seconds { get; init; }

    /// <summary><c>NDCG@10</c>, <c>HR@10</c>, …: averages over cases; coverage over all lists.</summary>
    public required IReadOnlyDictionary<string, MetricValue> Metrics { get; init; }

    /// <summary>NDCG@10 and HR@10 by length of history and by popularity of the target.</summary>
    public required IReadOnlyDictionary<string, SegmentValue> Segments { get; init; }

    public double Ndcg10 => Metrics["NDCG@10"].Value;
}

/// <summary>NDCG@10 case by case, for paired tests.</summary>
/// <param name="Users">(cases) dense user index, ascending</param>
/// <param name="Ndcg10">One (cases) array a row of the report, NaN where no target was left.</param>
public sealed record CaseScores(string Protocol, string Repeats, int[] Users, IReadOnlyList<float[]> Ndcg10);

/// <summary>All that was measured in one night, or by <c>batchrec evaluate</c>.</summary>
public sealed record EvaluationReport(IReadOnlyList<ReportRow> Rows, IReadOnlyList<CaseScores> Cases)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    // One line: millions of numbers, and nobody reads them.
    private static readonly JsonSerializerOptions CompactJson = new(Json) { WriteIndented = false };

    public IReadOnlyList<ReportRow> RowsOf(string protocol, string repeats) =>
        [.. Rows.Where(row => row.Protocol == protocol && row.Repeats == repeats)];

    /// <summary>The same as rows of <c>batchrec.evaluation</c>; the live run's model has tonight's name, so it says which it is: <c>live sasrec</c>.</summary>
    public IEnumerable<MetricRow> MetricRows()
    {
        foreach (var row in Rows)
        {
            var model = row.Role == Role.Live ? $"live {row.Model}" : row.Model;
            foreach (var (metric, value) in row.Metrics)
                yield return new MetricRow(row.Protocol, row.Repeats, "all", model, metric, value.Value, value.Low, value.High, row.Cases);
            foreach (var (segment, value) in row.Segments)
            {
                yield return new MetricRow(row.Protocol, row.Repeats, segment, model, "NDCG@10", value.Ndcg10, value.Low, value.High, value.Cases);
                yield return new MetricRow(row.Protocol, row.Repeats, segment, model, "HR@10", value.Hr10, null, null, value.Cases);
            }
        }
    }

    /// <summary>Writes <c>report.json</c>, for people and programs, and <c>cases.json</c>, for the gate.</summary>
    public void Write(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "report.json"), JsonSerializer.SerializeToUtf8Bytes(Rows, Json));
        File.WriteAllBytes(Path.Combine(folder, "cases.json"), JsonSerializer.SerializeToUtf8Bytes(Cases, CompactJson));
    }

    /// <exception cref="BatchRecException">A file isn't there or isn't a report.</exception>
    public static EvaluationReport Read(string folder) =>
        new(Read<ReportRow>(folder, "report.json", Json), Read<CaseScores>(folder, "cases.json", CompactJson));

    private static List<T> Read<T>(string folder, string name, JsonSerializerOptions json)
    {
        var path = Path.Combine(folder, name);
        try
        {
            return JsonSerializer.Deserialize<List<T>>(File.ReadAllBytes(path), json) ?? throw new JsonException("It holds null.");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new BatchRecException($"{path} is not a readable evaluation: {e.Message} Evaluate the run again, from step evaluate on.", e);
        }
    }
}
