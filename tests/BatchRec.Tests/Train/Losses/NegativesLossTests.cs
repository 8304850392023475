using BatchRec.Tests.Torch;
using BatchRec.Train.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Train.Losses;

[Collection(LibtorchCollection.Name)]
public partial class NegativesLossTests
{
    // No size is a multiple of a vector or of a chunk; widths are of both accelerated versions, by tiles and by oneDNN.
    private const int Positions = 1_091, Items = 317, Count = 203;

    public static TheoryData<int, double> Cases => new() { { 64, 0 }, { 64, 0.3 }, { 24, 0 }, { 24, 1 } };

    [Theory]
    [InlineData(0)]
    [InlineData(0.7)]
    public void The_gradients_are_those_of_the_formula(double sigmoid)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (users, table, targets) = Problem(64);
        var sample = new NegativeSampler(Items, Count, 0.4).Draw(targets, 6);

        // As the docstring has it, a term a row, by autograd.
        var (scores, goals) = (users.mm(table[tensor(sample.Rows)].t()), (users * table[tensor(targets)]).sum(-1, keepdim: true));
        var mask = new bool[targets.Length * Count];
        for (var row = 0; row < targets.Length; row++)
            for (var column = 0; column < Count; column++) mask[row * Count + column] = sample.Rows[column] == targets[row];
        if (sigmoid == 0) scores = scores - tensor(sample.LogExpected);
        scores = scores.masked_fill(tensor(mask).view(-1, Count), -1e9);
        var loss = sigmoid == 0
            ? (cat([goals, scores], 1).logsumexp(1, true) - goals).mean()
            : (softplus(-goals) * sigmoid + softplus(scores).sum(-1, keepdim: true)).mean();
        loss.backward();
        var (ofUsers, ofTable) = (users.grad!.clone(), table.grad!.clone());
        users.grad = null;
        table.grad = null;

        var ours = NegativesLoss.Backward(users, table[tensor(sample.Rows)], table[tensor(targets)], targets, sample, sigmoid);
        Assert.Equal(loss.item<float>(), ours, 1e-5 * ours);
        AssertClose(ofUsers, users.grad!);
        AssertClose(ofTable, table.grad!);

        static Tensor softplus(Tensor x) => x.clamp_min(0) + (-x.abs()).exp().log1p();
    }

    [Fact]
    public void The_sampled_softmax_comes_to_the_full_one_as_the_sample_grows()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (users, table, targets) = Problem(64);
        var full = ChunkedCrossEntropy.Backward(users, table, tensor(targets));
        foreach (var inBatch in (double[])[0, 0.5])
        {
            double Error(int count) => Enumerable.Range(0, 8)
                .Average(seed => Math.Abs(Sampled(new NegativeSampler(Items, count, inBatch).Draw(targets, (ulong)seed)) - full));
            var (few, many) = (Error(100), Error(20_000));
            Assert.True(many < 0.01 && many < few, $"In-batch {inBatch}: {few} nats off with 100 negatives, {many} with 20,000.");
        }

        double Sampled(Negatives sample) => NegativesLoss.Backward(users, table[tensor(sample.Rows)], table[tensor(targets)], targets, sample, 0);
    }

    [Fact]
    public void Negatives_come_from_the_targets_by_their_share_and_from_the_catalogue_evenly()
    {
        // Half of the targets are item 7; the others are item 8.
        var targets = Enumerable.Range(0, 100).Select(i => 7 + i % 2).ToArray();
        var drawn = new NegativeSampler(1000, 100_000, 0.6).Draw(targets, 1);
        Assert.Equal(drawn.Rows.Order(), drawn.Rows);
        var (from, until) = drawn.ColumnsOf(7);
        Assert.InRange(until - from, 29_500, 30_700);
        Assert.Equal(30_040, Math.Exp(drawn.LogExpected[from]), 1.0);
        Assert.Equal(40, Math.Exp(drawn.LogExpected[0]), 0.01);
        Assert.Equal((0, 0), new Negatives([1, 3], [0, 0]).ColumnsOf(2));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0.1)]
    [InlineData(0.75, 0.325)]
    public void Beta_lies_between_one_and_the_sampling_rate(double calibration, double beta) =>
        Assert.Equal(beta, NegativesLoss.Beta(100, 1001, calibration), 1e-9);

    private static (Tensor Users, Tensor Table, int[] Targets) Problem(int width) => (
        (randn(Positions, width) / Math.Sqrt(width) * 3.0).detach().requires_grad_(),
        randn(Items, width).requires_grad_(),
        [.. Enumerable.Range(0, Positions).Select(i => i * i % Items)]);

    /// <summary>To a share of the largest element; sums of a thousand single-precision terms differ by their order.</summary>
    private static void AssertClose(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assert.Equal(expected.shape, actual.shape);
        var difference = ((expected - actual).abs().max() / expected.abs().max()).item<float>();
        Assert.True(difference <= 5e-6, $"The largest difference is {difference:E2} of the largest element.");
    }
}
