using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BatchRec.Tests.Torch;

/// <summary>What our own binding says of a failure; TorchSharp's errors have libtorch's words alone.</summary>
[Collection(LibtorchCollection.Name)]
public class ErrorTests
{
    [Fact]
    public void A_failure_names_the_operator_the_shapes_and_libtorchs_reason()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsAny<ExternalException>(() => zeros(2, 3).mm(ones(4, 5, dtype: ScalarType.Float32)));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", error.Message, StringComparison.Ordinal);
        Assert.Contains("in aten::mm(Float32[2, 3], Float32[4, 5])", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception raised from", error.Message, StringComparison.Ordinal);
        // The next one has its own reason, not the last one's.
        error = Assert.ThrowsAny<ExternalException>(() => zeros(2, 3).reshape(4));
        Assert.Contains("shape '[4]' is invalid for input of size 6", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("mat1", error.Message, StringComparison.Ordinal);
        error = Assert.ThrowsAny<ExternalException>(() => zeros(2, 3) + zeros(4));
        Assert.Contains("aten::add(Float32[2, 3], Float32[4])", error.Message, StringComparison.Ordinal);
        error = Assert.ThrowsAny<ExternalException>(() => zeros(2).backward());
        Assert.Contains("aten::_backward(Float32[2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_impossible_allocation_is_an_error_not_a_crash()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsAny<ExternalException>(() => empty([1L << 50]));
        Assert.Contains("[1125899906842624]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_not_there_is_refused_with_the_reason()
    {
        if (cuda.is_available()) return;
        using var scope = NewDisposeScope();
        var error = Assert.Throws<InvalidOperationException>(() => ones(1).to("cuda:0"));
        Assert.Contains("Torch:LibraryPath", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, cuda.device_count());
        Assert.Contains("\"gpu\"; use cpu, cuda or cuda:0", Assert.Throws<ArgumentException>(() => device("gpu")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_threads_at_all_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => set_num_threads(0));

    [Fact]
    public void Shapes_that_do_not_meet_are_refused_with_their_reason()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsAny<Exception>(() => functional.linear(ones(100, 32), ones(32, 64)));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (100x32 and 64x32)", error.Message, StringComparison.Ordinal);
        Assert.IsType<ExternalException>(error.InnerException);
    }

    [Fact]
    public void A_state_of_another_model_is_refused_with_the_names()
    {
        using var model = ModuleList(Linear(2, 2));
        using var other = Linear(2, 2);
        var error = Assert.Throws<InvalidOperationException>(() => model.load_state_dict(other.state_dict()));
        Assert.Contains("has [weight, bias] besides", error.Message, StringComparison.Ordinal);
        Assert.Contains("lacks [0.weight, 0.bias]", error.Message, StringComparison.Ordinal);
    }
}
