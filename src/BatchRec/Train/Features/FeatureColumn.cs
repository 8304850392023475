using System.Text.Json.Serialization;

namespace BatchRec.Train.Features;

/// <summary>A feature as training found it: what turns an attribute's text into rows of the feature's table.</summary>
public sealed record FeatureColumn
{
    /// <summary>Fewer items than this share no value: it says nothing about another item.</summary>
    private const int LeastItems = 2;

    private const char Separator = '|';

    public required string Name { get; init; }

    public required FeatureKind Kind { get; init; }

    /// <summary>Of <see cref="FeatureKind.Values"/>: those that several items share, whose rows are 1, 2, …; row 0 stands for all others.</summary>
    public string[] Values { get; init; } = [];

    /// <summary>Of <see cref="FeatureKind.Number"/>: <see cref="NumberBuckets.Edges"/>.</summary>
    public double[] Edges { get; init; } = [];

    /// <summary>Of <see cref="FeatureKind.Vector"/>: the vectors' width.</summary>
    public int Width { get; init; }

    /// <summary>Rows of the feature's table, or of its matrix.</summary>
    [JsonIgnore]
    public int Rows => Kind switch { FeatureKind.Values => 1 + Values.Length, FeatureKind.Number => 1 + Edges.Length, FeatureKind.Words => TitleWords.Rows, _ => Width };

    [JsonIgnore]
    private Dictionary<string, int> RowOf => field ??= Values.Select((value, row) => (value, row)).ToDictionary(pair => pair.value, pair => pair.row + 1, StringComparer.Ordinal);

    /// <param name="texts">of the items that have any, none of them blank</param>
    /// <param name="reason">why there is none: it would say the same of every item</param>
    internal static FeatureColumn? Of(FeatureName name, IReadOnlyList<string> texts, out string reason)
    {
        var kind = name.KindOf(texts);
        reason = texts.Count == 0 ? "nothing has one" : "all have the same";
        if (texts.Distinct().Count() < 2) return null;
        var column = new FeatureColumn { Name = name.Name, Kind = kind };
        switch (kind)
        {
            case FeatureKind.Values:
                reason = "no two have the same value";
                var values = texts.SelectMany(text => ValuesOf(text).Distinct()).CountBy(value => value).Where(value => value.Value >= LeastItems).Select(value => value.Key).Order(StringComparer.Ordinal).ToArray();
                return values.Length == 0 ? null : column with { Values = values };
            case FeatureKind.Number:
                var numbers = texts.Select(NumberBuckets.Parse).Where(double.IsFinite).ToList();
                reason = numbers.Count == 0 ? "none is a number" : reason;
                return numbers.Distinct().Count() < 2 ? null : column with { Edges = NumberBuckets.Edges(numbers) };
            case FeatureKind.Vector:
                reason = "none is a vector such as [0.1, 0.2]";
                return GivenVectors.Width(texts) is > 0 and var width ? column with { Width = width } : null;
            default:
                return column;
        }
    }

    /// <summary>Adds the rows of a text, as many as it has values or words; none where it has none that can be used.</summary>
    /// <param name="fault">what is wrong with the text, or null</param>
    internal void AddRows(string text, List<int> rows, out string? fault)
    {
        fault = null;
        switch (Kind)
        {
            case FeatureKind.Values:
                foreach (var value in ValuesOf(text)) rows.Add(RowOf.GetValueOrDefault(value));
                break;
            case FeatureKind.Number:
                var number = NumberBuckets.Parse(text);
                if (double.IsNaN(number)) fault = "no finite number";
                else rows.Add(NumberBuckets.Of(number, Edges));
                break;
            default:
                if (TitleWords.Add(text, rows)) fault = $"cut after {TitleWords.Most} words";
                break;
        }
    }

    private static string[] ValuesOf(string text) =>
        ArrayText.Elements(text) ?? text.Split(Separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
