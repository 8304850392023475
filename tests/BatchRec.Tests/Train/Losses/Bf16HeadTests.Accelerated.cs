using BatchRec.Tests.Torch;
using BatchRec.Torch.Accelerated;
using BatchRec.Train;
using BatchRec.Train.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Losses;

[Collection(LibtorchCollection.Name)]
public class Bf16HeadTests
{
    /// <summary>A fifth of what rounding itself costs.</summary>
    private const double Flips = 4e-4;

    // Sizes below, at and above those of a tile, a square and a block, and widths that are no multiple of a tile's.
    [SkippableTheory]
    [InlineData(2_051, 317, 64)]
    [InlineData(64, 128, 32)]
    [InlineData(63, 129, 64)]
    [InlineData(65, 31, 96)]
    [InlineData(1, 1_000, 64)]
    [InlineData(300, 1, 64)]
    [InlineData(1, 1, 1)]
    [InlineData(130, 33, 24)]
    public void Loss_and_gradients_are_those_of_plain_operators_on_rounded_numbers(int positions, int items, int width)
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (users, table, targets) = Problem(positions, items, width);
        var fast = CrossEntropyHead.Gradients(users, table, targets, bf16: true);
        var plain = ChunkedCrossEntropy.PlainGradients(users, table, targets, bf16: true);
        Assert.Equal(plain.Loss, fast.Loss, 1e-5);
        // Where e^x differs in its last bits, the rounding of one gradient in a thousand goes to the other side.
        AssertClose(plain.Users, fast.Users, Flips);
        AssertClose(plain.Items, fast.Items, Flips);
    }

    [SkippableFact]
    public void Gradients_are_those_of_single_precision_within_the_error_of_bf16_and_no_shorter()
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (users, table, targets) = Problem(4_096, 1_717, 64);
        var rounded = CrossEntropyHead.Gradients(users, table, targets, bf16: true);
        var single = CrossEntropyHead.Gradients(users, table, targets);
        // A rounding is off by 2^-9 at most, and by 2^-9 / √3 as a mean: sums of many come closer than that.
        Assert.Equal(single.Loss, rounded.Loss, 1e-3 * single.Loss);
        foreach (var (expected, actual) in new[] { (single.Users, rounded.Users), (single.Items, rounded.Items) })
        {
            var (length, error) = (Dot(expected, expected), actual - expected);
            Assert.InRange(Math.Sqrt(Dot(error, error) / length), 1e-5, 1.0 / 256);
            Assert.InRange(Dot(error, expected) / length, -2e-4, 2e-4);
        }
    }

    [SkippableTheory]
    [InlineData(1e4)]
    [InlineData(1e-4)]
    [InlineData(1e-18)]
    public void Large_and_tiny_vectors_lose_no_more(double size)
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (users, table, targets) = Problem(100, 70, 64);
        (users, table) = ((users * size).detach(), (table / size).detach());
        var fast = CrossEntropyHead.Gradients(users, table, targets, bf16: true);
        var plain = ChunkedCrossEntropy.PlainGradients(users, table, targets);
        Assert.Equal(plain.Loss, fast.Loss, 2e-3 * plain.Loss);
        AssertClose(plain.Users, fast.Users, 1.0 / 128);
        AssertClose(plain.Items, fast.Items, 1.0 / 128);
    }

    [SkippableFact]
    public void Scores_far_apart_overflow_nothing()
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        var users = tensor(new float[] { 1000, -1000 }, [2, 1]);
        var table = tensor(new float[] { 1, -1, 0.5f }, [3, 1]);
        var (loss, ofUsers, _) = CrossEntropyHead.Gradients(users, table, tensor(new[] { 1, 2 }), bf16: true);
        Assert.Equal((2000 + 1500) / 2.0, loss, 1e-3);
        Assert.Equal([1f, -0.75f], ofUsers.data<float>().ToArray());
    }

    [SkippableTheory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_loss_that_is_not_a_number_changes_no_gradient(float value)
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        var (users, table, targets) = Problem(100, 70, 64);
        using (no_grad()) users[5].fill_(value);
        Assert.False(double.IsFinite(ChunkedCrossEntropy.Backward(users.requires_grad_(), table.requires_grad_(), targets, bf16: true)));
        Assert.Null(users.grad);
        Assert.Null(table.grad);
    }

    [SkippableFact]
    public void The_same_threads_give_the_same_bits()
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        manual_seed(6);
        var (users, table, targets) = Problem(700, 217, 64);
        var (one, two) = (CrossEntropyHead.Gradients(users, table, targets, bf16: true), CrossEntropyHead.Gradients(users, table, targets, bf16: true));
        Assert.Equal(one.Loss, two.Loss);
        Assert.Equal(one.Users.data<float>().ToArray(), two.Users.data<float>().ToArray());
        Assert.Equal(one.Items.data<float>().ToArray(), two.Items.data<float>().ToArray());
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Negatives_are_multiplied_likewise(double sigmoid)
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        using var scope = NewDisposeScope();
        manual_seed(7);
        var (users, table, targets) = Problem(1_091, 317, 64);
        var goals = targets.data<int>().ToArray();
        var sample = new NegativeSampler(317, 203, 0.4).Draw(goals, 5);
        var own = Array.ConvertAll(goals, sample.ColumnsOf);
        var (negatives, positives) = (table[tensor(sample.Rows)], table[targets]);
        var fast = NegativesHead.Gradients(users, negatives, positives, own, sample.LogExpected, sigmoid, bf16: true);
        var plain = NegativesLoss.PlainGradients(users, negatives, positives, own, sample.LogExpected, sigmoid, bf16: true);
        Assert.Equal(plain.Loss, fast.Loss, 1e-5 * plain.Loss);
        AssertClose(plain.Users, fast.Users, Flips);
        AssertClose(plain.Negatives, fast.Negatives, Flips);
        AssertClose(plain.Positives, fast.Positives, 1e-5);
    }

    [SkippableTheory]
    [InlineData("full")]
    [InlineData("sampled")]
    public void Training_in_bf16_differs_from_single_precision_and_repeats_itself(string loss)
    {
        Skip.IfNot(Bf16.IsSupported, Bf16Tests.Missing);
        var options = Histories.Small with { Loss = loss, Negatives = 6 };
        var (single, rounded) = (Weights("fp32"), Weights("bf16"));
        Assert.NotEqual(single, rounded);
        Assert.Equal(rounded, Weights("bf16"));
        Assert.Equal(rounded, Weights("auto"));

        float[] Weights(string precision)
        {
            var log = Histories.Rings(users: 8, items: 12, length: 7);
            var vocabulary = Vocabulary.Of(log);
            var chosen = options with { HeadPrecision = precision };
            using var learner = new Learner(vocabulary, chosen, seed: 3);
            for (var step = 0; step < 3; step++) learner.Step(new Batches(log, vocabulary, chosen, seed: 3).Of(step)[0], step, 1e-3);
            return [.. learner.Arrays().OrderBy(array => array.Key, StringComparer.Ordinal).SelectMany(array => array.Value.Values)];
        }
    }

    [Fact]
    public void Precision_is_what_was_asked_for_or_an_error()
    {
        Assert.False(HeadPrecision.IsBf16(new TrainOptions { HeadPrecision = "fp32" }));
        Assert.False(HeadPrecision.IsBf16(new TrainOptions { HeadPrecision = "auto", Device = "cuda" }));
        Assert.Equal(Bf16.IsSupported, HeadPrecision.IsBf16(new TrainOptions { HeadPrecision = "auto" }));
        var asked = new TrainOptions { HeadPrecision = "bf16" };
        if (Bf16.IsSupported) Assert.True(HeadPrecision.IsBf16(asked));
        else Assert.Contains("Use auto", Assert.Throws<BatchRecException>(() => HeadPrecision.IsBf16(asked)).Message, StringComparison.Ordinal);
        Assert.Contains("use fp32 or auto", Assert.Single((asked with { Device = "cuda" }).Faults()), StringComparison.Ordinal);
    }

    private static (Tensor Users, Tensor Table, Tensor Targets) Problem(int positions, int items, int width) => (
        (randn(positions, width) / Math.Sqrt(width) * 3.0).detach(), randn(items, width), (rand([positions]) * items).to(ScalarType.Int32));

    private static double Dot(Tensor a, Tensor b) => (a.to(ScalarType.Float64) * b.to(ScalarType.Float64)).sum().item<double>();

    /// <summary>The length of the difference against that of the whole.</summary>
    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected.shape, actual.shape);
        var (difference, length) = (Math.Sqrt(Dot(expected - actual, expected - actual)), Math.Sqrt(Dot(expected, expected)));
        Assert.True(difference <= tolerance * length, $"The difference is {difference / length:E2} of the whole.");
    }
}
