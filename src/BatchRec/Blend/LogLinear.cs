using System.Numerics.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Blend;

/// <summary>
/// Weights w that make the right answers most likely: the maximum of Σ over cases of the mean over targets of log softmax(Σ_k w_k z_k)[target],
/// less precision / 2 · |w − prior|². A log-linear pool (Genest and Zidek 1986, "Combining probability distributions"); concave, so that
/// Newton's method with halved steps finds its one maximum, whatever the start.
/// </summary>
internal static class LogLinear
{
    private const int MostSteps = 50;
    private const double Enough = 1e-4;

    /// <param name="which">Cases to fit on.</param>
    /// <param name="prior">(parts) what the weights are drawn to, and where the search starts</param>
    /// <param name="precision">How strongly: as much as so many cases that tell the parts apart by one standard deviation.</param>
    public static double[] Fit(BlendCases cases, int[] which, double[] prior, double precision)
    {
        var at = Moments.Of(cases, which, prior, prior, precision);
        for (var step = 0; step < MostSteps; step++)
        {
            var direction = Solve(at.Curvature, at.Gradient);
            var next = at;
            for (var size = 1.0; size > 1e-3; size /= 2)
            {
                next = Moments.Of(cases, which, [.. at.Weights.Zip(direction, (weight, change) => weight + size * change)], prior, precision);
                if (next.Likelihood >= at.Likelihood) break;
            }
            if (next.Likelihood - at.Likelihood < Enough) return next.Likelihood > at.Likelihood ? next.Weights : at.Weights;
            at = next;
        }
        return at.Weights;
    }

    private static double[] Solve(double[] matrix, double[] right)
    {
        using var scope = NewDisposeScope();
        var factor = linalg.cholesky(tensor(matrix, [right.Length, right.Length]));
        return cholesky_solve(tensor(right, [right.Length, 1]), factor).data<double>().ToArray();
    }

    /// <param name="Likelihood">with the prior's part</param>
    /// <param name="Gradient">(parts)</param>
    /// <param name="Curvature">(parts × parts) minus the second derivatives</param>
    private sealed record Moments(double[] Weights, double Likelihood, double[] Gradient, double[] Curvature)
    {
        public static Moments Of(BlendCases cases, int[] which, double[] weights, double[] prior, double precision)
        {
            var parts = cases.Parts;
            // Case by case, then summed in one order: the same bits whatever the threads do.
            var each = new double[which.Length][];
            Parallel.For(0, which.Length, i => each[i] = Of(cases, which[i], weights));
            var sums = new double[1 + parts + parts * parts];
            foreach (var one in each) TensorPrimitives.Add(sums, one, sums);
            var (likelihood, gradient, curvature) = (sums[0], sums[1..(1 + parts)], sums[(1 + parts)..]);
            for (var k = 0; k < parts; k++)
            {
                likelihood -= precision / 2 * (weights[k] - prior[k]) * (weights[k] - prior[k]);
                gradient[k] -= precision * (weights[k] - prior[k]);
                curvature[k * parts + k] += precision;
            }
            return new Moments(weights, likelihood, gradient, curvature);
        }

        /// <summary>Likelihood, gradient and curvature of one case, one after the other.</summary>
        private static double[] Of(BlendCases cases, int index, double[] weights)
        {
            var parts = weights.Length;
            var moments = new double[1 + parts + parts * parts];
            var targets = cases.TargetsOf(index);
            var count = targets.Length - targets.Count(-1);
            if (count == 0) return moments;
            var (probabilities, weighted) = (new float[cases.CandidatesOf(index)], new float[cases.CandidatesOf(index)]);
            cases.Blend(index, weights, probabilities);
            foreach (var target in targets)
                if (target >= 0) moments[0] += probabilities[target] / count;
            moments[0] -= Softmax(probabilities);
            var means = new double[parts];
            for (var k = 0; k < parts; k++)
            {
                var scores = cases.Scores(index, k);
                TensorPrimitives.Multiply(scores, probabilities, weighted);
                means[k] = TensorPrimitives.Sum(weighted);
                moments[1 + k] = -means[k];
                foreach (var target in targets)
                    if (target >= 0) moments[1 + k] += scores[target] / count;
                for (var l = 0; l <= k; l++)
                {
                    var covariance = TensorPrimitives.Dot(weighted, cases.Scores(index, l)) - means[k] * means[l];
                    (moments[1 + parts + k * parts + l], moments[1 + parts + l * parts + k]) = (covariance, covariance);
                }
            }
            return moments;
        }

        /// <summary>Scores to probabilities, in place.</summary>
        /// <returns>the logarithm of what they were divided by</returns>
        private static double Softmax(float[] scores)
        {
            var most = TensorPrimitives.Max(scores);
            TensorPrimitives.Subtract(scores, most, scores);
            TensorPrimitives.Exp(scores, scores);
            var sum = TensorPrimitives.Sum(scores);
            TensorPrimitives.Divide(scores, sum, scores);
            return most + Math.Log(sum);
        }
    }
}
