using BatchRec.Generate;
using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Generate;

[Collection(PostgresTests.Name)]
public sealed class ShopGenerationTests(PostgresCluster cluster)
{
    [Fact]
    public async Task The_tables_hold_what_was_generated_in_its_order()
    {
        var database = await cluster.CreateDatabaseAsync();
        var request = new GenerateRequest { Users = 20, Items = 30, Events = 1_000, Days = 10, Until = new DateTime(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc) };
        var (summary, _) = await ShopGeneration.RunAsync(database, request, null, default);
        var shop = new SyntheticShop(request);
        var rows = shop.Events().ToList();
        Assert.Equal((1_000, 20, rows[0].OccurredAt, rows[^1].OccurredAt), (summary.Rows, summary.Users, summary.First, summary.Last));

        await using var connection = new NpgsqlConnection(database);
        var stored = await connection.QueryAsync<(long, long, string, DateTime, double?)>(
            "SELECT user_id, item_id, event_type, occurred_at, value FROM shop.interaction ORDER BY position");
        Assert.Equal(rows.Select(row => (row.User, row.Item, row.Type, row.OccurredAt, row.Value)), stored);
        var items = await connection.QueryAsync<(long, string, string, decimal, bool)>("SELECT item_id, title, category, price, available FROM shop.item ORDER BY item_id");
        Assert.Equal(shop.Items().Select(item => (item.Id, item.Title, item.Category, item.Price, item.Available)), items);
    }
}
