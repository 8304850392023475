using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class TensorTests
{
    [Fact]
    public void Elements_come_back_in_row_major_order_whatever_the_strides()
    {
        using var scope = NewDisposeScope();
        var x = from_array(new float[,] { { 1, 2, 3 }, { 4, 5, 6 } });
        Assert.Equal([2L, 3L], x.shape);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], x.data<float>().ToArray());
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], x.t().data<float>().ToArray());
        Assert.Equal(6f, x.t().data<float>()[2, 1]);
        Assert.Equal(4f, x[1, 0].item<float>());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_whole_number_keeps_the_elements_type(ScalarType type)
    {
        using var scope = NewDisposeScope();
        foreach (var x in new[] { full(3, 5, type), full([], 5, type) })
        {
            Assert.Equal(type, (x + 2).dtype);
            Assert.Equal(10.0, (x * 2).to(ScalarType.Float64).max().item<double>());
            Assert.Equal(-3.0, (2 - x).to(ScalarType.Float64).max().item<double>());
        }
    }

    [Fact]
    public void A_fraction_makes_whole_numbers_Float32_and_keeps_Float64_exact()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(ScalarType.Float32, (tensor(new long[] { 1, 2 }) * 0.5).dtype);
        Assert.Equal(0.1, (ones(1, ScalarType.Float64) * 0.1).item<double>());
        Assert.Equal(ScalarType.Float32, (tensor(2f) * 0.5).dtype);
    }

    [Fact]
    public void Comparisons_masks_and_reductions_give_what_they_say()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 3f, -1f, 2f, float.NaN });
        Assert.Equal([true, false, true, false], (x > 0).data<bool>().ToArray());
        Assert.Equal([false, true, false, false], (x < 0).data<bool>().ToArray());
        Assert.Equal([false, false, false, true], x.isnan().data<bool>().ToArray());
        Assert.Equal([3f, 0f, 2f, 0f], x.masked_fill(~(x > 0), 0).data<float>().ToArray());
        var y = tensor(new[] { 3f, -1f, 2f });
        Assert.Equal([0L, 2L], y.topk(2).indexes.data<long>().ToArray());
        Assert.Equal(1, y.argmin(0).item<long>());
        Assert.Equal([1L, 2L, 0L], y.argsort().data<long>().ToArray());
        Assert.Equal([3f, 2f, 4f], y.cumsum(0).data<float>().ToArray());
        Assert.True((y >= -1).all().item<bool>());
        Assert.False(y.eq(7).any().item<bool>());
    }

    [Fact]
    public void Ranges_are_whole_unless_a_bound_is_not()
    {
        using var scope = NewDisposeScope();
        Assert.Equal([0L, 1L, 2L], arange(3).data<long>().ToArray());
        Assert.Equal([1f, 1.5f], arange(1, 2, 0.5).data<float>().ToArray());
    }

    [Fact]
    public void In_place_operators_change_the_tensor_that_others_see()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 2);
        var row = x[0];
        row.add_(tensor(new[] { 1f, 2f })).mul_(3);
        row.sub_(1).div_(2.0);
        Assert.Equal([1f, 2.5f, 0f, 0f], x.data<float>().ToArray());
        x.scatter_add_(1, tensor(new long[] { 1, 0 }).reshape(2, 1), ones(2, 1));
        Assert.Equal([1f, 3.5f, 1f, 0f], x.data<float>().ToArray());
        x.lerp_(ones(2, 2), tensor(0.5f)).masked_fill_(x < 1, -1);
        Assert.Equal([1f, 2.25f, 1f, -1f], x.data<float>().ToArray());
    }

    [Fact]
    public void Gradients_add_up_until_they_are_cleared()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1f, 2f }, requires_grad: true);
        Assert.Null(x.grad);
        (x * x).sum().backward();
        (x * x).sum().backward();
        Assert.Equal([4f, 8f], x.grad!.data<float>().ToArray());
        x.grad = tensor(new[] { 5f, 6f });
        Assert.Equal([5f, 6f], x.grad!.data<float>().ToArray());
        x.grad = null;
        Assert.Null(x.grad);
    }

    [Fact]
    public void Nothing_is_recorded_without_gradients_and_afterwards_again()
    {
        using var scope = NewDisposeScope();
        var x = ones(2).requires_grad_();
        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            Assert.False((x * 2).requires_grad);
            using (enable_grad()) Assert.True((x * 2).requires_grad);
        }
        Assert.True((x * 2).requires_grad);
        Assert.False((x * 2).detach().requires_grad);
        Assert.True(x.is_leaf);
        Assert.False((x * 2).is_leaf);
    }

    [Fact]
    public void Several_outputs_pass_back_through_a_shared_graph()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1f, 2f }, requires_grad: true);
        var shared = x.exp();
        autograd.backward([shared * 2.0, shared * 3.0], [ones(2), tensor(new[] { 1f, 0f })]);
        Assert.Equal([5 * MathF.E, 2 * MathF.Exp(2)], x.grad!.data<float>().ToArray().Select(v => v), new Near(1e-5f));
    }

    [Fact]
    public void The_same_seed_gives_the_same_numbers()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(Draw(42), Draw(42));
        Assert.NotEqual(Draw(42), Draw(43));

        static float[] Draw(long seed)
        {
            Assert.Equal(seed, manual_seed(seed).initial_seed());
            return cat([randn(5), rand(1, 5).reshape(5), randperm(5).to(ScalarType.Float32), ones(5).multinomial(3).to(ScalarType.Float32)]).data<float>().ToArray();
        }
    }

    [Fact]
    public void A_disposed_tensor_says_so()
    {
        var x = ones(2);
        x.Dispose();
        x.Dispose();
        Assert.True(x.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => x + 1);
    }

    private sealed class Near(float tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(float value) => 0;
    }
}
