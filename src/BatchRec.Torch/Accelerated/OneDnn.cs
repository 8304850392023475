using BatchRec.Torch.Native;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Matrix products by oneDNN. libtorch's own go through MKL, which takes a slow path on AMD: at 2,048³ 180 against 430 GFLOP/s on two cores.
/// </summary>
internal static class OneDnn
{
    /// <summary>x wᵀ: (n, k) × (m, k)ᵀ -> (n, m), unknown to autograd. w may be a transposed view, x is better contiguous.</summary>
    public static Tensor Linear(Tensor x, Tensor w) =>
        Operators.LinearPointwise.Tensor(x, w, Argument.None, "none", Array.Empty<Tensor>(), Argument.None);
}
