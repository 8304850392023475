using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Train.Losses;

[Collection(LibtorchCollection.Name)]
public partial class ChunkedCrossEntropyTests
{
    // More rows than one chunk; neither sizes are multiples of a vector. Widths are of both accelerated versions, by tiles and by oneDNN.
    private const int Positions = 2_051, Items = 317, Width = 64, OddWidth = 24;

    [Theory]
    [InlineData(Width)]
    [InlineData(OddWidth)]
    public void Loss_and_gradients_equal_those_of_the_plain_graph(int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (hidden, table, targets) = Problem(width);
        var loss = functional.cross_entropy(hidden.mm(table.t()), targets);
        loss.backward();
        var (hiddenGradient, tableGradient) = (hidden.grad!.clone(), table.grad!.clone());
        hidden.grad = null;
        table.grad = null;

        Assert.Equal(loss.item<float>(), ChunkedCrossEntropy.Backward(hidden, table, targets), 5e-6);
        AssertClose(hiddenGradient, hidden.grad!);
        AssertClose(tableGradient, table.grad!);
    }

    [Fact]
    public void A_shared_table_gets_the_gradients_of_both_its_uses()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var table = randn(Items, Width).requires_grad_();
        var inputs = randperm(Items).narrow(0, 0, 100);
        var targets = randperm(Items).narrow(0, 0, 100);
        functional.cross_entropy(functional.normalize(table[inputs].tanh()).mm(functional.normalize(table).t()) * 8.0, targets).backward();
        var expected = table.grad!.clone();
        table.grad = null;

        ChunkedCrossEntropy.Backward(functional.normalize(table[inputs].tanh()) * 8.0, functional.normalize(table), targets);
        AssertClose(expected, table.grad!);
    }

    [Fact]
    public void Scores_far_apart_overflow_nothing()
    {
        using var scope = NewDisposeScope();
        var hidden = tensor(new float[] { 1000, -1000 }, [2, 1]).requires_grad_();
        var table = tensor(new float[] { 1, -1, 0.5f }, [3, 1]).requires_grad_();
        // Both users' best item beats the target by 2,000 and 500: the loss is the difference, the gradient pulls from one item to the other.
        var loss = ChunkedCrossEntropy.Backward(hidden, table, tensor(new[] { 1, 2 }));
        Assert.Equal((2000 + 1500) / 2.0, loss, 1e-3);
        Assert.Equal([1f, -0.75f], hidden.grad!.data<float>().ToArray());
    }

    [Fact]
    public void A_loss_that_is_not_a_number_changes_no_gradient()
    {
        using var scope = NewDisposeScope();
        var (hidden, table, targets) = Problem();
        using (no_grad()) hidden[5].fill_(float.NaN);
        Assert.True(double.IsNaN(ChunkedCrossEntropy.Backward(hidden, table, targets)));
        Assert.Null(hidden.grad);
        Assert.Null(table.grad);
    }

    private static (Tensor Hidden, Tensor Table, Tensor Targets) Problem(int width = Width) => (
        (randn(Positions, width) / Math.Sqrt(width) * 3.0).detach().requires_grad_(),
        randn(Items, width).requires_grad_(),
        (rand([Positions]) * Items).to(ScalarType.Int64));

    /// <summary>To a share of the largest element; sums of 2,051 single-precision terms differ by their order.</summary>
    private static void AssertClose(Tensor expected, Tensor actual, double tolerance = 3e-6)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Assert.Equal(expected.shape, actual.shape);
        var difference = ((expected - actual).abs().max() / expected.abs().max()).item<float>();
        Assert.True(difference <= tolerance, $"The largest difference is {difference:E2} of the largest element.");
    }
}
