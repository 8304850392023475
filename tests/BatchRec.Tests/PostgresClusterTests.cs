using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests;

[Collection(PostgresTests.Name)]
public sealed class PostgresClusterTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Each_test_has_a_database_of_its_own()
    {
        await using var first = new NpgsqlConnection(await cluster.CreateDatabaseAsync());
        await using var second = new NpgsqlConnection(await cluster.CreateDatabaseAsync());
        await first.ExecuteAsync("CREATE TABLE t ()");
        await second.ExecuteAsync("CREATE TABLE t ()");
        Assert.NotEqual(first.Database, second.Database);
    }
}
