using System.Text.Json;
using System.Text.Json.Serialization;
using BatchRec.Evaluate;
using BatchRec.Runs;

namespace BatchRec.Gate;

/// <summary>What is to be done with a night.</summary>
public enum Outcome
{
    /// <summary>The model is refitted, and its lists, or those of its blend with baselines, perhaps re-ranked, are published.</summary>
    Model,

    /// <summary>The best baseline's lists are published, marked so.</summary>
    Baseline,

    /// <summary>Nothing is published; the live lists stay. Not retried.</summary>
    Refused,
}

/// <summary>Verdict 1, with all that it rests on.</summary>
public sealed record Verdict
{
    private const string FileName = "verdict.json";

    private static readonly JsonSerializerOptions Json = new(Manifest.Json)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public required Outcome Outcome { get; init; }

    /// <summary>Name of the recommender whose lists are to be published; null if the night is refused.</summary>
    public required string? Published { get; init; }

    /// <summary>A sentence each, for people, in the order in which things were looked at.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Cases that it rests on.</summary>
    public required int Cases { get; init; }

    /// <summary>NDCG@10 of the model, or of the blend where there is one, re-ranked where that is better; null without either or without cases.</summary>
    public double? Model { get; init; }

    public string? BestBaseline { get; init; }

    /// <summary>The best baseline's NDCG@10.</summary>
    public double? Baseline { get; init; }

    /// <summary>Model − best baseline.</summary>
    public Comparison? AgainstBaseline { get; init; }

    /// <summary>What would be published − the live run's holdout model.</summary>
    public Comparison? AgainstLive { get; init; }

    /// <summary>Model / best baseline − 1: what later nights compare theirs with. Null where the baseline had nothing right.</summary>
    public double? Lift { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The one among a run's verdicts (<see cref="RunRow.Verdict"/>); null: it did not come so far.</summary>
    public static Verdict? FromRun(string verdicts)
    {
        using var both = JsonDocument.Parse(verdicts);
        return both.RootElement.TryGetProperty("quality", out var quality) ? quality.Deserialize<Verdict>(Json) : null;
    }

    public void Write(string folder) => File.WriteAllText(Path.Combine(folder, FileName), ToJson());

    /// <exception cref="BatchRecException">The file isn't there or isn't a verdict.</exception>
    public static Verdict Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return JsonSerializer.Deserialize<Verdict>(File.ReadAllBytes(path), Json) ?? throw new JsonException("It holds null.");
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new BatchRecException($"{path} is not a readable verdict: {e.Message} Judge the run again: batchrec run --from gate", e);
        }
    }
}
