using BatchRec.Extract;
using Xunit;

namespace BatchRec.Tests.Extract;

public sealed class SourceQueryTests
{
    [Theory]
    [InlineData("SELECT 1 WHERE t >= @from AND t < @UNTIL", "SELECT 1 WHERE t >= F AND t < U")]
    [InlineData("-- between @from and @until\nSELECT /* @from /* @until */ */ @from", "-- between @from and @until\nSELECT /* @from /* @until */ */ F")]
    [InlineData("SELECT '@from''@until', \"@from\", E'\\'@until', $x$ @from $x$, $$@until$$, @until", "SELECT '@from''@until', \"@from\", E'\\'@until', $x$ @from $x$, $$@until$$, U")]
    [InlineData("SELECT @from_day, $1, a$b$ @from", "SELECT @from_day, $1, a$b$ F")]
    [InlineData("SELECT @from; -- done\n", "SELECT F")]
    public void Only_places_in_the_statement_itself_are_filled(string text, string filled) =>
        Assert.Equal(filled, SourceQuery.Parse("q.sql", text).Between("F", "U"));

    [Theory]
    [InlineData("SELECT 1 FROM shop.interaction", true)]
    [InlineData("SELECT 1 FROM \"shop\".\"interaction\" AS i", true)]
    [InlineData("SELECT 1 FROM (SELECT 2 FROM Shop.Interaction)", true)]
    [InlineData("SELECT '--', 1 FROM shop.interaction", true)]
    [InlineData("SELECT 'shop.interaction' FROM orders", false)]
    [InlineData("SELECT 1 FROM shop.interactions", false)]
    [InlineData("SELECT 1 FROM old.shop.interaction", false)]
    [InlineData("-- Proposed from shop.interaction\nSELECT 1 FROM orders /* not shop.interaction */", false)]
    public void A_table_is_mentioned_where_the_statement_names_it(string text, bool mentioned) =>
        Assert.Equal(mentioned, SourceQuery.Parse("q.sql", text).Mentions("shop.interaction"));

    [Theory]
    [InlineData("SELECT 1; SELECT 2", "more than one statement")]
    [InlineData("-- nothing yet\n", "no statement")]
    [InlineData("", "no statement")]
    public void Anything_but_one_statement_is_refused(string text, string said) =>
        Assert.Contains(said, Assert.Throws<BatchRecException>(() => SourceQuery.Parse("q.sql", text)).Message);

    [Fact]
    public void A_pipeline_s_queries_are_read_from_its_folder()
    {
        var folder = Directory.CreateTempSubdirectory("batchrec-sql-");
        try
        {
            var options = new SourceOptions { SqlFolder = folder.FullName };
            Assert.Contains("interactions.sql can't be read", Assert.Throws<BatchRecException>(() => SourceQueries.Read(options, "default")).Message);

            folder.CreateSubdirectory("default");
            var path = Path.Combine(folder.FullName, "default", "interactions.sql");
            File.WriteAllText(path, "SELECT 1 -- @from @until");
            var said = Assert.Throws<BatchRecException>(() => SourceQueries.Read(options, "default")).Message;
            Assert.Contains(path, said);
            Assert.Contains("doesn't use both @from and @until", said);

            File.WriteAllText(path, "SELECT @from, @until");
            Assert.Null(SourceQueries.Read(options, "default").Items);
            File.WriteAllText(Path.Combine(folder.FullName, "default", "items.sql"), "SELECT 1 AS item_id");
            Assert.NotNull(SourceQueries.Read(options, "default").Items);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
