using Dapper;
using Npgsql;

namespace BatchRec.Propose;

/// <summary>
/// A guess at the source's queries: which table holds the interactions, and which of its columns are user, item, time and value. By the names and types that shops
/// use; a person looks at the preview before anything is written.
/// </summary>
/// <param name="Table">where the interactions are</param>
/// <param name="Interactions">for <c>interactions.sql</c></param>
/// <param name="Items">for <c>items.sql</c>; null: no table of items was found</param>
public sealed record SourceProposal(SourceTable Table, string Interactions, string? Items)
{
    private static readonly string[] Users = ["user", "customer", "client", "member", "visitor", "account", "buyer", "session", "person"];
    private static readonly string[] Products = ["item", "product", "article", "sku", "stock_code", "stockcode", "movie", "film", "track", "song", "book", "content", "asset", "course", "listing"];
    private static readonly string[] Times = ["occurred_at", "event_time", "created_at", "timestamp", "ordered_at", "time", "date", "created"];

    /// <summary>The likeliest first; empty where no table has a user, an item and a time.</summary>
    public static async Task<IReadOnlyList<SourceProposal>> FindAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        var columns = await connection.QueryAsync<(string Schema, string Table, string Name, string Type, long Rows)>(new CommandDefinition(Sql.Read("propose/columns.sql"), cancellationToken: cancellation));
        var tables = columns.GroupBy(column => (column.Schema, column.Table))
            .Select(table => new SourceTable(table.Key.Schema, table.Key.Table, table.First().Rows, [.. table.Select(column => (column.Name, column.Type))])).ToList();
        // The log is the table with the most rows among those that could be one.
        return [.. tables.Select(table => Of(table, tables)).OfType<SourceProposal>().OrderByDescending(proposal => proposal.Table.Rows).ThenBy(proposal => proposal.Table.Qualified, StringComparer.Ordinal)];
    }

    /// <returns>null where the table lacks a user, an item or a time</returns>
    public static SourceProposal? Of(SourceTable table, IReadOnlyList<SourceTable> all)
    {
        if (table.Id(Users) is not { } user || table.Id(Products) is not { } item || user == item || table.Time(Times) is not { } time) return null;
        var eventType = table.Text("event_type", "event", "action", "type", "kind");
        var value = table.Number("value", "quantity", "rating", "score", "amount", "price");
        var position = table.Number("position", "line_no", "line", "sequence");
        var interactions = Sql.Fill("propose/interactions.sql",
            ("name", $"{table.Schema}.{table.Name}"), ("user", IdOf(table, user)), ("item", IdOf(table, item)), ("event", eventType is null ? "'purchase'" : Sql.Name(eventType) + "::text"),
            ("time", Sql.Name(time) + (table.TypeOf(time) == "date" ? "::timestamp" : "")), ("value", value is null ? "NULL" : Sql.Name(value)),
            ("position", position is null ? "" : $", {Sql.Name(position)}::bigint AS position"), ("table", table.Qualified), ("column", Sql.Name(time)));
        return new SourceProposal(table, interactions, ItemsOf(table, item, all));
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
                ("name", $"{table.Schema}.{table.Name}"), ("item", IdOf(table, id)), ("title", Sql.Name(title)), ("category", Column(category, "text", "category")),
                ("price", Column(price, "float8", "price")), ("available", Column(available, "boolean", "available")), ("table", table.Qualified));
        }
        return null;

        static string Column(string? name, string type, string meaning) => name is null ? "" : $", {Sql.Name(name)}::{type} AS {meaning}";
    }

    private static string IdOf(SourceTable table, string column) => table.TypeOf(column) switch
    {
        "integer" or "smallint" => Sql.Name(column) + "::bigint",
        "character varying" or "character" => Sql.Name(column) + "::text",
        _ => Sql.Name(column),
    };
}
