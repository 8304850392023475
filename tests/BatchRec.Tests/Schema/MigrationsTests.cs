using BatchRec.Schema;
using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Schema;

[Collection(PostgresTests.Name)]
public sealed class MigrationsTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Migrating_twice_changes_nothing()
    {
        await using var results = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        Assert.Equal(["001_runs", "002_publication"], (await Migrations.ApplyAsync(results, default)).Take(2));
        var first = await Ledger(results);
        Assert.Empty(await Migrations.ApplyAsync(results, default));
        Assert.Equal(first, await Ledger(results));
    }

    [Fact]
    public async Task Two_programs_that_migrate_at_once_apply_each_migration_once()
    {
        await using var results = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        var applied = await Task.WhenAll(Migrations.ApplyAsync(results, default), Migrations.ApplyAsync(results, default));
        Assert.Equal((await Ledger(results)).Select(row => row.Name), applied.SelectMany(names => names).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_printed_script_leaves_nothing_to_migrate()
    {
        await using var results = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        await using (var connection = await results.OpenConnectionAsync()) await connection.ExecuteAsync(Migrations.Script());
        Assert.Empty(await Migrations.ApplyAsync(results, default));
    }

    [Fact]
    public async Task The_printed_script_applies_what_an_older_database_lacks()
    {
        await using var results = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        var applied = await Migrations.ApplyAsync(results, default);
        await using (var connection = await results.OpenConnectionAsync())
        {
            // As a program before the newest migration, two tables, would have left it.
            await connection.ExecuteAsync("DROP TABLE batchrec.tuning_trial, batchrec.tuning; DELETE FROM batchrec.migration WHERE name = @newest", new { newest = applied[^1] });
            await connection.ExecuteAsync(Migrations.Script());
            await connection.ExecuteAsync(Migrations.Script());
        }
        Assert.Equal(applied, (await Ledger(results)).Select(row => row.Name));
        Assert.Empty(await Migrations.ApplyAsync(results, default));
    }

    [Fact]
    public async Task A_migration_that_was_edited_after_it_was_applied_is_refused()
    {
        await using var results = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        await Migrations.ApplyAsync(results, default);
        await using (var connection = await results.OpenConnectionAsync())
            await connection.ExecuteAsync("UPDATE batchrec.migration SET sha256 = 'other' WHERE name = '001_runs'");
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Migrations.ApplyAsync(results, default));
        Assert.Contains("001_runs", fault.Message);
    }

    [Fact]
    public async Task A_role_that_may_not_create_is_told_who_can_and_leaves_nothing_behind()
    {
        var connectionString = await cluster.CreateDatabaseAsync();
        await using var owner = NpgsqlDataSource.Create(connectionString);
        await using (var connection = await owner.OpenConnectionAsync()) await connection.ExecuteAsync("CREATE ROLE migrates_nothing LOGIN");
        await using var results = NpgsqlDataSource.Create(connectionString.Replace("Username=batchrec", "Username=migrates_nothing"));
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Migrations.ApplyAsync(results, default));
        Assert.Contains("migrates_nothing", fault.Message);
        Assert.Contains("migrate --print-sql", fault.Message);
    }

    private static async Task<(string Name, DateTime Applied)[]> Ledger(NpgsqlDataSource results)
    {
        await using var connection = await results.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(string, DateTime)>("SELECT name, applied FROM batchrec.migration ORDER BY name")];
    }
}
