using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Torch;

/// <summary>Gradients of every operator that the models use, against central differences in double precision.</summary>
[Collection(LibtorchCollection.Name)]
public class GradientTests
{
    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_equals_finite_differences(string name)
    {
        var (function, shapes) = Cases[name];
        using var scope = NewDisposeScope();
        manual_seed(7);
        var inputs = Array.ConvertAll(shapes, shape => (rand(shape, ScalarType.Float64) * 1.5 + 0.2).detach().requires_grad_());
        var output = function(inputs);
        var weights = randn(output.shape, ScalarType.Float64);
        (output * weights).sum().backward();

        using var noGrad = no_grad();
        const double Step = 1e-6;
        foreach (var input in inputs)
        {
            var gradient = input.grad!.data<double>().ToArray();
            var values = input.data<double>().ToArray();
            for (var i = 0; i < values.Length; i++)
            {
                var numeric = (ValueAt(values[i] + Step) - ValueAt(values[i] - Step)) / (2 * Step);
                ValueAt(values[i]);
                Assert.True(Math.Abs(numeric - gradient[i]) <= 1e-7 * Math.Max(1, Math.Abs(numeric)), $"{name}: element {i} is {gradient[i]}, differences give {numeric}.");

                double ValueAt(double x)
                {
                    input.data<double>().CopyFrom([x], tensorIndex: i);
                    using var inner = NewDisposeScope();
                    return (function(inputs) * weights).sum().item<double>();
                }
            }
        }
    }

    [Fact]
    public void The_gradient_of_an_embedding_is_how_often_each_row_is_used()
    {
        using var scope = NewDisposeScope();
        using var table = Embedding(3, 2);
        table.forward(Rows.reshape(2, 2)).sum().backward();
        Assert.Equal([1f, 1, 1, 1, 2, 2], table.weight!.grad!.data<float>().ToArray());
    }

    private static readonly Tensor Rows = tensor(new long[] { 2, 0, 2, 1 }).DetachFromDisposeScope();

    private static readonly Tensor Mask = tensor(new[] { true, false, true, false, false, true }).reshape(2, 3).DetachFromDisposeScope();

