using BatchRec.Torch.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The inverse of the symmetric positive definite matrix whose Cholesky factor is <paramref name="input"/>.</summary>
    public static Tensor cholesky_inverse(Tensor input, bool upper = false) => Operators.CholeskyInverse.Tensor(input, upper);

    /// <summary>X of A X = <paramref name="input"/>, where <paramref name="input2"/> is A's Cholesky factor.</summary>
    public static Tensor cholesky_solve(Tensor input, Tensor input2, bool upper = false) => Operators.CholeskySolve.Tensor(input, input2, upper);

    public static class linalg
    {
        /// <summary>L of L Lᵀ = <paramref name="input"/>, symmetric and positive definite; anything else is a fault.</summary>
        public static Tensor cholesky(Tensor input) => Operators.Cholesky.Tensor(input, false);
    }
}
