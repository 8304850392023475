namespace BatchRec.Tune;

/// <summary>The standard normal distribution.</summary>
internal static class Normal
{
    /// <summary>The share below <paramref name="z"/>, to 10⁻⁷ (Abramowitz and Stegun 1964, 26.2.17).</summary>
    public static double Below(double z)
    {
        var t = 1 / (1 + 0.2316419 * Math.Abs(z));
        var tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)
            * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
        return z < 0 ? tail : 1 - tail;
    }
}
