using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Torch;

[Collection(LibtorchCollection.Name)]
public class LinearAlgebraTests
{
    // L = [[2, 0], [1, 3]], A = L Lᵀ.
    private static readonly float[,] A = { { 4, 2 }, { 2, 10 } };

    [Fact]
    public void A_matrix_is_factored_inverted_and_solved()
    {
        using var scope = NewDisposeScope();
        var factor = linalg.cholesky(from_array(A));
        Assert.Equal([2f, 0f, 1f, 3f], factor.data<float>().ToArray());
        AssertClose([10 / 36f, -2 / 36f, -2 / 36f, 4 / 36f], cholesky_inverse(factor));
        // A · (1, -1) = (2, -8).
        AssertClose([1, -1], cholesky_solve(from_array(new float[,] { { 2 }, { -8 } }), factor));
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_a_fault()
    {
        using var scope = NewDisposeScope();
        Assert.ThrowsAny<Exception>(() => linalg.cholesky(from_array(new float[,] { { 1, 2 }, { 2, 1 } })));
    }

    private static void AssertClose(float[] expected, Tensor actual)
    {
        foreach (var (one, other) in expected.Zip(actual.data<float>())) Assert.Equal(one, other, 1e-6f);
    }
}
