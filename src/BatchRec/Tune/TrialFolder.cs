using System.Text.Json;
using System.Text.Json.Serialization;
using BatchRec.Runs;

namespace BatchRec.Tune;

/// <summary>The trials of a tuning without a database: <c>trial-0001.json</c>, …</summary>
public sealed class TrialFolder(string folder) : ITrialStore
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public IReadOnlyList<Trial> Read() => !Directory.Exists(folder) ? [] :
        [.. Directory.GetFiles(folder, "trial-*.json").Order(StringComparer.Ordinal).Select(path => JsonSerializer.Deserialize<Trial>(File.ReadAllBytes(path), Json)!)];

    public void Write(Trial trial)
    {
        Directory.CreateDirectory(folder);
        Durable.Write(Path.Combine(folder, $"trial-{trial.Number:0000}.json"), JsonSerializer.SerializeToUtf8Bytes(trial, Json));
    }
}
