using BatchRec.Torch.Accelerated;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class CausalAttentionTests
{
    [SkippableTheory]
    [InlineData(1, 1, 1, 32)]
    [InlineData(2, 3, 7, 32)]
    [InlineData(2, 2, 8, 64)]
    [InlineData(3, 1, 31, 32)]
    [InlineData(1, 2, 33, 96)]
    [InlineData(4, 2, 200, 32)]
    [InlineData(1, 1, 261, 32)]
    public void Output_and_gradients_equal_the_formula_in_double_precision(long batch, long heads, long length, long width)
    {
        using var scope = NewDisposeScope();
        manual_seed(length);
        // As a model makes them: views of one projection, heads between length and width.
        var projection = (randn([batch, length, 3 * heads * width]) * 1.5).detach().requires_grad_();
        var weights = randn([batch, length, heads * width]);
        (Attend(projection, Fast) * weights).sum().backward();
        var (output, gradient) = (Attend(projection, Fast).detach(), projection.grad!);

        var exact = projection.detach().to(ScalarType.Float64).requires_grad_();
        (Attend(exact, Formula) * weights.to(ScalarType.Float64)).sum().backward();
        AssertClose(Attend(exact, Formula).detach(), output, 2e-6);
        AssertClose(exact.grad!, gradient, 5e-6);

        Tensor Attend(Tensor projection, Func<Tensor, Tensor, Tensor, Tensor> attention)
        {
            var parts = projection.view(batch, length, 3, heads, width).permute(2, 0, 3, 1, 4).unbind(0);
            return attention(parts[0], parts[1], parts[2]).transpose(1, 2).reshape(batch, length, heads * width);
        }
    }

    [SkippableFact]
    public void The_functional_form_uses_it_and_equals_libtorchs_own()
    {
        using var scope = NewDisposeScope();
        var (q, k, v) = (randn([2, 2, 40, 32]), randn([2, 2, 40, 32]), randn([2, 2, 40, 32]));
        var own = functional.scaled_dot_product_attention(q, k, v, is_casual: true);
        AssertClose(own, Fast(q, k, v), 0);
        var mask = ones([40, 40], ScalarType.Bool).tril();
        AssertClose(functional.scaled_dot_product_attention(q, k, v, mask), own, 2e-6);
    }

    [SkippableFact]
    public void A_gradient_of_equal_numbers_without_memory_of_its_own_is_taken()
    {
        using var scope = NewDisposeScope();
        var q = randn([1, 1, 9, 32]).requires_grad_();
        Fast(q, q, q).sum().backward();
        var expected = q.detach().to(ScalarType.Float64).requires_grad_();
        Formula(expected, expected, expected).sum().backward();
        AssertClose(expected.grad!, q.grad!, 5e-6);
    }

    [SkippableFact]
    public void Threads_do_not_change_a_bit()
    {
        using var scope = NewDisposeScope();
        var q = randn([8, 2, 50, 32]);
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var one = Fast(q, q, q);
            set_num_threads(3);
            AssertClose(one, Fast(q, q, q), 0);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void Other_types_and_shapes_are_left_to_libtorch()
    {
        using var scope = NewDisposeScope();
        var q = ones([1, 2, 4, 32]);
        Assert.False(CausalAttention.Takes(q.to(ScalarType.Float64), q, q));
        Assert.False(CausalAttention.Takes(ones([1, 2, 4, 24]), ones([1, 2, 4, 24]), ones([1, 2, 4, 24])));
        Assert.False(CausalAttention.Takes(q, ones([1, 2, 5, 32]), ones([1, 2, 5, 32])));
    }

    [Fact]
    public void A_kernel_that_fails_throws_in_the_caller()
    {
        using var scope = NewDisposeScope();
        var q = ones([2, 4, 32]);
        var error = Assert.Throws<InvalidOperationException>(() => CausalAttention.Apply(q, q, q));
        Assert.Contains("A kernel of BatchRec.Torch failed", error.Message, StringComparison.Ordinal);
        // Once.
        Assert.Equal(2f, (ones(1) + 1).item<float>());
    }

    private static Tensor Fast(Tensor q, Tensor k, Tensor v)
    {
        Skip.IfNot(CausalAttention.Takes(q, k, v), "This CPU has no 512-bit vectors.");
        return CausalAttention.Apply(q, k, v);
    }

    private static Tensor Formula(Tensor q, Tensor k, Tensor v)
    {
        var length = q.size(2);
        var future = ones([length, length], ScalarType.Bool).triu(1);
        return (q.matmul(k.transpose(2, 3)) / Math.Sqrt(q.size(3))).masked_fill(future, double.NegativeInfinity).softmax(-1).matmul(v);
    }

    /// <summary>To a share of the largest element.</summary>
    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        using var noGrad = no_grad();
        Assert.Equal(expected.shape, actual.shape);
        var difference = ((expected - actual.to(expected.dtype)).abs().max() / expected.abs().max()).to(ScalarType.Float64).item<double>();
        Assert.True(difference <= tolerance, $"The largest difference is {difference:E2} of the largest element.");
    }
}
