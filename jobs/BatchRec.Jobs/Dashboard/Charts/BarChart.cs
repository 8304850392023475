namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>Upright bars, in parts that stand on each other: durations of runs by step.</summary>
internal static class BarChart
{
    /// <param name="bars">What each bar is called, from left to right.</param>
    /// <param name="parts">From the bottom up; each has a value a bar.</param>
    /// <param name="format">Of the values.</param>
    public static Markup Draw(string title, string summary, IReadOnlyList<string> bars, IReadOnlyList<Series> parts, string format)
    {
        var scale = Scale.Of(Enumerable.Range(0, bars.Count).Select(bar => parts.Sum(part => Height(part, bar))), zero: true);
        var width = (double)Chart.Extent / Math.Max(1, bars.Count);
        var drawing = new List<Markup>();
        for (var bar = 0; bar < bars.Count; bar++)
        {
            var at = 0.0;
            foreach (var part in parts)
            {
                var height = Height(part, bar);
                if (height <= 0) continue;
                var (top, bottom) = (Chart.Y(scale.At(at + height)), Chart.Y(scale.At(at)));
                drawing.Add(Markup.Of($"""<rect class="br-bar br-c{part.Colour}" x="{width * (bar + 0.08):0.#}" y="{top:0.#}" width="{width * 0.84:0.#}" height="{bottom - top:0.#}"><title>{bars[bar]}: {part.Name} {height.ToString(format)}</title></rect>"""));
                at += height;
            }
        }
        return Chart.Figure(
            title, summary, scale.Marks.Select(mark => (scale.At(mark), mark.ToString(format))), Markup.Join(drawing), LineChart.Ends(bars),
            parts.Count > 1 ? Chart.Legend(parts.Select(part => (part.Name, part.Colour))) : Markup.None,
            Chart.Numbers(["", .. parts.Select(part => part.Name)], bars.Select((bar, i) => (string[])[bar, .. parts.Select(part => Height(part, i).ToString(format))])));
    }

    private static double Height(Series part, int bar) => double.IsFinite(part.Values[bar]) ? part.Values[bar] : 0;
}
