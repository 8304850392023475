using System.Text.RegularExpressions;
using BatchRec.Parquet;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Publish;

/// <summary>ops/docs/sql-contract.md, taken at its word by a reader of a real publication.</summary>
public sealed class SqlContractTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    private static readonly MarkdownFile Contract = new("ops/docs/sql-contract.md");

    private Task<BatchRec.Runs.RunId> PublishAsync() => PublishAsync(Lists(
        [Shard((17850, [30, 20, 10]))], DefaultList(20, 10), File(Column.Long("item_id", new long[] { 10, 20, 30 }), Column.Text("title", ["ten", "twenty", "thirty"]))));

    [Theory]
    [InlineData("csharp", 1)]
    [InlineData("python", 1)]
    [InlineData("ts", 2)]
    public async Task The_statements_of_each_language_s_example_run_as_a_reader(string language, int statements)
    {
        await PublishAsync();
        // psycopg's %s and the others' $1 are the same parameters.
        var sent = Contract.Blocks(language).SelectMany(code => Regex.Matches(code, "\"(?<sql>SELECT [^\"]+)\"").Select(match => match.Groups["sql"].Value)).ToList();
        Assert.Equal(statements, sent.Count);
        foreach (var sql in sent)
        {
            var place = 0;
            var numbered = Regex.Replace(sql, "%s", _ => $"${++place}");
            var parameters = numbered.Contains("$1", StringComparison.Ordinal) ? new object[] { 17850L, 10 } : [];
            Assert.True(await RowsAsReaderAsync(numbered, parameters) > 0, $"{sql} yields nothing");
        }
    }

    [Fact]
    public async Task The_statements_in_SQL_run_as_a_reader()
    {
        await PublishAsync();
        var blocks = Contract.Blocks("sql").Where(sql => !sql.StartsWith("GRANT", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, blocks.Count);
        foreach (var sql in blocks) Assert.True(await RowsAsReaderAsync(sql) > 0, $"{sql} yields nothing");
        await Execute("CREATE ROLE website NOLOGIN;" + Contract.Blocks("sql").Single(sql => sql.StartsWith("GRANT", StringComparison.Ordinal)) + "; DROP ROLE website");
    }

    [Fact]
    public async Task The_views_and_the_function_have_the_columns_that_are_promised()
    {
        await PublishAsync();
        var promised = Regex.Matches(Contract.Section("What is promised"), @"^\| `(?<view>\w+)` \| `(?<columns>[^`]+)` \|", RegexOptions.Multiline);
        Assert.Equal(5, promised.Count);
        foreach (Match view in promised) Assert.Equal(view.Groups["columns"].Value, await ColumnsOf($"SELECT * FROM batchrec.{view.Groups["view"].Value}"));
        var yields = Regex.Match(Contract.Text, @"`recommend\(user_id, n\)` yields `(?<columns>[^`]+)`").Groups["columns"].Value;
        Assert.Equal(yields, await ColumnsOf("SELECT * FROM batchrec.recommend(17850, 1)"));
        // The README's table is the same contract.
        foreach (Match view in Regex.Matches(new MarkdownFile("README.md").Text, @"^\| view `(?<view>\w+)` \| `(?<columns>[^`]+)`", RegexOptions.Multiline))
            Assert.StartsWith(view.Groups["columns"].Value, await ColumnsOf($"SELECT * FROM batchrec.{view.Groups["view"].Value}"));
    }

    private async Task<string> ColumnsOf(string sql)
    {
        await using var command = Results.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        return string.Join(", ", Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
    }

    private async Task<int> RowsAsReaderAsync(string sql, params object[] parameters)
    {
        await using var connection = await Results.OpenConnectionAsync();
        await using (var become = new NpgsqlCommand("SET ROLE batchrec_reader", connection)) await become.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        do
            while (await reader.ReadAsync()) rows++;
        while (await reader.NextResultAsync());
        return rows;
    }
}
