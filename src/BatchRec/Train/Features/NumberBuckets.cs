using System.Globalization;

namespace BatchRec.Train.Features;

/// <summary>
/// Numbers as buckets of equally many items or events. Quantiles are the same on any scale, so that no logarithm is needed to tame prices; whatever lies
/// beyond what training saw, however far, falls into the first or the last.
/// </summary>
internal static class NumberBuckets
{
    private const int Most = 20;

    /// <returns>NaN where the text is no finite number</returns>
    public static double Parse(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : double.NaN;

    /// <param name="numbers">one an item or event, not all the same</param>
    /// <returns>ascending, each the least number of a bucket; the first bucket has none</returns>
    public static double[] Edges(IEnumerable<double> numbers)
    {
        double[] sorted = [.. numbers.Order()];
        double[] edges = [.. Enumerable.Range(1, Most - 1).Select(edge => sorted[(int)((long)edge * sorted.Length / Most)]).Where(edge => edge > sorted[0]).Distinct()];
        return edges.Length > 0 ? edges : [sorted.First(number => number > sorted[0])];
    }

    /// <summary>The bucket of a number, from 0 to the number of edges.</summary>
    public static int Of(double number, double[] edges)
    {
        var at = Array.BinarySearch(edges, number);
        return at >= 0 ? at + 1 : ~at;
    }
}
