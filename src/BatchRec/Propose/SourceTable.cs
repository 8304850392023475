namespace BatchRec.Propose;

/// <summary>A table or view of the shop's database, as its catalogue describes it.</summary>
/// <param name="Rows">as the planner thinks; 0 for a view</param>
public sealed record SourceTable(string Schema, string Name, long Rows, IReadOnlyList<(string Name, string Type)> Columns)
{
    private static readonly string[] IdTypes = ["bigint", "integer", "smallint", "uuid", "text", "character varying", "character"];
    private static readonly string[] TimeTypes = ["timestamp with time zone", "timestamp without time zone", "date"];
    private static readonly string[] NumberTypes = ["bigint", "integer", "smallint", "numeric", "real", "double precision"];
    private static readonly string[] TextTypes = ["text", "character varying", "character", "USER-DEFINED"];

    /// <summary>As SQL names it.</summary>
    public string Qualified => $"{Sql.Name(Schema)}.{Sql.Name(Name)}";

    /// <summary>The id column whose name says one of the words best: the word itself with _id, then one that contains it.</summary>
    public string? Id(params IReadOnlyList<string> words) => Best(IdTypes, words);

    public string? Time(params IReadOnlyList<string> words) => Best(TimeTypes, words) ?? Columns.Where(column => TimeTypes.Contains(column.Type)).Select(column => column.Name).FirstOrDefault();

    public string? Number(params IReadOnlyList<string> words) => Best(NumberTypes, words);

    public string? Text(params IReadOnlyList<string> words) => Best(TextTypes, words);

    public string? Flag(params IReadOnlyList<string> words) => Best(["boolean"], words);

    public string TypeOf(string column) => Columns.First(own => own.Name == column).Type;

    private string? Best(string[] types, IReadOnlyList<string> words)
    {
        var fitting = Columns.Where(column => types.Contains(column.Type)).Select(column => column.Name).ToList();
        foreach (var word in words)
            foreach (var says in (Func<string, bool>[])[name => name == word, name => name == word + "_id" || name == word + "id", name => name.Contains(word)])
                if (fitting.FirstOrDefault(name => says(name.ToLowerInvariant())) is { } found) return found;
        return null;
    }
}
