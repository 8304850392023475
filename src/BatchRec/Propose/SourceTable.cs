namespace BatchRec.Propose;

/// <summary>A table or view of the shop's database, as its catalogue describes it.</summary>
/// <param name="Rows">as the planner thinks; 0 for a view</param>
/// <param name="Keys">columns that alone tell rows apart</param>
public sealed record SourceTable(string Schema, string Name, long Rows, IReadOnlyList<(string Name, string Type)> Columns, IReadOnlyList<string> Keys)
{
    private static readonly string[] IdTypes = ["bigint", "integer", "smallint", "uuid", "text", "character varying", "character"];
    private static readonly string[] TimeTypes = ["timestamp with time zone", "timestamp without time zone", "date"];
    private static readonly string[] NumberTypes = ["bigint", "integer", "smallint", "numeric", "real", "double precision"];
    private static readonly string[] TextTypes = ["text", "character varying", "character", "USER-DEFINED"];

    /// <summary>
    /// How a name says a word, the surest first. Any word in full goes before any that is merely contained: a product_id is more of an item than an order_item_id, a
    /// customer_id more of a user than a user_agent.
    /// </summary>
    private static readonly Func<string, string, bool>[] Says = [(name, word) => name == word, (name, word) => name == word + "_id" || name == word + "id", (name, word) => name.Contains(word)];

    public string FullName => $"{Schema}.{Name}";

    /// <summary>As SQL names it.</summary>
    public string Qualified => $"{Sql.Name(Schema)}.{Sql.Name(Name)}";

    /// <summary>The id column whose name says one of the words best: the word itself with _id, then one that contains it.</summary>
    public string? Id(params IReadOnlyList<string> words) => Best(IdTypes, words);

    public string? Time(params IReadOnlyList<string> words) => Best(TimeTypes, words) ?? Columns.Where(column => TimeTypes.Contains(column.Type)).Select(column => column.Name).FirstOrDefault();

    public string? Number(params IReadOnlyList<string> words) => Best(NumberTypes, words);

    public string? Text(params IReadOnlyList<string> words) => Best(TextTypes, words);

    public string? Flag(params IReadOnlyList<string> words) => Best(["boolean"], words);

    /// <summary>The type that an id of the column's type has in results.</summary>
    public string IdTypeOf(string column) => TypeOf(column) switch
    {
        "integer" or "smallint" => "bigint",
        "character varying" or "character" => "text",
        var type => type,
    };

    public string TypeOf(string column) => Columns.First(own => own.Name == column).Type;

    /// <summary>A number that is called so and not otherwise: a line_total is no line.</summary>
    public string? NumberNamed(params IReadOnlyList<string> words) => Best(NumberTypes, words, Says[..1]);

    private string? Best(string[] types, IReadOnlyList<string> words) => Best(types, words, Says);

    private string? Best(string[] types, IReadOnlyList<string> words, Func<string, string, bool>[] ways)
    {
        var fitting = Columns.Where(column => types.Contains(column.Type)).Select(column => column.Name).ToList();
        foreach (var says in ways)
            foreach (var word in words)
                if (fitting.FirstOrDefault(name => says(name.ToLowerInvariant(), word)) is { } found) return found;
        return null;
    }
}
