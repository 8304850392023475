using static TorchSharp.torch;

namespace BatchRec.Train;

/// <summary>
/// Adversarial training on item vectors: the step also learns from the table that is worst for it nearby (Miyato, Dai, Goodfellow, Adversarial Training Methods for
/// Semi-Supervised Text Classification, 2017, eq. 5; in recommenders He et al., Adversarial Personalized Ranking, 2018, eq. 8).
/// </summary>
internal static class Adversary
{
    /// <summary>Each vector moved along its own gradient, by a share of its own length: how long vectors are then is of no matter.</summary>
    /// <param name="table">(R, D)</param>
    /// <param name="gradient">(R, D) of the loss; a row without one stays</param>
    /// <returns>(R, D) outside of any graph</returns>
    public static Tensor Worst(Tensor table, Tensor gradient, double norm)
    {
        using var withoutGradients = no_grad();
        var lengths = (table * table).sum(-1, keepdim: true).sqrt();                                    // (R, 1)
        var slopes = (gradient * gradient).sum(-1, keepdim: true).sqrt().clamp(min: 1e-30);             // (R, 1)
        return table + gradient * (lengths * norm / slopes);
    }
}
