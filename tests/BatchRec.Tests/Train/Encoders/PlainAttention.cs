using BatchRec.Train;
using BatchRec.Train.Encoders;

namespace BatchRec.Tests.Train.Encoders;

/// <summary>What the last event of a history attends to in an encoder of one layer: the papers' formulas as loops, in double.</summary>
internal sealed class PlainAttention(SequenceModel network, TrainOptions options)
{
    private readonly Dictionary<string, Weights> _parameters = network.Arrays();
    private readonly int _width = options.Dimensions;

    /// <returns>(history), sum 1, the mean of the heads</returns>
    public double[] Of(int[] history)
    {
        var x = history.Select(item => Row("items.weight", item)).ToArray();
        if (options.Encoder == "sasrec") x = [.. x.Select((row, at) => Plus(row, Row("positions.weight", at)))];
        double[][] heads = options.Encoder switch
        {
            "sasrec" => Softmax(Part("blocks.0.attention.inputs", Norm(x), 0), Part("blocks.0.attention.inputs", Norm(x), 1)),
            "dot" => Softmax(Part("query", x, 0), Part("keys", x, 0)),
            "hstu" => Pointwise(Norm(x)),
            _ => [Additive(x)],
        };
        var mean = Enumerable.Range(0, history.Length).Select(i => heads.Average(head => head[i])).ToArray();
        return [.. mean.Select(weight => weight / mean.Sum())];
    }

    private double[][] Softmax(double[][] q, double[][] k) => [.. Enumerable.Range(0, options.Heads).Select(head =>
    {
        var scores = k.Select((key, at) => IsVisible(at, k.Length) ? Head(q[^1], key, head) / Math.Sqrt(_width / options.Heads) : double.NegativeInfinity).ToArray();
        if (options.TopKeys > 0)
        {
            var least = scores.OrderDescending().ElementAt(options.TopKeys - 1);
            scores = [.. scores.Select(score => score < least ? double.NegativeInfinity : score)];
        }
        var sum = scores.Sum(Math.Exp);
        return scores.Select(score => Math.Exp(score) / sum).ToArray();
    })];

    private double[][] Pointwise(double[][] x)
    {
        double[][] q = Silu(Part("blocks.0.inputs", x, 2)), k = Silu(Part("blocks.0.inputs", x, 3));
        return [.. Enumerable.Range(0, options.Heads).Select(head => k.Select((key, at) =>
        {
            var score = Head(q[^1], key, head) + Row("blocks.0.bias", head)[k.Length - 1 - at];
            return IsVisible(at, k.Length) ? Math.Abs(Silu(score)) : 0;
        }).ToArray())];
    }

    private double[] Additive(double[][] x)
    {
        var rate = 0.3 / (1 + Math.Exp(-Row("recency", 0)[0]));
        var v = Row("weight.weight", 0);
        return [.. Part("inner", x, 0).Select((row, at) => Math.Exp(Math.Clamp(row.Select((value, d) => v[d] * Math.Tanh(value)).Sum(), -15, 15) + rate * at))];
    }

    private bool IsVisible(int at, int length) => options.Window == 0 || at >= length - options.Window;

    private double Head(double[] a, double[] b, int head) => Enumerable.Range(head * _width / options.Heads, _width / options.Heads).Sum(d => a[d] * b[d]);

    /// <summary>The part-th D outputs of a linear layer.</summary>
    private double[][] Part(string layer, double[][] x, int part) => [.. x.Select(row => Enumerable.Range(part * _width, _width)
        .Select(output => Row(layer + ".weight", output).Select((weight, d) => weight * row[d]).Sum() + _parameters[layer + ".bias"].Values[output]).ToArray())];

    /// <summary>Layer normalisation with scale 1 and shift 0, as it is initialised.</summary>
    private static double[][] Norm(double[][] x) => [.. x.Select(row =>
    {
        var mean = row.Average();
        var deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + 1e-5);
        return row.Select(value => (value - mean) / deviation).ToArray();
    })];

    private static double[][] Silu(double[][] x) => [.. x.Select(row => row.Select(Silu).ToArray())];

    private static double Silu(double x) => x / (1 + Math.Exp(-x));

    private static double[] Plus(double[] a, double[] b) => [.. a.Select((value, d) => value + b[d])];

    private double[] Row(string name, int row)
    {
        var (weights, width) = (_parameters[name], _parameters[name].Shape.Length > 1 ? (int)_parameters[name].Shape[1] : 1);
        return [.. weights.Values.AsSpan(row * width, width).ToArray().Select(value => (double)value)];
    }
}
