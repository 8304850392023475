using System.Globalization;

namespace BatchRec.Train.Features;

/// <summary>Vectors as text: <c>[0.1, 0.2]</c>, as pgvector writes them, or <c>{0.1,0.2}</c>, PostgreSQL's arrays. At length 1: whose scale a source uses says nothing.</summary>
internal static class GivenVectors
{
    private const int Looked = 100;

    /// <summary>Whether most of a column's texts are vectors of one width: arrays of ids have several.</summary>
    public static bool Are(IReadOnlyList<string> texts)
    {
        var some = texts.Take(Looked).ToList();
        return Width(some) is >= 2 and var width && 2 * some.Count(text => Parse(text, width) is not null) > some.Count;
    }

    /// <summary>The width that most have; 0 where none is a vector.</summary>
    public static int Width(IEnumerable<string> texts) =>
        texts.Where(text => Parse(text, WidthOf(text)) is not null).CountBy(WidthOf).OrderByDescending(width => width.Value).ThenBy(width => width.Key).Select(width => width.Key).FirstOrDefault();

    /// <returns>null where it is none of that width, has an element that isn't a finite number, or is all zeros</returns>
    public static float[]? Parse(string text, int width)
    {
        if (width == 0 || WidthOf(text) != width) return null;
        var vector = new double[width];
        var inside = text.AsSpan().Trim()[1..^1];
        var at = 0;
        foreach (var part in inside.Split(','))
        {
            if (!double.TryParse(inside[part], NumberStyles.Float, CultureInfo.InvariantCulture, out vector[at]) || !double.IsFinite(vector[at])) return null;
            at++;
        }
        // By the largest first: squares of large numbers are infinite.
        var largest = vector.Max(Math.Abs);
        var length = largest * Math.Sqrt(vector.Sum(value => value / largest * (value / largest)));
        return largest == 0 || !double.IsFinite(length) ? null : Array.ConvertAll(vector, value => (float)(value / length));
    }

    private static int WidthOf(string text)
    {
        var whole = text.AsSpan().Trim();
        return whole is ['[', .., ']'] or ['{', .., '}'] && whole.Length > 2 ? whole.Count(',') + 1 : 0;
    }
}
