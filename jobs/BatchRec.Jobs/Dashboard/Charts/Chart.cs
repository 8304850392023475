namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>
/// What all charts share: a figure with a title, axes and a legend in HTML around a drawing in SVG that is stretched to the room there is, so that text
/// keeps its size on a phone. The numbers stand behind a button, for those who can't see the drawing and those who want them.
/// </summary>
internal static class Chart
{
    /// <summary>Units of a drawing, either way.</summary>
    public const int Extent = 1000;

    /// <param name="summary">What the drawing shows, in a sentence.</param>
    /// <param name="axis">Labels of the vertical axis, each at 0 (bottom) to 1.</param>
    /// <param name="below">Labels under the drawing, from left to right.</param>
    public static Markup Figure(
        string title, string summary, IEnumerable<(double At, string Text)> axis, Markup drawing, IReadOnlyList<string> below, Markup legend, Markup numbers)
    {
        var marks = axis.ToList();
        return Markup.Of($"""
            <figure class="br-chart"><figcaption>{title}</figcaption>{legend}
            <div class="br-plot"><div class="br-axis" aria-hidden="true">{marks.Select(mark => Markup.Of($"""<span style="bottom:{100 * mark.At:0.#}%">{mark.Text}</span>"""))}</div>
            <svg viewBox="0 0 {Extent} {Extent}" preserveAspectRatio="none" role="img" aria-label="{title}. {summary}">{marks.Select(mark => Line("br-rule", 0, Y(mark.At), Extent, Y(mark.At)))}{drawing}</svg></div>
            <div class="br-below" aria-hidden="true">{below.Select(text => Markup.Of($"<span>{text}</span>"))}</div>{numbers}</figure>
            """);
    }

    /// <param name="entries">Name and colour (1 to 8).</param>
    public static Markup Legend(IEnumerable<(string Name, int Colour)> entries) =>
        Markup.Of($"""<ul class="br-legend">{entries.Select(entry => Markup.Of($"""<li><span class="br-swatch br-c{entry.Colour}" aria-hidden="true"></span>{entry.Name}</li>"""))}</ul>""");

    public static Markup Numbers(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows) => Markup.Of($"""
        <details class="br-numbers"><summary>Numbers</summary><div class="br-scroll"><table class="table table-condensed"><thead><tr>{headers.Select(header => Markup.Of($"""<th scope="col">{header}</th>"""))}</tr></thead>
        <tbody>{rows.Select(row => Markup.Of($"<tr>{row.Select(cell => Markup.Of($"<td>{cell}</td>"))}</tr>"))}</tbody></table></div></details>
        """);

    public static Markup Line(string style, double x1, double y1, double x2, double y2) =>
        Markup.Of($"""<line class="{style}" x1="{x1:0.#}" y1="{y1:0.#}" x2="{x2:0.#}" y2="{y2:0.#}"/>""");

    /// <summary>Downwards, as SVG has it.</summary>
    /// <param name="at">0 (bottom) to 1</param>
    public static double Y(double at) => Extent * (1 - at);
}
