using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Blend;

/// <summary>Sums in double in one order, wherever the numbers stand in memory.</summary>
internal static class Sums
{
    /// <summary>Σ and Σ of the squares.</summary>
    public static (double Sum, double Squares) Of(ReadOnlySpan<float> values)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var (sums, others) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var (squares, otherSquares) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var at = 0;
        for (; at <= values.Length - Vector256<float>.Count; at += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)at));
            (sums, others) = (sums + low, others + high);
            (squares, otherSquares) = (squares + low * low, otherSquares + high * high);
        }
        var (sum, square) = (Vector256.Sum(sums + others), Vector256.Sum(squares + otherSquares));
        for (; at < values.Length; at++)
        {
            sum += values[at];
            square += (double)values[at] * values[at];
        }
        return (sum, square);
    }

    /// <summary>Of what is not -∞, less a shift: how many there are, Σ and Σ of the squares.</summary>
    public static (int Count, double Sum, double Squares) OfScored(ReadOnlySpan<float> values, float shift)
    {
        var (count, sum, squares) = (0, 0.0, 0.0);
        foreach (var value in values)
        {
            var isScored = value > float.NegativeInfinity;
            var left = isScored ? (double)value - shift : 0;
            (count, sum, squares) = (count + (isScored ? 1 : 0), sum + left, squares + left * left);
        }
        return (count, sum, squares);
    }

    /// <param name="mean">of numbers less a shift</param>
    /// <param name="variance">of numbers, which a shift doesn't change</param>
    /// <returns>the mean, and 1 / the standard deviation; 0 where that is nothing but rounding, since a row that tells no items apart says nothing</returns>
    public static (double Mean, double Scale) Standard(double mean, double variance, double shift = 0)
    {
        var deviation = Math.Sqrt(Math.Max(variance, 0));
        return (mean + shift, deviation > 1e-6 * (1 + Math.Abs(mean + shift)) ? 1 / deviation : 0);
    }
}
