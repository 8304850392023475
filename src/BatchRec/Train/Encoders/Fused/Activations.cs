using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using BatchRec.Torch.Accelerated;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>Functions of single values, sixteen at a time.</summary>
internal static class Activations
{
    /// <summary>1 / (1 + e^-x)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        var small = Exponential.OfNonPositive(-Vector512.Abs(x));
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), small, Vector512<float>.One) / (Vector512<float>.One + small);
    }

    /// <summary>Φ, the normal distribution's share below x, and its density; Abramowitz and Stegun 7.1.26, to 10⁻⁷.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Below, Vector512<float> Density) Normal(Vector512<float> x)
    {
        var z = Vector512.Abs(x) * 0.70710678f;
        var bell = Exponential.OfNonPositive(-z * z);
        var t = Vector512<float>.One / Vector512.FusedMultiplyAdd(z, Vector512.Create(0.3275911f), Vector512<float>.One);
        var p = Vector512.Create(1.061405429f);
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-1.453152027f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(1.421413741f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-0.284496736f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.254829592f));
        var tail = p * t * bell * 0.5f;
        return (Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), tail, Vector512<float>.One - tail), bell * 0.39894228f);
    }
}