    private static readonly Dictionary<string, (Func<Tensor[], Tensor> Function, long[][] Shapes)> Cases = new()
    {
        ["add"] = (x => x[0] + x[1], [[2, 3], [3]]),
        ["add a number"] = (x => x[0] + 2.5, [[2, 3]]),
        ["subtract"] = (x => x[0] - x[1], [[2, 3], [2, 1]]),
        ["subtract from a number"] = (x => 1.0 - x[0], [[2, 3]]),
        ["multiply"] = (x => x[0] * x[1], [[2, 3], [3]]),
        ["multiply by a number"] = (x => 0.1 * x[0], [[2, 3]]),
        ["divide"] = (x => x[0] / x[1], [[2, 3], [2, 1]]),
        ["divide a number"] = (x => 2.0 / x[0], [[2, 3]]),
        ["negate"] = (x => -x[0], [[2, 3]]),
        ["power"] = (x => x[0].pow(2.5), [[2, 3]]),
        ["square"] = (x => x[0].square(), [[2, 3]]),
        ["exp"] = (x => x[0].exp(), [[2, 3]]),
        ["log"] = (x => x[0].log(), [[2, 3]]),
        ["log1p"] = (x => x[0].log1p(), [[2, 3]]),
        ["sqrt"] = (x => x[0].sqrt(), [[2, 3]]),
        ["rsqrt"] = (x => x[0].rsqrt(), [[2, 3]]),
        ["reciprocal"] = (x => x[0].reciprocal(), [[2, 3]]),
        ["sin, cos"] = (x => x[0].sin() * x[0].cos(), [[2, 3]]),
        ["abs"] = (x => (x[0] - 3).abs(), [[2, 3]]),
        ["sigmoid"] = (x => x[0].sigmoid(), [[2, 3]]),
        ["tanh"] = (x => x[0].tanh(), [[2, 3]]),
        ["relu"] = (x => (x[0] - 1).relu(), [[2, 3]]),
        ["silu"] = (x => functional.silu(x[0]), [[2, 3]]),
        ["gelu"] = (x => functional.gelu(x[0]), [[2, 3]]),
        ["gelu by tanh"] = (x => x[0].gelu(TorchSharp.Modules.GELU.Approximate.tanh), [[2, 3]]),
        ["softmax"] = (x => x[0].softmax(-1), [[2, 3]]),
        ["log_softmax"] = (x => x[0].log_softmax(1), [[2, 3]]),
        ["logsumexp"] = (x => x[0].logsumexp(1), [[2, 3]]),
        ["clamp"] = (x => x[0].clamp(0.5, 1), [[2, 3]]),
        ["maximum, minimum"] = (x => x[0].maximum(x[1]) * x[0].minimum(x[1]), [[2, 3], [2, 3]]),
        ["matmul"] = (x => x[0].matmul(x[1]), [[2, 3, 4], [4, 2]]),
        ["mm"] = (x => x[0].mm(x[1]), [[2, 3], [3, 2]]),
        ["bmm"] = (x => x[0].bmm(x[1]), [[2, 2, 3], [2, 3, 2]]),
        ["einsum"] = (x => einsum("bld,vd->blv", x[0], x[1]), [[2, 2, 3], [4, 3]]),
        ["linear"] = (x => functional.linear(x[0], x[1], x[2]), [[2, 2, 3], [4, 3], [4]]),
        ["sum"] = (x => x[0].sum(), [[2, 3]]),
        ["sum along"] = (x => x[0].sum(1, keepdim: true), [[2, 3]]),
        ["mean"] = (x => x[0].mean(), [[2, 3]]),
        ["mean along"] = (x => x[0].mean([0]), [[2, 3]]),
        ["max along"] = (x => x[0].max(1).values, [[2, 3]]),
        ["topk"] = (x => x[0].topk(2).values, [[2, 3]]),
        ["sort"] = (x => x[0].sort(1, descending: true).Values, [[2, 3]]),
        ["cumsum"] = (x => x[0].cumsum(1), [[2, 3]]),
        ["norm"] = (x => x[0].norm(1), [[2, 3]]),
        ["normalize"] = (x => functional.normalize(x[0], dim: -1), [[2, 3]]),
        ["reshape, transpose, permute"] = (x => x[0].reshape(3, 2, 2).permute(1, 0, 2).transpose(0, 2).contiguous(), [[2, 6]]),
        ["view, squeeze, unsqueeze, expand"] = (x => x[0].view(1, 6).squeeze(0).unsqueeze(1).expand(6, 2), [[2, 3]]),
        ["narrow, slice, select"] = (x => x[0].narrow(1, 1, 2)[0] * x[0].slice(1, 0, 3, 2).select(0, 1), [[2, 3]]),
        ["split, chunk, unbind"] = (x => x[0].split(2)[0] * x[0].chunk(2)[1] * x[0].unbind(0)[3], [[4, 3]]),
        ["cat, stack"] = (x => cat([x[0], x[1]], 1).sum(1) + stack([x[0], x[1]]).sum(2)[1], [[2, 3], [2, 3]]),
        ["repeat, flip"] = (x => x[0].repeat(2, 1).flip(0), [[2, 3]]),
        ["tril, triu"] = (x => x[0].tril() + x[0].triu(1) * 2.0, [[3, 3]]),
        ["index_select"] = (x => x[0].index_select(0, Rows), [[3, 2]]),
        ["index"] = (x => x[0][Rows], [[3, 2]]),
        ["gather"] = (x => x[0].gather(1, Rows.reshape(2, 2)), [[2, 3]]),
        ["scatter_add"] = (x => x[0].scatter_add(1, Rows.reshape(2, 2), x[1]), [[2, 3], [2, 2]]),
        ["where"] = (x => where(Mask, x[0], x[1]), [[2, 3], [2, 3]]),
        ["masked_fill"] = (x => x[0].masked_fill(Mask, -1), [[2, 3]]),
        ["masked_select"] = (x => x[0].masked_select(Mask), [[2, 3]]),
        ["copy"] = (x => x[0].clone().to(ScalarType.Float64, copy: true), [[2, 3]]),
        ["layer_norm"] = (x => functional.layer_norm(x[0], [3], x[1], x[2]), [[2, 3], [3], [3]]),
        ["attention"] = (x => functional.scaled_dot_product_attention(x[0], x[1], x[2]), [[1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 2]]),
        ["causal attention"] = (x => functional.scaled_dot_product_attention(x[0], x[1], x[2], is_casual: true), [[1, 2, 4, 2], [1, 2, 4, 2], [1, 2, 4, 2]]),
        ["attention with a bias"] = (x => functional.scaled_dot_product_attention(x[0], x[1], x[2], x[3]), [[1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 3]]),
        ["cross_entropy"] = (x => functional.cross_entropy(x[0], Rows), [[4, 3]]),
        ["cross_entropy, smoothed"] = (x => functional.cross_entropy(x[0], Rows, reduction: Reduction.Sum, label_smoothing: 0.1), [[4, 3]]),
        ["binary cross-entropy"] = (x => functional.binary_cross_entropy_with_logits(x[0], Mask.to(ScalarType.Float64)), [[2, 3]]),
    };
}
