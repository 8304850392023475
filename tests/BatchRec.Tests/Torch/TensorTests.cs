using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Torch;

public class TensorTests
{
    [Fact]
    public void A_gradient_is_the_derivative()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1f, 2f, 3f }, requires_grad: true);
        (x * x * 2.0 + 1).sum().backward();
        Assert.Equal([4f, 8f, 12f], x.grad!.data<float>().ToArray());
    }
}
