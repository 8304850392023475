using BatchRec.Train;
using BatchRec.Train.Encoders;
using BatchRec.Train.Encoders.Fused;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Encoders.Fused;

/// <summary>The passes by hand against the graph of libtorch's operators, with the same parameters and the same masks.</summary>
public class FusedSasrecTests
{
    private const int Items = 40, Padded = 72;

    private static readonly TrainOptions Full = new() { Dimensions = 64, Heads = 2, Layers = 2, FeedForwardDimensions = 96, MaxLength = Padded, Dropout = 0.3, TimeGaps = true };

    private static readonly Dictionary<string, TrainOptions> Variant = new()
    {
        ["the default recipe"] = Full,
        ["without dropout"] = Full with { Dropout = 0 },
        ["plain"] = Full with { FeedForward = "gelu", Gates = false, RotaryPositions = false, FeedForwardDimensions = 128 },
        ["gelu with gates"] = Full with { FeedForward = "gelu", FeedForwardDimensions = 32 },
        ["swiglu without gates"] = Full with { Gates = false },
        ["one head, one layer"] = Full with { Dimensions = 32, Heads = 1, Layers = 1 },
        ["wide heads"] = Full with { Dimensions = 128, Heads = 2, FeedForwardDimensions = 64 },
    };

    // One event, whole padding, several histories a chunk, one that is a chunk of its own.
    private static readonly int[][] Lengths = [[1], [3, 1, 2], [72, 72, 5, 17, 16, 1, 40, 33], [.. Enumerable.Range(0, 60).Select(i => 1 + i * 37 % 72)]];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var variant in Variant.Keys)
                for (var batch = 0; batch < Lengths.Length; batch++) cases.Add(variant, batch);
            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Outputs_and_gradients_are_those_of_the_graph(string variant, int batch)
    {
        var options = Variant[variant];
        Skip.IfNot(FusedShape.Fits(options), "This processor has no 512-bit vectors.");
        using var network = Network(options);
        var lengths = Lengths[batch];
        var (graph, graphGradients) = Run(network, options, lengths, fused: false);
        var (own, ownGradients) = Run(network, options, lengths, fused: true);
        AssertAlike("outputs", graph, own);
        Assert.Equal(graphGradients.Keys.Order(), ownGradients.Keys.Order());
        foreach (var (name, gradient) in graphGradients) AssertAlike(name, gradient, ownGradients[name]);
    }

    [SkippableFact]
    public void The_same_threads_give_the_same_bits()
    {
        Skip.IfNot(FusedShape.Fits(Full), "This processor has no 512-bit vectors.");
        using var network = Network(Full);
        var (first, firstGradients) = Run(network, Full, Lengths[^1], fused: true);
        var (second, secondGradients) = Run(network, Full, Lengths[^1], fused: true);
        Assert.Equal(first, second);
        foreach (var (name, gradient) in firstGradients) Assert.Equal(gradient, secondGradients[name]);
    }

    [SkippableFact]
    public void Without_gradients_the_outputs_are_the_same_and_padding_is_zero()
    {
        Skip.IfNot(FusedShape.Fits(Full), "This processor has no 512-bit vectors.");
        using var network = Network(Full);
        var lengths = Lengths[2];
        var (trained, _) = Run(network, Full, lengths, fused: true);
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        network.DropoutSeed = 7;
        var outputs = network.Pass(History(lengths), lengths, Gaps(lengths)).Outputs.data<float>().ToArray();
        Assert.Equal(trained, outputs);
        for (var row = 0; row < lengths.Length; row++) Assert.All(outputs[((row * Padded + lengths[row]) * 64)..((row + 1) * Padded * 64)], value => Assert.Equal(0, value));
    }

    [SkippableFact]
    public void A_backward_pass_needs_a_forward_pass()
    {
        Skip.IfNot(FusedShape.Fits(Full), "This processor has no 512-bit vectors.");
        using var network = Network(Full);
        using var scope = NewDisposeScope();
        var pass = network.Pass(History([3]), [3], Gaps([3]));
        pass.Outputs.sum().backward();
        pass.Backward();
        Assert.Throws<InvalidOperationException>(pass.Backward);
    }

    private static SequenceModel Network(TrainOptions options)
    {
        var network = SequenceModel.Of(new Vocabulary(Items, [.. Enumerable.Range(0, Items)]), options);
        network.Initialise(3);
        using var withoutGradients = no_grad();
        // A threefold start: attention that differs from a plain mean; biases and shifts that differ from zero.
        foreach (var (_, parameter) in network.named_parameters())
            if (parameter.shape.Length > 1) parameter.mul_(3f);
            else parameter.add_(randn(parameter.shape) * 0.1f);
        return network;
    }

    /// <returns>outputs with zeros where padded, and the gradients by name of Σ outputs ⊙ weights over real positions</returns>
    private static (float[] Outputs, Dictionary<string, float[]> Gradients) Run(SequenceModel network, TrainOptions options, int[] lengths, bool fused)
    {
        using var scope = NewDisposeScope();
        network.zero_grad();
        network.DropoutSeed = 7;
        var real = zeros(lengths.Length, Padded, 1);
        for (var row = 0; row < lengths.Length; row++) real[row].narrow(0, 0, lengths[row]).fill_(1f);
        var weights = Weights([lengths.Length, Padded, options.Dimensions]) * real;
        var (history, gaps) = (History(lengths), Gaps(lengths));
        var pass = fused ? network.Pass(history, lengths, gaps) : new EncoderPass(network.forward(history, gaps), () => { });
        (pass.Outputs * weights).sum().backward();
        pass.Backward();
        return ((pass.Outputs.detach() * real).data<float>().ToArray(),
            network.named_parameters().Where(pair => pair.parameter.grad is not null).ToDictionary(pair => pair.name, pair => pair.parameter.grad!.data<float>().ToArray()));
    }

    private static Tensor History(int[] lengths) => tensor(Enumerable.Range(0, lengths.Length * Padded).Select(i => i * 7 % 31 % Items).ToArray(), [lengths.Length, Padded]);

    private static EventTensors Gaps(int[] lengths) => new(Gaps: tensor(Enumerable.Range(0, lengths.Length * Padded).Select(i => i * 5 % EventInputs.TimeRows).ToArray(), [lengths.Length, Padded]));

    private static Tensor Weights(long[] shape) => tensor(Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(i => MathF.Sin(i * 0.37f)).ToArray(), shape);

    /// <summary>Up to rounding, measured by the largest value.</summary>
    private static void AssertAlike(string name, float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var tolerance = 1e-4f * Math.Max(1e-2f, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"{name}[{i}] is {actual[i]}, the graph's {expected[i]}; tolerance {tolerance}");
    }
}
