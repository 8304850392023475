using System.IO.Compression;
using BatchRec.Import;
using Xunit;

namespace BatchRec.Tests.Import;

public sealed class LogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("log-").FullName;

    [Fact]
    public void Users_and_items_stand_by_their_ids_and_events_by_time_then_by_row()
    {
        var log = Read("user_id,item_id,timestamp\n10,b,50\n9,a,70\n10,a,40\n10,c,50\n");
        Assert.True(log.HasTimes);
        Assert.Equal((2, 3), (log.Sequences.UserCount, log.Sequences.ItemCount));
        Assert.Equal([0], log.Sequences.ItemsOf(0).ToArray());
        Assert.Equal([0, 1, 2], log.Sequences.ItemsOf(1).ToArray());
        Assert.Equal([70_000_000, 40_000_000, 50_000_000, 50_000_000], log.Sequences.Times);
    }

    [Fact]
    public void Without_times_the_order_of_the_file_counts()
    {
        var log = Read("session_id,item_id\ns2,7\ns1,9\ns2,5\n");
        Assert.False(log.HasTimes);
        Assert.Equal([2], log.Sequences.ItemsOf(0).ToArray());
        Assert.Equal([1, 0], log.Sequences.ItemsOf(1).ToArray());
    }

    [Fact]
    public void Lines_of_a_user_and_items_are_known_as_what_they_are()
    {
        var log = Read("1 30 20 100\n2 20\n");
        Assert.False(log.HasTimes);
        Assert.Equal([1, 0, 2], log.Sequences.ItemsOf(0).ToArray());
        Assert.Equal([0, 1, 2, 0], log.Sequences.Times);
    }

    [Fact]
    public void Known_layouts_are_found_by_their_header_gzipped_or_not()
    {
        var path = Path.Combine(_folder, "ratings.csv.gz");
        using (var file = new StreamWriter(new GZipStream(File.Create(path), CompressionMode.Compress))) file.Write("user_id,movie_id,rating,timestamp\n1,5,4,100\n");
        var log = LogFile.Read(Layout.Csv, path, null);
        Assert.Equal(["rating"], log.Sequences.EventTypes);
        Assert.Equal([4f], log.Sequences.Values);
        var shop = Read("invoice_no,stock_code,quantity,invoice_time,unit_price,customer_id\n1,A,2,2011-01-01 10:00:00,1,7\nC1,A,-2,2011-01-02 10:00:00,1,7\n");
        Assert.Equal(1, shop.Sequences.EventCount);
        Assert.Contains("a cancellation", shop.Skipped.Single());
    }

    [Fact]
    public void A_second_file_holds_what_is_asked_for_after_all_of_the_first()
    {
        var log = LogFile.Read(Layout.Csv, Write("user_id,item_id\n1,5\n1,6\n2,5\n"), Write("user_id,item_id\n1,7\n3,5\n3,6\n"));
        Assert.Equal([2, 4, 4], log.TestFrom!);
        Assert.Equal([0, 3, 4, 6], log.Sequences.Offsets);
    }

    [Fact]
    public void Attributes_come_from_files_of_their_own_by_the_ids_of_the_log()
    {
        var log = LogFile.Read(Layout.Csv, Write("user_id,item_id\n1,5\n1,6\n2,5\n"), null,
            Write("movie_id,title,genres\n6,Six,a|b\n99,Other,c\n5,,b\n6,Twice,c\n"), Write("user_id,age\n2,30\n"));
        Assert.Equal([null, "Six"], Enumerable.Range(0, 2).Select(log.Sequences.ItemAttributes.Column("title")));
        // By its own name, and by the one that it has in items.sql.
        Assert.Equal(["b", "a|b"], Enumerable.Range(0, 2).Select(log.Sequences.ItemAttributes.Column("genres")));
        Assert.Equal(["b", "a|b"], Enumerable.Range(0, 2).Select(log.Sequences.ItemAttributes.Column("category")));
        Assert.Equal([null, "30"], Enumerable.Range(0, 2).Select(log.Sequences.UserAttributes.Column("age")));
        Assert.Contains("has to be called item_id or", Assert.Throws<BatchRecException>(() => LogFile.Read(Layout.Csv, Write("user_id,item_id\n1,5\n"), null, Write("id,title\n5,x\n"))).Message);
        Assert.Contains("none of its ids is in the log", Assert.Throws<BatchRecException>(() => LogFile.Read(Layout.Csv, Write("user_id,item_id\n1,5\n"), null, Write("item_id,title\n7,x\n"))).Message);
    }

    [Theory]
    [InlineData("user_id,thing\n1,2\n", "needs user_id or user or session_id, item_id or item")]
    [InlineData("user_id,item_id,time\n1,2,yesterday\n", "1 of 1 lines are malformed")]
    [InlineData("user_id,item_id\n", "has no interactions")]
    [InlineData("1 2 3\n4\n", "line 2: a user without items")]
    public void Bad_input_says_what_and_where(string content, string why) => Assert.Contains(why, Assert.Throws<BatchRecException>(() => Read(content)).Message);

    [Fact]
    public void A_file_that_is_not_there_and_two_files_of_two_kinds_are_faults()
    {
        Assert.Contains("There is no file", Assert.Throws<BatchRecException>(() => LogFile.Read(Layout.Csv, "/nowhere.csv", null)).Message);
        Assert.Contains("only one has times", Assert.Throws<BatchRecException>(
            () => LogFile.Read(Layout.Csv, Write("user_id,item_id\n1,5\n"), Write("user_id,item_id,time\n1,7,100\n"))).Message);
    }

    private LogFile Read(string content) => LogFile.Read(Layout.Csv, Write(content), null);

    private string Write(string content)
    {
        var path = Path.Combine(_folder, Guid.NewGuid() + ".csv");
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
