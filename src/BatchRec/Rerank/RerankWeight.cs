using System.Text.Json;
using BatchRec.Runs;

namespace BatchRec.Rerank;

/// <summary>How much the re-ranker's score counts beside that by which candidates were found, and what that rests on.</summary>
public sealed record RerankWeight
{
    public const string FileName = "rerank.json";

    /// <summary>Name of what is re-ranked.</summary>
    public required string Base { get; init; }

    /// <summary>In standard deviations of each; 0: it steps aside.</summary>
    public required double Weight { get; init; }

    /// <summary>Validation cases that it was fitted on.</summary>
    public required int Cases { get; init; }

    /// <summary>Validation NDCG@10 of the re-ranked lists, each case by a weight that was fitted without its user.</summary>
    public required double Ndcg10 { get; init; }

    /// <summary>Validation NDCG@10 as they were.</summary>
    public required double BaseNdcg10 { get; init; }

    /// <summary>How it was found, as a sentence.</summary>
    public required string Reason { get; init; }

    public bool IsUsed => Weight > 0;

    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Manifest.Json));

    /// <returns>null where the folder has none</returns>
    /// <exception cref="BatchRecException">The file is no such weight.</exception>
    public static RerankWeight? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<RerankWeight>(File.ReadAllBytes(path), Manifest.Json) ?? throw new JsonException("It holds null.");
        }
        catch (JsonException fault)
        {
            throw new BatchRecException($"{path} holds no weight of a re-ranker: {fault.Message} Evaluate the run again, from step evaluate on.", fault);
        }
    }
}
