using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>Losses of a target against a sample of negatives that all rows share, on the CPU.</summary>
internal static unsafe class NegativesHead
{
    /// <param name="users">(n, D) Float32 on the CPU</param>
    /// <param name="negatives">(N, D) their vectors</param>
    /// <param name="positives">(n, D) the targets' vectors</param>
    /// <param name="own">(n) columns from .. until that hold a row's own target</param>
    /// <param name="shift">(N) added to the negatives' logits; empty for nothing</param>
    /// <param name="sigmoid">Weight of the target's term among independent yes-or-no questions; 0 for a softmax.</param>
    /// <param name="bf16">Multiply users with negatives in bf16.</param>
    /// <returns>mean loss (nats), and its gradients: (n, D), (N, D) and (n, D)</returns>
    public static (double Loss, Tensor Users, Tensor Negatives, Tensor Positives) Gradients(
        Tensor users, Tensor negatives, Tensor positives, ReadOnlySpan<(int From, int Until)> own, ReadOnlySpan<float> shift, double sigmoid, bool bf16 = false)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        (users, positives) = (users.detach().contiguous(), positives.detach());
        var n = users.size(0);
        var scores = (users * positives).sum(-1).contiguous();                          // (n)
        var slopes = empty([n, 1]);                                                     // (n, 1)
        var (from, until) = (new int[n], new int[n]);
        for (var row = 0; row < n; row++) (from[row], until[row]) = own[row];
        fixed (int* first = from, end = until)
        fixed (float* added = shift)
        {
            var rows = new RowLoss
            {
                Weight = 1f / n, Shift = added, OwnFrom = first, OwnUntil = end, Sigmoid = (float)sigmoid,
                Positives = (float*)scores.DataPointer, PositiveGradients = (float*)slopes.DataPointer,
            };
            var (loss, userGradient, negativeGradient) = Head.Gradients(users, negatives.detach().contiguous(), rows, bf16);
            return (loss / n, (userGradient + slopes * positives).MoveToOuterDisposeScope(), negativeGradient.MoveToOuterDisposeScope(), (slopes * users).MoveToOuterDisposeScope());
        }
    }
}
