namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>An axis that begins and ends at round numbers.</summary>
internal sealed record Scale(double From, double Until, double Step)
{
    private const int Ticks = 4;

    /// <param name="zero">The axis begins at 0: lengths are compared.</param>
    public static Scale Of(IEnumerable<double> values, bool zero)
    {
        var finite = values.Where(double.IsFinite).ToList();
        if (finite.Count == 0) return new Scale(0, 1, 0.5);
        var (low, high) = (zero ? Math.Min(0, finite.Min()) : finite.Min(), zero ? Math.Max(0, finite.Max()) : finite.Max());
        if (high <= low) (low, high) = (zero ? low : low - Math.Abs(low) * 0.1 - 1e-6, high + Math.Abs(high) * 0.1 + 1e-6);
        var rough = (high - low) / Ticks;
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = new[] { 1, 2, 2.5, 5, 10 }.Select(factor => factor * magnitude).First(size => size >= rough * 0.999);
        return new Scale(Math.Floor(low / step + 1e-9) * step, Math.Ceiling(high / step - 1e-9) * step, step);
    }

    /// <summary>0 to 1 from the axis's begin.</summary>
    public double At(double value) => (value - From) / (Until - From);

    public IEnumerable<double> Marks
    {
        get
        {
            var count = (int)Math.Round((Until - From) / Step);
            for (var i = 0; i <= count; i++) yield return From + i * Step;
        }
    }
}
