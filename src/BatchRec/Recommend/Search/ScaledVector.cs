namespace BatchRec.Recommend.Search;

/// <summary>
/// What is known about a vector v that a scan holds as scale × v̂, or about the worst of a block of them: the numbers that bound how far a product
/// of v̂s can lie from the reference score.
/// </summary>
/// <param name="Inverse">1 / scale</param>
/// <param name="Norm">at least ‖v̂‖</param>
/// <param name="Error">at least ‖v / scale − v̂‖</param>
/// <remarks>
/// <para>The reference score R(u, i) sums the exact products u_k·i_k in double, k ascending (<see cref="ReferenceScore"/>). Let a be what the scan computes for
/// û·î, and write u / s = û + e, i / z = î + f. Then</para>
/// <para>R / (s z) = û·î + û·f + e·(î + f) + d, |û·f| ≤ ‖û‖‖f‖, |e·(î + f)| ≤ ‖e‖(‖î‖ + ‖f‖) by Cauchy and Schwarz,</para>
/// <para>|d| ≤ γ_D(2⁻⁵³)(‖û‖ + ‖e‖)(‖î‖ + ‖f‖), |a − û·î| ≤ γ_D(ε)‖û‖‖î‖ + D·2⁻¹²⁶,</para>
/// <para>where γ_D(ε) = D ε / (1 − D ε) (Higham 2002, section 3.1), ε = 2⁻²⁴ for sums in fp32, the last term is for what underflows, and both are 0 for sums in
/// integers. So an item whose R reaches a threshold t has a ≥ t / (s z) − (sum of the bounds): <see cref="UserScan"/>. Norms and errors are computed in double and
/// made larger by more than their own rounding.</para>
/// </remarks>
internal readonly record struct ScaledVector(double Inverse, double Norm, double Error)
{
    /// <summary>More than the relative rounding error of any of these sums in double: D·2⁻⁵² for D up to a million.</summary>
    private const double Rounding = 1e-9;

    /// <param name="scale">v̂ · scale ≈ v; inverse and scale are both finite</param>
    /// <param name="squares">Σ v̂²</param>
    /// <param name="errorSquares">Σ (v / scale − v̂)², each difference taken in double</param>
    public static ScaledVector Of(double scale, double squares, double errorSquares)
    {
        var norm = Math.Sqrt(squares) * (1 + Rounding);
        // A difference in double is off by at most 2⁻⁵² of v / scale.
        return new ScaledVector(1 / scale, norm, Math.Sqrt(errorSquares) * (1 + Rounding) + 1e-15 * (norm + Math.Sqrt(errorSquares)));
    }

    /// <summary>The worst of both, which must be of one scale.</summary>
    public ScaledVector Or(ScaledVector other) => this with { Norm = Math.Max(Norm, other.Norm), Error = Math.Max(Error, other.Error) };

    /// <summary>As the worst of a block of items.</summary>
    public BlockBound AsBlock(in SumErrors sums) => new(
        Inverse,
        1 / Inverse,
        (Error + sums.Reference * (Norm + Error) + sums.Scan * Norm) * (1 + Rounding),
        (1 + sums.Reference) * (Norm + Error) * (1 + Rounding),
        sums.Underflow,
        Norm * (1 + sums.Scan) * (1 + Rounding));
}

/// <summary>
/// What the bound says of a block of items: |R / (s z) - a| ≤ ‖û‖ PerNorm + ‖e‖ PerError + Underflow, and |a| ≤ ‖û‖ Reach + Underflow.
/// </summary>
/// <param name="Inverse">1 / z</param>
/// <param name="Scale">z</param>
internal readonly record struct BlockBound(double Inverse, double Scale, double PerNorm, double PerError, double Underflow, double Reach);

/// <summary>What sums of D products are off by: γ_D of the reference and of the scan, relative to ‖û‖‖î‖, and absolutely what underflows.</summary>
internal readonly record struct SumErrors(double Reference, double Scan, double Underflow)
{
    public static SumErrors OfIntegers(int dimensions) => new(Gamma(dimensions, -53), 0, 0);

    public static SumErrors OfFloats(int dimensions) => new(Gamma(dimensions, -53), Gamma(dimensions, -24), dimensions * Math.ScaleB(1, -126));

    private static double Gamma(int dimensions, int exponent)
    {
        var relative = dimensions * Math.ScaleB(1, exponent);
        return relative / (1 - relative);
    }
}
