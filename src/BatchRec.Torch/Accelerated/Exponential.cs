using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

internal static class Exponential
{
    /// <summary>
    /// e^x for x up to 0, to two units in the last place: 2^n e^r with |r| up to ln 2 / 2 and Cephes' polynomial (expf.c, Moshier). Below -87 it stays at
    /// the smallest normal number; NaN stays NaN.
    /// </summary>
    public static Vector512<float> OfNonPositive(Vector512<float> x)
    {
        // Adding 1.5 × 2^23 rounds to an integer, which then stands in the low bits.
        var round = Vector512.Create(12582912f);
        // The operands' order lets NaN through.
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87.33654f)), Vector512.Create(-87.33654f), x);
        var biased = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), round);
        var n = biased - round;
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        return (p.AsInt32() + (biased.AsInt32() << 23)).AsSingle();
    }
}
