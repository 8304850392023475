namespace BatchRec.Jobs.Dashboard.Charts;

/// <param name="Cells">from left to right, each a value of 0 or more and what stands in its tooltip</param>
internal sealed record HeatRow(string Name, string Detail, IReadOnlyList<(double Value, string Tip)> Cells);

/// <summary>A row of cells a name, flush right; the darker a cell, the larger its value beside the row's largest: by the root, so that small ones can be told apart.</summary>
internal static class HeatMap
{
    /// <param name="summary">What the drawing shows, in a sentence.</param>
    /// <param name="columns">Cells that there is room for.</param>
    public static Markup Draw(string title, string summary, IReadOnlyList<HeatRow> rows, int columns, string format) => Markup.Of($"""
        <figure class="br-chart"><figcaption>{title}</figcaption><p class="br-dim">{summary}</p><ul class="br-bars br-heat">{rows.Select(row => Row(row, columns, format))}</ul></figure>
        """);

    private static Markup Row(HeatRow row, int columns, string format)
    {
        var most = row.Cells.Select(cell => cell.Value).DefaultIfEmpty(0).Max();
        var width = (double)Chart.Extent / columns;
        var cells = row.Cells.Select((cell, i) => Markup.Of($"""
            <rect class="br-bar br-c1" x="{width * (columns - row.Cells.Count + i):0.#}" y="0" width="{width * 0.92:0.#}" height="100" fill-opacity="{(most > 0 ? Math.Sqrt(cell.Value / most) : 0):0.00#}"><title>{cell.Tip}: {cell.Value.ToString(format)}</title></rect>
            """));
        return Markup.Of($"""
            <li><span class="br-bar-name">{row.Name}<small>{row.Detail}</small></span>
            <svg viewBox="0 0 {Chart.Extent} 100" preserveAspectRatio="none" role="img" aria-label="{row.Name}: {row.Cells.Count} events, the largest {most.ToString(format)}">{cells}</svg></li>
            """);
    }
}
