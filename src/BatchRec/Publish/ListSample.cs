using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>What a sample of a run's lists looks like: cheap whatever the number of users, since whole blocks of the table are drawn.</summary>
/// <param name="First">Scores at rank 1, one a user.</param>
/// <param name="Tenth">Scores at rank 10, or of the last item of a shorter list.</param>
/// <param name="Items">Items among the first ten, the most frequent first.</param>
public sealed record ListSample(IReadOnlyList<float> First, IReadOnlyList<float> Tenth, IReadOnlyList<ListedItem> Items)
{
    internal const int Users = 1_000;

    // A block holds a handful of lists: fewer would come from too few blocks, more would be read in vain.
    private const double Overdraw = 1.5;

    /// <exception cref="PostgresException">The table was retired meanwhile.</exception>
    public static async Task<ListSample> ReadAsync(NpgsqlDataSource results, ResultTables tables, KeptPublication of, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var values = new { percent = PercentOf(of.Users), users = Users };
        var scores = (await connection.QueryAsync<(float First, float Tenth)>(Command("publish/sample_scores.sql"))).AsList();
        var items = (await connection.QueryAsync<ListedItem>(Command("publish/sample_items.sql"))).AsList();
        return new ListSample([.. scores.Select(row => row.First)], [.. scores.Select(row => row.Tenth)], items);

        CommandDefinition Command(string path) => new(tables.Fill(path, ("table", Sql.Name(of.TableName))), values, cancellationToken: cancellation);
    }

    /// <summary>Of the table's blocks, so many that about <see cref="Users"/> lists are drawn.</summary>
    internal static double PercentOf(long users) => Math.Min(100, 100 * Overdraw * Users / Math.Max(1, users));
}

/// <param name="Users">Of the sample, those who have it among their first ten.</param>
public sealed record ListedItem(string ItemId, string? Title, long Users);
