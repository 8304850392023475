using BatchRec.Interactions;

namespace BatchRec.Extract;

/// <summary>A column as PostgreSQL describes it, domains resolved to what they are over.</summary>
/// <param name="Type">PostgreSQL's name without length: <c>bigint</c>, <c>character varying</c>, <c>timestamp with time zone</c>.</param>
public sealed record SourceColumn(string Name, string Type, bool IsEnum)
{
    private static readonly string[] Texts = ["text", "character varying", "character", "name", "citext"];

    private static readonly string[] Integers = ["bigint", "integer", "smallint"];

    /// <summary>The kind that it is as an id, or null.</summary>
    public IdKind? IdKind =>
        Integers.Contains(Type) ? Interactions.IdKind.BigInt
        : Type == "uuid" ? Interactions.IdKind.Uuid
        : Texts.Contains(Type) ? Interactions.IdKind.Text
        : null;

    public bool IsText => IsEnum || Texts.Contains(Type);

    public bool IsInteger => Integers.Contains(Type);

    public bool IsNumber => IsInteger || Type is "numeric" or "real" or "double precision";

    public bool IsTime => Type is "timestamp with time zone" or "timestamp without time zone" or "date";
}

/// <summary>What the source's queries yield, once it's known to be what extraction needs.</summary>
public sealed record SourceColumns(IdKind UserIdKind, IdKind ItemIdKind, bool HasPosition, IReadOnlyList<SourceColumn> Items, IReadOnlyList<SourceColumn> Users)
{
    private const string Ids = "bigint, uuid or text", Numbers = "numeric, double precision or null::float8";

    /// <exception cref="BatchRecException">Columns are missing or of another type: all of them, in all queries, in one message.</exception>
    public static SourceColumns Of(
        SourceQueries queries, IReadOnlyList<SourceColumn> interactions, IReadOnlyList<SourceColumn>? items, IReadOnlyList<SourceColumn>? users)
    {
        var faults = new List<string>();
        var log = new Expectation(queries.Interactions.Path, interactions, faults);
        var (user, item) = (log.Needs("user_id", Ids, column => column.IdKind is not null), log.Needs("item_id", Ids, column => column.IdKind is not null));
        log.Needs("event_type", "text", column => column.IsText);
        log.Needs("time", "timestamptz, or timestamp in Source:TimeZone", column => column.IsTime);
        log.Needs("value", Numbers, column => column.IsNumber);
        log.MayHave("position", "bigint", column => column.IsInteger);
        log.End();

        if (items is not null)
        {
            var catalogue = new Expectation(queries.Items!.Path, items, faults);
            catalogue.Needs(ItemCatalogue.ItemId, IdsLike(item), column => item is null || column.IdKind == item.IdKind);
            catalogue.MayHave(ItemCatalogue.Title, "text", column => column.IsText);
            catalogue.MayHave(ItemCatalogue.Category, "text", column => column.IsText);
            catalogue.MayHave(ItemCatalogue.Price, Numbers, column => column.IsNumber);
            catalogue.MayHave(ItemCatalogue.Available, "boolean", column => column.Type == "boolean");
            catalogue.End();
        }
        if (users is not null)
        {
            var people = new Expectation(queries.Users!.Path, users, faults);
            people.Needs("user_id", IdsLike(user), column => user is null || column.IdKind == user.IdKind);
            people.End();
        }
        return faults.Count == 0
            ? new SourceColumns(user!.IdKind!.Value, item!.IdKind!.Value, interactions.Any(column => column.Name == "position"), items ?? [], users ?? [])
            : throw new BatchRecException(string.Join(Environment.NewLine, faults));
    }

    private static string IdsLike(SourceColumn? column) => column?.IdKind is { } kind ? $"{kind.SqlName()}, as in interactions.sql" : Ids;

    /// <summary>Collects what is wrong with one query's columns, and what it would need.</summary>
    private sealed class Expectation(string path, IReadOnlyList<SourceColumn> found, List<string> faults)
    {
        private readonly List<string> _needed = [];
        private readonly List<string> _wrong = [];

        public SourceColumn? Needs(string name, string types, Func<SourceColumn, bool> fits)
        {
            if (found.All(column => column.Name != name)) _wrong.Add($"{name} is missing");
            return Check(name, types, types, fits);
        }

        public void MayHave(string name, string types, Func<SourceColumn, bool> fits) => Check(name, types, types + ", optional", fits);

        public void End()
        {
            foreach (var twice in found.GroupBy(column => column.Name).Where(columns => columns.Count() > 1))
                _wrong.Add($"{twice.Key} is there {twice.Count()} times");
            if (_wrong.Count == 0) return;
            faults.Add($"{path}: {string.Join("; ", _wrong)}. It yields {string.Join(", ", found.Select(column => $"{column.Name} {column.Type}"))}. "
                + $"It must yield, by name: {string.Join("; ", _needed)}. Rename with AS and cast with ::, such as id::bigint AS user_id.");
        }

        private SourceColumn? Check(string name, string types, string needed, Func<SourceColumn, bool> fits)
        {
            _needed.Add($"{name} ({needed})");
            var column = found.FirstOrDefault(column => column.Name == name);
            if (column is null || fits(column)) return column;
            _wrong.Add($"{name} is {column.Type}, not {types}");
            return null;
        }
    }
}
