using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using BatchRec.Train;

namespace BatchRec.Benchmarks;

/// <summary>Pairs of <c>--name value</c>; a name without a value is a switch.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    public static Arguments Parse(ReadOnlySpan<string> arguments)
    {
        var parsed = new Arguments();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal)) throw new BatchRecException($"'{arguments[i]}' is no argument; write --name value.");
            var hasValue = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            parsed._values[arguments[i][2..]] = hasValue ? arguments[++i] : "true";
        }
        return parsed;
    }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public int Number(string name, int otherwise) => _values.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public double Real(string name, double otherwise) => _values.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The options given by name, over <paramref name="start"/>.</summary>
    public TrainOptions Over(TrainOptions start)
    {
        var node = JsonSerializer.SerializeToNode(start)!.AsObject();
        foreach (var (name, value) in _values)
            if (node.ContainsKey(name)) node[name] = JsonNode.Parse(node[name]!.GetValueKind() == JsonValueKind.String ? JsonSerializer.Serialize(value) : value);
        var options = node.Deserialize<TrainOptions>()!;
        var faults = options.Faults().ToArray();
        return faults.Length == 0 ? options : throw new BatchRecException(string.Join(Environment.NewLine, faults));
    }
}
