using BatchRec.Interactions;

namespace BatchRec.Train.Features;

/// <summary>The features that a model takes of items, or of users; part of the model's file.</summary>
public sealed record FeatureSchema
{
    public static FeatureSchema None { get; } = new();

    public IReadOnlyList<FeatureColumn> Columns { get; init; } = [];

    /// <summary>Finds what there is to learn in the attributes of what training knows.</summary>
    /// <param name="option"><c>Train:ItemFeatures</c> or <c>Train:UserFeatures</c></param>
    /// <param name="indices">of the items or users in training</param>
    /// <param name="notes">Takes a sentence on each column that is left out, and why.</param>
    /// <exception cref="BatchRecException">The source has no such column.</exception>
    public static FeatureSchema Of(string option, IReadOnlyList<string>? entries, Attributes attributes, IReadOnlyList<int> indices, ICollection<string> notes)
    {
        if (entries is null or { Count: 0 }) return None;
        var names = FeatureName.Expand(entries, attributes).ToList();
        var missing = names.Where(name => !attributes.Names.Contains(name.Name, StringComparer.OrdinalIgnoreCase)).Select(name => name.Name).ToList();
        if (missing.Count > 0)
            throw new BatchRecException($"{option} names {string.Join(", ", missing)}, which the source doesn't have. "
                + (attributes.Names.Any() ? $"It has {string.Join(", ", attributes.Names)}." : $"It has no attributes at all: add {(option.Contains("Item", StringComparison.Ordinal) ? "items.sql" : "users.sql")} to the pipeline's queries, or leave the option out."));
        var columns = new List<FeatureColumn>();
        foreach (var name in names)
        {
            var column = attributes.Column(name.Name);
            var texts = indices.Select(column).Where(text => !string.IsNullOrWhiteSpace(text)).Cast<string>().ToList();
            if (FeatureColumn.Of(name, texts, out var reason) is { } found) columns.Add(found);
            else notes.Add($"{option}: {name.Name} is left out: {reason}.");
        }
        return new FeatureSchema { Columns = columns };
    }
}
