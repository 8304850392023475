using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>How a run's lists differ from an earlier one's, over a sample of the users that both have.</summary>
/// <param name="Users">Of the sample.</param>
/// <param name="Changed">Those whose first ten items differ, or their order does.</param>
/// <param name="Overlap">The part of the first ten that is in both; null: no user has both.</param>
/// <param name="Moved">Items that came into more lists, then those that fell out of them.</param>
public sealed record ListChanges(long Users, long Changed, double? Overlap, IReadOnlyList<MovedItem> Moved)
{
    private const int ItemsEachWay = 8;

    /// <exception cref="PostgresException">A table was retired meanwhile.</exception>
    public static async Task<ListChanges> ReadAsync(
        NpgsqlDataSource results, ResultTables tables, KeptPublication before, KeptPublication after, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var values = new { percent = ListSample.PercentOf(after.Users), users = ListSample.Users, items = ItemsEachWay };
        var (users, changed, overlap) = await connection.QuerySingleAsync<(long, long, double?)>(Command("publish/changed_lists.sql"));
        var moved = await connection.QueryAsync<MovedItem>(Command("publish/moved_items.sql"));
        return new ListChanges(users, changed, overlap, moved.AsList());

        CommandDefinition Command(string path) =>
            new(tables.Fill(path, ("table", Sql.Name(after.TableName)), ("before", Sql.Name(before.TableName))), values, cancellationToken: cancellation);
    }
}

/// <param name="Users">Of the sample, those who have it among their first ten now.</param>
public sealed record MovedItem(string ItemId, string? Title, long Users, long UsersBefore);
