using TorchSharp;
using static TorchSharp.torch;
#if BATCHREC_TORCH
using BatchRec.Torch.Accelerated;
#endif

namespace BatchRec.Train.Losses;

/// <summary>
/// Losses of a target against a sample of negatives, whose cost doesn't grow with the catalogue:
/// <list type="bullet">
/// <item>sampled softmax, log(e^s⁺ + Σ e^(s⁻ - log E)) - s⁺, where E is how often the sample is expected to hold the negative: on average over samples the
/// sum is that of the whole catalogue (Bengio, Senécal 2008; the target itself is not corrected, Yi et al. 2019);</item>
/// <item>binary cross-entropy, -β log σ(s⁺) - Σ log σ(-s⁻); with β below 1 the generalised one of gSASRec (Petrov, Macdonald 2023, eq. 11), which undoes
/// the confidence that comes from having seen few negatives.</item>
/// </list>
/// A negative that is a row's own target doesn't count in that row.
/// </summary>
internal static class NegativesLoss
{
    /// <summary>β = α (t (1 - 1/α) + 1/α) with α = N / (V - 1), eq. 14 of gSASRec; t = 0 gives 1, t = 1 gives α.</summary>
    public static double Beta(int negatives, int vocabulary, double calibration)
    {
        var rate = Math.Min(1, negatives / Math.Max(1.0, vocabulary - 1));
        return rate * (calibration * (1 - 1 / rate) + 1 / rate);
    }

    /// <summary>Adds the gradient of the mean loss to every parameter that the three were computed from.</summary>
    /// <param name="users">(n, D)</param>
    /// <param name="negatives">(N, D) the vectors of <paramref name="sample"/></param>
    /// <param name="positives">(n, D) the vectors of the targets</param>
    /// <param name="targets">(n) vocabulary rows</param>
    /// <param name="sigmoid">β; 0 for the sampled softmax</param>
    /// <param name="bf16">Round to bf16 what users and negatives are multiplied as.</param>
    /// <returns>mean loss (nats). Where it isn't finite, no gradient has changed.</returns>
    public static double Backward(Tensor users, Tensor negatives, Tensor positives, int[] targets, Negatives sample, double sigmoid, bool bf16 = false)
    {
        using var scope = NewDisposeScope();
        var own = Array.ConvertAll(targets, sample.ColumnsOf);
        var shift = sigmoid > 0 ? [] : Array.ConvertAll(sample.LogExpected, expected => -expected);
        var (loss, ofUsers, ofNegatives, ofPositives) = Gradients(users, negatives, positives, own, shift, sigmoid, bf16);
        if (!double.IsFinite(loss)) return loss;
        // One pass: the three share a graph.
        ((users * ofUsers).sum() + (negatives * ofNegatives).sum() + (positives * ofPositives).sum()).backward();
        return loss;
    }

    private static (double Loss, Tensor Users, Tensor Negatives, Tensor Positives) Gradients(
        Tensor users, Tensor negatives, Tensor positives, (int From, int Until)[] own, float[] shift, double sigmoid, bool bf16)
    {
#if BATCHREC_TORCH
        if (users.device_type == DeviceType.CPU && users.dtype == ScalarType.Float32) return NegativesHead.Gradients(users, negatives, positives, own, shift, sigmoid, bf16);
#endif
        return PlainGradients(users, negatives, positives, own, shift, sigmoid, bf16);
    }

    /// <summary>The same by plain operators: for any device, for the TorchSharp package, and as the reference in tests.</summary>
    internal static (double Loss, Tensor Users, Tensor Negatives, Tensor Positives) PlainGradients(
        Tensor users, Tensor negatives, Tensor positives, (int From, int Until)[] own, float[] shift, double sigmoid, bool bf16 = false)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var n = users.shape[0];
        var goals = (users * positives).sum(-1, keepdim: true);                         // (n, 1)
        var (left, right) = bf16 ? (Rounding.ToBf16(users), Rounding.ToBf16(negatives)) : (users, negatives);
        var scores = left.mm(right.t());                                                // (n, N)
        if (shift.Length > 0) scores = scores + tensor(shift, device: users.device);
        var masked = new bool[own.Length * negatives.shape[0]];
        for (var row = 0; row < own.Length; row++) masked.AsSpan((int)(row * negatives.shape[0]) + own[row].From, own[row].Until - own[row].From).Fill(true);
        scores = scores.masked_fill(tensor(masked, device: users.device).view(own.Length, -1), float.NegativeInfinity);

        Tensor loss, slope, gradient;
        if (sigmoid > 0)
        {
            loss = Softplus(-goals).sum() * sigmoid + Softplus(scores).sum();
            (slope, gradient) = ((-goals).sigmoid() * -sigmoid, scores.sigmoid());      // (n, 1), (n, N)
        }
        else
        {
            var norm = cat([goals, scores], 1).logsumexp(1, true);                      // (n, 1)
            loss = (norm - goals).sum();
            (slope, gradient) = ((goals - norm).exp() - 1.0, (scores - norm).exp());
        }
        (slope, gradient) = (slope / (double)n, gradient / (double)n);
        if (bf16) gradient = Rounding.ToBf16(gradient);
        return (loss.to(ScalarType.Float64).item<double>() / n, (gradient.mm(right) + slope * positives).MoveToOuterDisposeScope(),
            gradient.t().mm(left).MoveToOuterDisposeScope(), (slope * users).MoveToOuterDisposeScope());
    }

    private static Tensor Softplus(Tensor x) => x.clamp_min(0) + (-x.abs()).exp().log1p();
}
