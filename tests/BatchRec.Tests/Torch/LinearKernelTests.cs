using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class LinearKernelTests
{
    // Whole tiles and blocks, a part of a tile, a part of a block, several blocks; then sizes that the tiles don't fit.
    [Theory]
    [InlineData(64, 32, 32)]
    [InlineData(131, 64, 192)]
    [InlineData(1_000, 96, 64)]
    [InlineData(517, 128, 288)]
    [InlineData(300, 33, 64)]
    [InlineData(300, 64, 40)]
    [InlineData(7, 64, 64)]
    public void Output_and_gradients_equal_the_formula_in_double_precision(long rows, long inputs, long outputs)
    {
        using var scope = NewDisposeScope();
        manual_seed(rows);
        var (x, w, b) = (randn(rows, inputs).requires_grad_(), randn(outputs, inputs).requires_grad_(), randn(outputs).requires_grad_());
        var weights = randn(rows, outputs);
        var y = functional.linear(x, w, b);
        (y * weights).sum().backward();

        var (exactX, exactW, exactB) = (Exact(x), Exact(w), Exact(b));
        var exactY = exactX.mm(exactW.t()) + exactB;
        (exactY * weights.to(ScalarType.Float64)).sum().backward();
        AssertClose(exactY, y);
        AssertClose(exactX.grad!, x.grad!);
        AssertClose(exactW.grad!, w.grad!);
        AssertClose(exactB.grad!, b.grad!);
    }

    [Fact]
    public void Dimensions_in_front_views_and_a_missing_bias_are_taken()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var (x, w) = (randn([8, 64, 10]).requires_grad_(), randn(64, 32).requires_grad_());
        var y = functional.linear(x.transpose(1, 2), w.t());                       // (8, 10, 64) × (32, 64)ᵀ
        y.sum().backward();
        Assert.Equal([8L, 10L, 32L], y.shape);
        var (exactX, exactW) = (Exact(x), Exact(w));
        var exactY = exactX.transpose(1, 2).matmul(exactW);
        exactY.sum().backward();
        AssertClose(exactY, y);
        AssertClose(exactX.grad!, x.grad!);
        AssertClose(exactW.grad!, w.grad!);
    }

    [Fact]
    public void Only_the_gradients_that_are_wanted_are_made()
    {
        using var scope = NewDisposeScope();
        var (x, w, b) = (randn(100, 32), randn(32, 32).requires_grad_(), randn(32));
        functional.linear(x, w, b).sum().backward();
        Assert.NotNull(w.grad);
        Assert.Null(x.grad);
        Assert.Null(b.grad);
        Assert.False(functional.linear(x, w.detach(), b).requires_grad);
    }

    [Fact]
    public void The_same_number_of_threads_gives_the_same_bits()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (x, w, g) = (randn(5_000, 64), randn(64, 64), randn(5_000, 64));
        Assert.Equal(Gradient(), Gradient());

        float[] Gradient()
        {
            var weight = w.clone().requires_grad_();
            autograd.backward(functional.linear(x, weight), g);
            return weight.grad!.data<float>().ToArray();
        }
    }

    private static Tensor Exact(Tensor tensor) => tensor.detach().to(ScalarType.Float64).requires_grad_();

    /// <summary>To 3e-6 of the largest element.</summary>
    private static void AssertClose(Tensor expected, Tensor actual)
    {
        using var noGrad = no_grad();
        Assert.Equal(expected.shape, actual.shape);
        var difference = ((expected - actual.to(expected.dtype)).abs().max() / expected.abs().max()).item<double>();
        Assert.True(difference <= 3e-6, $"The largest difference is {difference:E2} of the largest element.");
    }
}
