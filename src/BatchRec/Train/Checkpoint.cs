using System.Globalization;
using System.Text.Json;

namespace BatchRec.Train;

/// <summary>
/// Where a training stands: enough to go on as if nothing had happened. Random numbers derive from (seed, epoch, batch), so their place is
/// their state.
/// </summary>
internal sealed record Checkpoint
{
    public const string FileName = "checkpoint.safetensors";

    /// <summary>Raised when a checkpoint of the version before can't be continued.</summary>
    private const int FormatVersion = 1;

    /// <summary>What must be the same for a checkpoint to be continued: options, seed and log.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Epochs completed.</summary>
    public int Epoch { get; init; }

    /// <summary>Batches completed of the epoch under way.</summary>
    public int Batch { get; init; }

    /// <summary>Steps completed.</summary>
    public long Step { get; init; }

    /// <summary>Sum over the epoch's batches so far of mean loss × targets, and the targets.</summary>
    public double LossSum { get; init; }

    public long Targets { get; init; }

    public double Seconds { get; init; }

    /// <summary>Epochs the best model was trained for; 0 before the first validation.</summary>
    public int BestEpoch { get; init; }

    public bool BestIsAveraged { get; init; }

    public double BestNdcg { get; init; } = double.NaN;

    public EpochResult[] Curve { get; init; } = [];

    public void Write(string folder, IReadOnlyDictionary<string, Weights> arrays)
    {
        var metadata = new Dictionary<string, string>
        {
            ["checkpoint_version"] = FormatVersion.ToString(CultureInfo.InvariantCulture),
            ["state"] = JsonSerializer.Serialize(this, Json),
        };
        new Safetensors(metadata, arrays, new Dictionary<string, int[]>()).Write(Path.Combine(folder, FileName));
    }

    /// <returns>null where there is none yet</returns>
    /// <exception cref="BatchRecException">It is damaged, or belongs to another training.</exception>
    public static (Checkpoint State, IReadOnlyDictionary<string, Weights> Arrays)? Read(string folder, string fingerprint)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        var file = Safetensors.Read(path);
        if (file.Metadata.GetValueOrDefault("checkpoint_version") != FormatVersion.ToString(CultureInfo.InvariantCulture))
            throw new BatchRecException($"{path} was written by another version of BatchRec and can't be continued. Delete it to train from the start.");
        var state = JsonSerializer.Deserialize<Checkpoint>(file.Metadata["state"], Json)!;
        if (state.Fingerprint != fingerprint)
            throw new BatchRecException($"{path} belongs to a training with other options, another seed or another log. Delete it to train from the start.");
        return (state, file.Floats);
    }

    /// <summary>NaN stands for "not validated".</summary>
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
}
