using System.Text.Json;
using BatchRec.Evaluate;
using BatchRec.Runs;

namespace BatchRec.Blend;

/// <summary>What each part weighs, by length of history, and what that rests on.</summary>
public sealed record BlendWeights
{
    public const string FileName = "blend.json";

    /// <summary>Names of the recommenders.</summary>
    public required IReadOnlyList<string> Parts { get; init; }

    /// <summary>(classes of <see cref="HistoryLength"/> × parts)</summary>
    public required float[][] Weights { get; init; }

    /// <summary>Validation cases that they were fitted on.</summary>
    public required int Cases { get; init; }

    /// <summary>Validation NDCG@10 of the blend, each case weighed by a fit without its user.</summary>
    public required double Ndcg10 { get; init; }

    /// <summary>Validation NDCG@10 of each part alone, on the same cases.</summary>
    public required IReadOnlyList<double> PartsNdcg10 { get; init; }

    /// <summary>How the weights were found, as a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether any part but one weighs anything.</summary>
    public bool IsBlend => Weights.Any(weights => weights.Count(weight => weight != 0) > 1);

    /// <summary>Whether a part weighs anything for any length: the others needn't be fitted.</summary>
    public bool IsUsed(int part) => Weights.Any(weights => weights[part] != 0);

    /// <summary>Names of the parts that are used.</summary>
    public IEnumerable<string> Used => Parts.Where((_, part) => IsUsed(part));

    public float[] Of(long historyEvents) => Weights[HistoryLength.ClassOf(historyEvents)];

    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Manifest.Json));

    /// <returns>null where the folder has none</returns>
    /// <exception cref="BatchRecException">The file is no blend's.</exception>
    public static BlendWeights? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<BlendWeights>(File.ReadAllBytes(path), Manifest.Json) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException fault)
        {
            throw new BatchRecException($"{path} holds no weights of a blend: {fault.Message} Evaluate the run again, from step evaluate on.", fault);
        }
    }
}
