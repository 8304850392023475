namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>How values are spread.</summary>
internal static class Histogram
{
    private const int Bins = 24;

    public static Markup Draw(string title, string unit, IReadOnlyList<(string Name, int Colour, IReadOnlyList<float> Values)> groups)
    {
        var all = groups.SelectMany(group => group.Values).Where(float.IsFinite).Order().ToList();
        if (all.Count == 0) return Markup.None;
        var (from, until) = ((double)all[0], (double)all[^1]);
        var width = until > from ? (until - from) / Bins : 1;
        var bins = Enumerable.Range(0, Bins).Select(bin => $"{from + bin * width:0.###} to {from + (bin + 1) * width:0.###}").ToList();
        var parts = groups.Select(group => new Series(group.Name, group.Colour, Counts(group.Values, from, width))).ToList();
        return BarChart.Draw(
            title, $"From {from:0.###} to {until:0.###}, median {all[all.Count / 2]:0.###}.", bins, parts, count => $"{count:N0}",
            [$"{from:0.##}", $"{unit}, median {all[all.Count / 2]:0.##}", $"{until:0.##}"]);
    }

    private static double[] Counts(IReadOnlyList<float> values, double from, double width)
    {
        var counts = new double[Bins];
        foreach (var value in values)
            if (float.IsFinite(value)) counts[Math.Clamp((int)((value - from) / width), 0, Bins - 1)]++;
        return counts;
    }
}
