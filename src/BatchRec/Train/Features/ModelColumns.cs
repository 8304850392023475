using BatchRec.Runs;

namespace BatchRec.Train.Features;

/// <summary>Columns of <c>items.sql</c> and <c>users.sql</c> that a model was trained with, and which it has to be told for as long as it is served.</summary>
public sealed record ModelColumns(IReadOnlyList<string> Items, IReadOnlyList<string> Users)
{
    /// <summary>Reads no parameters; nothing where the artefact has no model.</summary>
    /// <exception cref="BatchRecException">The model file is damaged.</exception>
    public static ModelColumns Of(Artefact artefact)
    {
        if (!ModelArtefact.HasModel(artefact)) return new ModelColumns([], []);
        var (items, users) = ModelFile.ReadFeatures(artefact.PathOf(ModelFile.Name));
        return Of(items, users);
    }

    public static ModelColumns Of(FeatureSchema items, FeatureSchema users)
    {
        return new ModelColumns(NamesOf(items), NamesOf(users));

        static List<string> NamesOf(FeatureSchema schema) => [.. schema.Columns.Select(column => column.Name)];
    }

    /// <summary>Those that a night's source doesn't have: <c>category, colour of items.sql</c>; null where it has all.</summary>
    public string? MissingIn(IEnumerable<string> items, IEnumerable<string> users)
    {
        var missing = new[] { (Lost: Lost(Items, items), File: "items.sql"), (Lost: Lost(Users, users), File: "users.sql") }
            .Where(source => source.Lost.Count > 0).Select(source => $"{string.Join(", ", source.Lost)} of {source.File}").ToList();
        return missing.Count == 0 ? null : string.Join(" and ", missing);

        static List<string> Lost(IReadOnlyList<string> wanted, IEnumerable<string> had) => [.. wanted.Except(had, StringComparer.OrdinalIgnoreCase)];
    }
}
