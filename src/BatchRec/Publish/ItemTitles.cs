using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>What the last publication knows of items' titles.</summary>
public static class ItemTitles
{
    /// <summary>By item id; items without a title are left out.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> OfAsync(
        NpgsqlDataSource results, ResultTables tables, IReadOnlyCollection<string> items, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(string ItemId, string? Title)>(
            new CommandDefinition(tables.Fill("publish/titles.sql"), new { items = items.ToArray() }, cancellationToken: cancellation));
        return rows.Where(row => row.Title is not null).ToDictionary(row => row.ItemId, row => row.Title!);
    }
}
