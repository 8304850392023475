using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>The README and the tour, followed to the letter on a clean checkout: to published rows of one's own file and of one's own table.</summary>
[Collection(PostgresTests.Name)]
public sealed class DocumentsTests(PostgresCluster cluster, CleanCheckout checkout) : IClassFixture<CleanCheckout>
{
    private const string ConnectionInTheDocuments = "'Host=db;Database=shop;Username=batchrec;Password=…'";

    private static readonly MarkdownFile Readme = new("README.md"), Tour = new("ops/docs/tour.md");

    /// <summary>Sixty people, forty things, each person round the same few: something to learn.</summary>
    private static IEnumerable<(int User, int Item, DateTime Time)> Purchases() =>
        from user in Enumerable.Range(0, 60)
        from i in Enumerable.Range(0, 30)
        select (17_850 + user, 1 + (user % 10 * 4 + i) % 40, DateTime.UtcNow.Date.AddDays(-30 + i).AddMinutes(user));

    [SkippableFact]
    public async Task The_README_leads_from_a_clean_checkout_and_a_file_to_recommendations()
    {
        await checkout.RequireAsync();
        var command = Commands(Readme.Blocks("sh")[0]).Single(line => line.StartsWith("ops/demo.sh --data csv log.csv", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(Path.Combine(checkout.Folder, "log.csv"), Purchases().Select(one => $"{one.User},{one.Item},{one.Time:yyyy-MM-ddTHH:mm:ssZ}").Prepend("user_id,item_id,time"));
        var (exitCode, output) = await checkout.RunAsync(command);
        Assert.True(exitCode == 0, output);
        Assert.Contains("1,800 rows", output);
        Assert.Matches("Run [0-9a-f_]+ is published", output);
        Assert.Matches(@"(?m)^rank +item", output);
    }

    [SkippableFact]
    public async Task The_tour_leads_from_a_clean_checkout_and_a_table_to_rows_that_are_read_in_SQL()
    {
        await checkout.RequireAsync();
        var database = await cluster.CreateDatabaseAsync();
        await using var shop = NpgsqlDataSource.Create(database);
        await using (var connection = await shop.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("CREATE TABLE orders (customer_id bigint, product_id bigint, ordered_at timestamptz, quantity int); CREATE TABLE products (product_id bigint, title text)");
            await connection.ExecuteAsync("INSERT INTO orders VALUES (@User, @Item, @Time, 1)", Purchases().Select(one => new { one.User, one.Item, one.Time }));
            await connection.ExecuteAsync("INSERT INTO products SELECT DISTINCT product_id, 'Thing ' || product_id FROM orders; ANALYZE");
        }
        var script = string.Concat(Tour.Blocks("sh"));
        // The one thing that a reader has to put in.
        Assert.Single(script.Split(ConnectionInTheDocuments)[1..]);
        var (exitCode, output) = await checkout.RunAsync(script.Replace(ConnectionInTheDocuments, $"'{database}'"));
        Assert.True(exitCode == 0, output);
        Assert.Contains("FROM \"public\".\"orders\"", output);
        Assert.Contains("no earlier run", output);
        Assert.Matches("Run [0-9a-f_]+ is published", output);

        await using var reading = await shop.OpenConnectionAsync();
        Assert.NotEmpty(await reading.QueryAsync(Assert.Single(Tour.Blocks("sql"))));
        Assert.Equal(60, await reading.ExecuteScalarAsync<long>("SELECT count(*) FROM batchrec.recommendations_by_user"));
    }

    [Fact]
    public void The_README_s_way_with_one_s_own_database_is_the_tour_s()
    {
        var tour = Tour.Blocks("sh").SelectMany(Commands).ToList();
        Assert.Equal(tour, Commands(Readme.Blocks("sh")[1]));
    }

    [Fact]
    public void Every_document_that_is_linked_to_is_there()
    {
        foreach (var path in (string[])["README.md", .. Directory.GetFiles(Path.Combine(Checkout.Folder, "ops", "docs"), "*.md").Select(file => Path.GetRelativePath(Checkout.Folder, file))])
        foreach (var target in System.Text.RegularExpressions.Regex.Matches(new MarkdownFile(path).Text, @"\]\((?<target>[^)#:]+)(#[^)]*)?\)").Select(link => link.Groups["target"].Value))
            Assert.True(File.Exists(Path.Combine(Checkout.Folder, Path.GetDirectoryName(path)!, target)), $"{path} links to {target}, which is not there.");
    }

    /// <summary>Without the words beside them.</summary>
    private static IEnumerable<string> Commands(string block) => block.Split('\n').Select(line => line.Split("  #")[0].TrimEnd()).Where(line => line.Length > 0);
}
