namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>How values are spread: a line a group, so that groups which overlap can both be seen.</summary>
internal static class Histogram
{
    private const int Bins = 24;

    public static Markup Draw(string title, string unit, IReadOnlyList<(string Name, int Colour, IReadOnlyList<float> Values)> groups)
    {
        var all = groups.SelectMany(group => group.Values).Where(float.IsFinite).Order().ToList();
        if (all.Count == 0) return Markup.None;
        var (from, until) = ((double)all[0], (double)all[^1]);
        var width = until > from ? (until - from) / Bins : 1;
        var bins = Enumerable.Range(0, Bins).Select(bin => $"{unit} {from + bin * width:0.##} to {from + (bin + 1) * width:0.##}").ToList();
        var lines = groups.Select(group => new Series(group.Name, group.Colour, Shares(group.Values, from, width))).ToList();
        return LineChart.Draw(title, $"{unit} from {from:0.###} to {until:0.###}; the share of users with a score in each of {Bins} parts of that range.", bins, lines, "P0", zero: true, below: [$"{unit} {from:0.##}", $"{from + Bins / 2 * width:0.##}", $"{until:0.##}"]);
    }

    private static double[] Shares(IReadOnlyList<float> values, double from, double width)
    {
        var shares = new double[Bins];
        foreach (var value in values)
            if (float.IsFinite(value)) shares[Math.Clamp((int)((value - from) / width), 0, Bins - 1)] += 1.0 / values.Count;
        return shares;
    }
}
