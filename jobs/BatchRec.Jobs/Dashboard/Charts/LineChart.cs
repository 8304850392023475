using System.Text;

namespace BatchRec.Jobs.Dashboard.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Colour">1 to 8</param>
/// <param name="Values">(points) NaN where there is none: the line has a gap there.</param>
/// <param name="Band">(points) an interval around each value; null: none is drawn.</param>
internal sealed record Series(string Name, int Colour, IReadOnlyList<double> Values, IReadOnlyList<(double Low, double High)>? Band = null, bool Faint = false);

/// <summary>Values over runs or epochs.</summary>
internal static class LineChart
{
    // More dots than that hide the line.
    private const int DotsUpTo = 60;

    /// <param name="points">What each point is called, from left to right.</param>
    /// <param name="format">Of the values.</param>
    /// <param name="zero">The axis begins at 0.</param>
    public static Markup Draw(string title, string summary, IReadOnlyList<string> points, IReadOnlyList<Series> series, string format, bool zero = false, IReadOnlyList<string>? below = null)
    {
        var scale = Scale.Of(series.SelectMany(line => line.Values.Concat(line.Band?.SelectMany(band => new[] { band.Low, band.High }) ?? [])), zero);
        // The first series is the one that matters: drawn last, on top.
        var drawing = Markup.Join(series.Reverse().Select(line => Line(line, points, scale, format)));
        return Chart.Figure(
            title, summary, scale.Marks.Select(mark => (scale.At(mark), mark.ToString(format))), drawing, below ?? Ends(points),
            Chart.Legend(series.Select(line => (line.Name, line.Colour))),
            Chart.Numbers(["", .. series.Select(line => line.Name)], points.Select((point, i) => (string[])[point, .. series.Select(line => Text(line.Values[i], format))])));
    }

    /// <summary>Labels that have room: the first, the middle and the last.</summary>
    internal static IReadOnlyList<string> Ends(IReadOnlyList<string> points) => points.Count switch
    {
        0 => [],
        <= 2 => points,
        _ => [points[0], points[points.Count / 2], points[^1]],
    };

    private static Markup Line(Series line, IReadOnlyList<string> points, Scale scale, string format)
    {
        var (path, dots, pen) = (new StringBuilder(), new List<Markup>(), false);
        for (var i = 0; i < points.Count; i++)
        {
            var value = line.Values[i];
            if (!double.IsFinite(value))
            {
                pen = false;
                continue;
            }
            var (x, y) = (X(i, points.Count), Chart.Y(scale.At(value)));
            path.Append($"{(pen ? 'L' : 'M')}{x:0.#} {y:0.#}");
            pen = true;
            var alone = (i == 0 || !double.IsFinite(line.Values[i - 1])) && (i == points.Count - 1 || !double.IsFinite(line.Values[i + 1]));
            // A path of next to no length with round ends: a dot that stays round however the drawing is stretched.
            if ((points.Count <= DotsUpTo && !line.Faint) || alone)
                dots.Add(Markup.Of($"""<path class="br-dot br-c{line.Colour}" d="M{x:0.#} {y:0.#}h.1"><title>{points[i]}: {line.Name} {value.ToString(format)}</title></path>"""));
        }
        return Markup.Of($"""{Band(line, points.Count, scale)}<path class="br-line br-c{line.Colour}{(line.Faint ? " br-faint" : "")}" d="{path.ToString()}"/>{dots}""");
    }

    private static Markup Band(Series line, int points, Scale scale)
    {
        if (line.Band is not { } band) return Markup.None;
        var known = Enumerable.Range(0, points).Where(i => double.IsFinite(band[i].Low) && double.IsFinite(band[i].High)).ToList();
        if (known.Count < 2) return Markup.None;
        var corners = known.Select(i => $"{X(i, points):0.#},{Chart.Y(scale.At(band[i].High)):0.#}")
            .Concat(known.AsEnumerable().Reverse().Select(i => $"{X(i, points):0.#},{Chart.Y(scale.At(band[i].Low)):0.#}"));
        return Markup.Of($"""<polygon class="br-band br-c{line.Colour}" points="{string.Join(' ', corners)}"/>""");
    }

    private static double X(int point, int points) => points < 2 ? Chart.Extent / 2.0 : 12 + (Chart.Extent - 24.0) * point / (points - 1);

    private static string Text(double value, string format) => double.IsFinite(value) ? value.ToString(format) : "";
}
