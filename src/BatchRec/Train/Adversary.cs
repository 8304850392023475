using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// Adversarial training on item vectors: the step also learns from the table that is worst for it nearby (Miyato, Dai, Goodfellow, Adversarial Training Methods for
/// Semi-Supervised Text Classification, 2017, eq. 5; in recommenders He et al., Adversarial Personalized Ranking, 2018, eq. 8).
/// </summary>
internal static class Adversary
{
    /// <summary>A gradient that adds up to less moves its vector less, down to not at all.</summary>
    private const double Smallest = 1e-30;

    /// <summary>Each vector moved along its own gradient, by a share of its own length: how long vectors are then is of no matter.</summary>
    /// <param name="table">(R, D)</param>
    /// <param name="gradient">(R, D) of the loss; a row without one stays</param>
    /// <returns>(R, D) outside of any graph</returns>
    public static Tensor Worst(Tensor table, Tensor gradient, double norm)
    {
        using var withoutGradients = no_grad();
        var lengths = (table * table).sum(-1, keepdim: true).sqrt();                                    // (R, 1)
        // In units of its elements' sum first: squares of small gradients are zero in single precision.
        var direction = gradient / gradient.abs().sum(-1, keepdim: true).clamp(min: Smallest);          // (R, D)
        var slopes = (direction * direction).sum(-1, keepdim: true).sqrt().clamp(min: 1 / Math.Sqrt(gradient.shape[1]));     // (R, 1)
        return table + direction * (lengths * norm / slopes);
    }
}
