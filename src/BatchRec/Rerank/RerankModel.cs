using System.Globalization;
using System.Text.Json;
using BatchRec.Train;

namespace BatchRec.Rerank;

/// <summary>A trained re-ranker as plain arrays: what <c>reranker.safetensors</c> holds. Vectors of items are those of the model that it was trained beside.</summary>
public sealed record RerankModel
{
    public const string FileName = "reranker.safetensors";

    /// <summary>Raised when the meaning of a parameter changes.</summary>
    private const int FormatVersion = 1;

    private const string PredecessorsName = "predecessors";

    public required RerankOptions Options { get; init; }

    /// <summary>D, the model's.</summary>
    public required int Width { get; init; }

    /// <summary>M: the item itself, the model's features, the predecessors.</summary>
    public required int FacetCount { get; init; }

    /// <summary>(items of training × <see cref="RerankOptions.Predecessors"/>) item indices, -1 where there are fewer</summary>
    public required int[] Predecessors { get; init; }

    /// <summary>arrays by the name of the parameter in the network</summary>
    public required IReadOnlyDictionary<string, Weights> Parameters { get; init; }

    internal CoAttention Network()
    {
        var network = new CoAttention(Width, Options.Heads, Options.History, FacetCount);
        network.Load(Parameters);
        return network;
    }

    public void Write(string folder) => new Safetensors(new Dictionary<string, string>
    {
        ["format_version"] = FormatVersion.ToString(CultureInfo.InvariantCulture), ["options"] = JsonSerializer.Serialize(Options),
        ["width"] = Width.ToString(CultureInfo.InvariantCulture), ["facets"] = FacetCount.ToString(CultureInfo.InvariantCulture),
    }, Parameters, new Dictionary<string, int[]> { [PredecessorsName] = Predecessors }).Write(Path.Combine(folder, FileName));

    /// <exception cref="BatchRecException">The file is missing, damaged, or of another format version.</exception>
    public static RerankModel Read(string path)
    {
        var file = Safetensors.Read(path);
        try
        {
            if (file.Metadata["format_version"] != FormatVersion.ToString(CultureInfo.InvariantCulture)) throw new FormatException($"it is of format version {file.Metadata["format_version"]}, this build reads {FormatVersion}");
            var model = new RerankModel
            {
                Options = JsonSerializer.Deserialize<RerankOptions>(file.Metadata["options"]) ?? throw new JsonException("options are null"),
                Width = int.Parse(file.Metadata["width"], CultureInfo.InvariantCulture), FacetCount = int.Parse(file.Metadata["facets"], CultureInfo.InvariantCulture),
                Predecessors = file.Integers[PredecessorsName], Parameters = file.Floats,
            };
            using var network = model.Network();
            return model;
        }
        catch (Exception fault) when (fault is JsonException or FormatException or OverflowException or KeyNotFoundException)
        {
            throw new BatchRecException($"{path} is no re-ranker that this build can use: {fault.Message}. Train it again.", fault);
        }
    }
}
