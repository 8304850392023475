using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>A network's parameters as plain arrays, and back.</summary>
internal static class NetworkArrays
{
    /// <returns>arrays by the name of the parameter</returns>
    public static Dictionary<string, Weights> Arrays(this nn.Module network) =>
        network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.ToArray());

    /// <exception cref="FormatException">A parameter is missing or has another shape.</exception>
    public static void Load(this nn.Module network, IReadOnlyDictionary<string, Weights> arrays)
    {
        foreach (var (name, parameter) in network.named_parameters()) parameter.Load(name, arrays);
    }

    private static readonly string[] Tables = ["items", "positions", "types", "gaps", "waits", "itemFeatures", "userFeatures"];

    /// <summary>
    /// Embeddings are normal with deviation .02, the matrices of layers with √(2 / (inputs + outputs)) (Glorot, Bengio 2010: at these widths .02 leaves the
    /// branches next to nothing to begin with), scales 1, biases 0; each parameter from a seed of its own.
    /// </summary>
    public static void Initialise(this nn.Module network, ulong seed)
    {
        var place = 0UL;
        foreach (var (name, parameter) in network.named_parameters())
        {
            var random = Randomness.At(seed, 0, place++);
            var values = new float[parameter.numel()];
            if (parameter.shape.Length > 1)
            {
                var deviation = Tables.Any(table => name.StartsWith(table, StringComparison.Ordinal)) ? 0.02 : Math.Sqrt(2.0 / (parameter.shape[0] + parameter.shape[1]));
                for (var i = 0; i < values.Length; i++) values[i] = (float)(deviation * random.Normal());
            }
            else
            {
                Array.Fill(values, name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0);
            }
            parameter.Assign(values);
        }
    }

    public static Weights ToArray(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return new Weights(tensor.shape, tensor.detach().cpu().data<float>().ToArray());
    }

    public static void Load(this Tensor parameter, string name, IReadOnlyDictionary<string, Weights> arrays)
    {
        if (!arrays.TryGetValue(name, out var weights)) throw new FormatException($"it lacks {name}");
        if (!weights.Shape.SequenceEqual(parameter.shape))
            throw new FormatException($"its {name} has shape ({string.Join(", ", weights.Shape)}) where its options give ({string.Join(", ", parameter.shape)})");
        parameter.Assign(weights.Values);
    }

    private static void Assign(this Tensor parameter, float[] values)
    {
        using var withoutGradients = no_grad();
        using var source = tensor(values, parameter.shape);
        parameter.copy_(source);
    }
}
