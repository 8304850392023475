namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>A bar of an <see cref="IntervalBars"/> chart.</summary>
/// <param name="Low">Lower end of its interval; null: none was drawn.</param>
/// <param name="Colour">1 to 8</param>
internal sealed record IntervalBar(string Name, string Detail, double Value, double? Low, double? High, int Colour);

/// <summary>Lying bars with the interval that each value may lie in, names on the left and numbers on the right.</summary>
internal static class IntervalBars
{
    public static Markup Draw(string title, IReadOnlyList<IntervalBar> bars, string format)
    {
        var scale = Scale.Of(bars.Select(bar => bar.High ?? bar.Value).Append(bars.Max(bar => bar.Value)), zero: true);
        return Markup.Of($"""<figure class="br-chart"><figcaption>{title}</figcaption><ul class="br-bars">{bars.Select(bar => Row(bar, scale, format))}</ul></figure>""");
    }

    private static Markup Row(IntervalBar bar, Scale scale, string format)
    {
        var interval = bar is { Low: { } low, High: { } high } && double.IsFinite(low) && double.IsFinite(high)
            ? (Text: $"{low.ToString(format)} to {high.ToString(format)}", Drawing: Whisker(scale.At(low), scale.At(high)))
            : (Text: "", Drawing: Markup.None);
        var width = double.IsFinite(bar.Value) ? Chart.Extent * Math.Max(0, scale.At(bar.Value)) : 0;
        return Markup.Of($"""
            <li><span class="br-bar-name">{bar.Name}<small>{bar.Detail}</small></span>
            <svg viewBox="0 0 {Chart.Extent} 100" preserveAspectRatio="none" aria-hidden="true"><rect class="br-bar br-c{bar.Colour}" x="0" y="18" width="{width:0.#}" height="64"/>{interval.Drawing}</svg>
            <span class="br-bar-value">{(double.IsFinite(bar.Value) ? bar.Value.ToString(format) : "–")}<small>{interval.Text}</small></span></li>
            """);
    }

    private static Markup Whisker(double low, double high) => Markup.Of($"""
        {Chart.Line("br-whisker", Chart.Extent * low, 50, Chart.Extent * high, 50)}{Chart.Line("br-whisker", Chart.Extent * low, 30, Chart.Extent * low, 70)}{Chart.Line("br-whisker", Chart.Extent * high, 30, Chart.Extent * high, 70)}
        """);
}
