using BatchRec.Import;
using Dapper;
using Npgsql;

namespace BatchRec.Propose;

/// <summary>
/// A guess at the source's queries: which table holds the interactions, or the lines of orders, and which columns are user, item, time and value. By the names and types that shops
/// use; a person looks at the preview before anything is written.
/// </summary>
/// <param name="Table">where the interactions are</param>
/// <param name="Interactions">for <c>interactions.sql</c></param>
/// <param name="Items">for <c>items.sql</c>; null: no table of items was found</param>
public sealed record SourceProposal(SourceTable Table, string Interactions, string? Items)
{
    private const string LineAlias = "line", HeadAlias = "head";

    private static readonly string[] Users = ["user", "customer", "client", "member", "visitor", "account", "buyer", "session", "person"];
    private static readonly string[] Products = ["item", "product", "article", "sku", "stock_code", "stockcode", "movie", "film", "track", "song", "book", "content", "asset", "course", "listing"];
    private static readonly string[] Times = ["occurred_at", "event_time", "created_at", "timestamp", "ordered_at", "time", "date", "created"];

    /// <summary>The likeliest first; empty where no table has a user, an item and a time.</summary>
    public static async Task<IReadOnlyList<SourceProposal>> FindAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var columns = await connection.QueryAsync<(string Schema, string Table, string Name, string Type, bool IsKey, long Rows)>(new CommandDefinition(Sql.Read("propose/columns.sql"), cancellationToken: cancellation));
        var tables = columns.GroupBy(column => (column.Schema, column.Table))
            .Select(table => new SourceTable(table.Key.Schema, table.Key.Table, table.First().Rows, [.. table.Select(column => (column.Name, column.Type))], [.. table.Where(column => column.IsKey).Select(column => column.Name)])).ToList();
        // The log is the table with the most rows among those that could be one; what `import` has loaded is the shop's own only where there is no other.
        return [.. tables.Select(table => Of(table, tables)).OfType<SourceProposal>()
            .OrderBy(proposal => proposal.Table.FullName == ShopImport.Interactions).ThenByDescending(proposal => proposal.Table.Rows).ThenBy(proposal => proposal.Table.Qualified, StringComparer.Ordinal)];
    }

    /// <returns>null where there is no item, or no user and time: neither in the table nor in one that its rows belong to, as the lines of an order do</returns>
    public static SourceProposal? Of(SourceTable table, IReadOnlyList<SourceTable> all)
    {
        if (table.Id(Products) is not { } item || HeadOf(table, item, all) is not var (head, user, time, join)) return null;
        if (head == table && user == item) return null;
        var eventType = table.Text("event_type", "event", "action", "type", "kind");
        var value = table.Number("value", "quantity", "rating", "score", "amount", "price");
        var position = table.NumberNamed("position", "line_no", "line_number", "line", "sequence");
        var (line, of) = head == table ? ("", "") : (LineAlias + ".", HeadAlias + ".");
        var interactions = Sql.Fill("propose/interactions.sql",
            ("name", table.FullName), ("user", IdOf(head, user, of)), ("item", IdOf(table, item, line)), ("event", eventType is null ? "'purchase'" : line + Sql.Name(eventType) + "::text"),
            ("time", of + Sql.Name(time) + (head.TypeOf(time) == "date" ? "::timestamp" : "")), ("value", value is null ? "NULL" : line + Sql.Name(value)),
            ("position", position is null ? "" : $", {line}{Sql.Name(position)}::bigint AS position"), ("table", table.Qualified + join), ("column", of + Sql.Name(time)));
        return new SourceProposal(table, interactions, ItemsOf(table, item, all));
    }

    /// <summary>The table with user and time: the table itself, or the one that its rows belong to, joined.</summary>
    /// <returns>null where there is none</returns>
    private static (SourceTable Head, string User, string Time, string Join)? HeadOf(SourceTable table, string item, IReadOnlyList<SourceTable> all)
    {
        foreach (var head in all.OrderByDescending(head => head == table))
        {
            if (head.Id(Users) is not { } user || head.Time(Times) is not { } time) continue;
            if (head == table) return (table, user, time, "");
            if (KeyOf(table, head, item) is var (own, its))
                return (head, user, time, $" AS {LineAlias} JOIN {head.Qualified} AS {HeadAlias} ON {LineAlias}.{Sql.Name(own)} = {HeadAlias}.{Sql.Name(its)}");
        }
        return null;
    }

    /// <summary>
    /// A column of the table and one of the head that say the same: order_id and the id of orders, or an order_no of both. The head's is a key, so that no row is
    /// there twice.
    /// </summary>
    private static (string Own, string Its)? KeyOf(SourceTable table, SourceTable head, string item)
    {
        if (head.Schema != table.Schema) return null;
        var singular = head.Name.EndsWith('s') ? head.Name[..^1] : head.Name;
        foreach (var its in head.Keys)
            foreach (var (own, _) in table.Columns)
                if (own != item && table.IdTypeOf(own) == head.IdTypeOf(its) && (Same(own, its) && !Same(its, "id") || Same(its, "id") && (Same(own, singular + "_id") || Same(own, singular + "id"))))
                    return (own, its);
        return null;

        static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
    }

    private static string? ItemsOf(SourceTable log, string item, IReadOnlyList<SourceTable> all)
    {
        foreach (var table in all.Where(table => table != log && table.Columns.Count > 1).OrderBy(table => table.Rows))
        {
            var named = Products.Any(word => table.Name.Contains(word, StringComparison.OrdinalIgnoreCase));
            var id = table.Columns.Any(column => column.Name == item) ? item : named && table.Columns.Any(column => column.Name == "id") ? "id" : null;
            if (id is null || table.Text("title", "name", "description") is not { } title || table.Id(Users) is not null) continue;
            var (category, price, available) = (table.Text("category", "genre", "department", "brand"), table.Number("price"), table.Flag("available", "active", "in_stock", "published"));
            return Sql.Fill("propose/items.sql",
                ("name", table.FullName), ("item", IdOf(table, id)), ("title", Sql.Name(title)), ("category", Column(category, "text", "category")),
                ("price", Column(price, "float8", "price")), ("available", Column(available, "boolean", "available")), ("table", table.Qualified));
        }
        return null;

        static string Column(string? name, string type, string meaning) => name is null ? "" : $", {Sql.Name(name)}::{type} AS {meaning}";
    }

    private static string IdOf(SourceTable table, string column, string alias = "") =>
        alias + Sql.Name(column) + (table.IdTypeOf(column) is var type && type == table.TypeOf(column) ? "" : "::" + type);
}
