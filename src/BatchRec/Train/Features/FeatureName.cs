using BatchRec.Interactions;

namespace BatchRec.Train.Features;

/// <summary>An entry of <c>Train:ItemFeatures</c> or <c>Train:UserFeatures</c>: a column's name, and its kind where the entry says it (<c>colour:values</c>).</summary>
internal readonly record struct FeatureName(string Name, FeatureKind? Kind)
{
    /// <summary>Stands for every column that the source has.</summary>
    public const string Every = "*";

    public static string Kinds => string.Join(", ", Enum.GetNames<FeatureKind>().Select(kind => kind.ToLowerInvariant()));

    /// <returns>null where the text after the colon is no kind, or there is no name</returns>
    public static FeatureName? Parse(string entry)
    {
        var (name, kind) = entry.Split(':', 2, StringSplitOptions.TrimEntries) is [var before, var after] ? (before, after) : (entry.Trim(), null);
        if (name.Length == 0) return null;
        if (kind is null) return new FeatureName(name, null);
        return Enum.GetNames<FeatureKind>().Contains(kind, StringComparer.OrdinalIgnoreCase) ? new FeatureName(name, Enum.Parse<FeatureKind>(kind, ignoreCase: true)) : null;
    }

    /// <summary>The entries with <see cref="Every"/> replaced by the columns that no other entry names.</summary>
    public static IEnumerable<FeatureName> Expand(IEnumerable<string> entries, Attributes attributes)
    {
        var own = entries.Where(entry => entry.Trim() != Every).Select(entry => Parse(entry)!.Value).ToList();
        if (!entries.Any(entry => entry.Trim() == Every)) return own;
        return own.Concat(attributes.Names.Where(name => !own.Any(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).Select(name => new FeatureName(name, null)));
    }

    /// <summary>The kind of a column that no entry gives one: by its name, or vectors where its texts are.</summary>
    public FeatureKind KindOf(IReadOnlyList<string> texts) =>
        Kind ?? (Name.Equals(ItemCatalogue.Price, StringComparison.OrdinalIgnoreCase) ? FeatureKind.Number
            : Name.Equals(ItemCatalogue.Title, StringComparison.OrdinalIgnoreCase) ? FeatureKind.Words
            : GivenVectors.Are(texts) ? FeatureKind.Vector
            : FeatureKind.Values);
}
