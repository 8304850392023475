using System.IO.Compression;
using BatchRec.Import;
using BatchRec.Interactions;
using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Import;

[Collection(PostgresTests.Name)]
public sealed class ShopImportTests(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-import-").FullName;
    private readonly TimeProvider _clock = new MovableClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private string _database = "";

    public async Task InitializeAsync() => _database = await cluster.CreateDatabaseAsync();

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static Layout LayoutCalled(string name) => Layout.All.Single(layout => layout.Name == name);

    private Task<ImportReport> Import(string layout, string path, string? items = null) =>
        Import(new ImportRequest { Layout = LayoutCalled(layout), Path = path, ItemsPath = items });

    private Task<ImportReport> Import(ImportRequest request) => ShopImport.RunAsync(_database, request, _clock, null, default);

    private async Task<string[]> Ask(string sql)
    {
        await using var connection = new NpgsqlConnection(_database);
        return [.. await connection.QueryAsync<string>(sql)];
    }

    private Task<string[]> Log() => Ask(
        "SELECT concat_ws('|', user_id, item_id, event_type, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), coalesce(value::text, '-'), coalesce(position::text, '-')) "
        + "FROM shop.interaction ORDER BY occurred_at, position, user_id");

    private Task<string[]> Items() => Ask(
        "SELECT concat_ws('|', item_id, coalesce(title, '-'), coalesce(category, '-'), coalesce(price::text, '-'), available) FROM shop.item ORDER BY item_id::text");

    [Fact]
    public async Task A_csv_log_with_all_columns_is_read_as_it_stands()
    {
        var log = Write("log.csv", "time,user_id,event,item_id,value,position,extra\r\n2025-03-01T10:00:00Z,u1,view,\"a, b\",,9,x\r\n1740823201,u2,cart,c,2.5,8,y\r\n");
        var items = Write("items.csv", "item_id,title,category,price,available\nc,Red Mug,Kitchen,4.95,false\n");
        var report = await Import("csv", log, items);
        Assert.Equal(["u1|a, b|view|2025-03-01 10:00:00|-|9", "u2|c|cart|2025-03-01 10:00:01|2.5|8"], await Log());
        Assert.Equal(["a, b|-|-|-|t", "c|Red Mug|Kitchen|4.95|f"], await Items());
        Assert.Equal(new ShopSummary(2, 2, 2, new DateTime(2025, 3, 1, 10, 0, 0, DateTimeKind.Utc), new DateTime(2025, 3, 1, 10, 0, 1, DateTimeKind.Utc)), report.Shop);
        Assert.Empty(report.Bad);
    }

    [Fact]
    public async Task A_csv_log_without_events_and_positions_takes_the_default_event_and_the_rows_order()
    {
        var log = Write("log.csv", "user_id,item_id,timestamp\n1,5,1390694400\n1,4,1390694400\n");
        await Import("csv", log);
        Assert.Equal(["1|5|interaction|2014-01-26 00:00:00|-|1", "1|4|interaction|2014-01-26 00:00:00|-|2"], await Log());
        Assert.Equal(["4|-|-|-|t", "5|-|-|-|t"], await Items());
    }

    [Theory]
    [InlineData("1", "2", "bigint", "bigint")]
    [InlineData("6f9619ff-8b86-d011-b42d-00c04fc964ff", "007", "uuid", "text")]
    [InlineData("a", "2", "text", "bigint")]
    public async Task Id_columns_have_the_type_of_the_data(string user, string item, string userType, string itemType)
    {
        await Import("csv", Write("log.csv", $"user_id,item_id,time\n{user},{item},1390694400\n"));
        Assert.Equal([$"{userType} {itemType} {itemType}"], await Ask(
            "SELECT concat_ws(' ', pg_typeof(user_id), pg_typeof(interaction.item_id), pg_typeof(item.item_id)) FROM shop.interaction JOIN shop.item USING (item_id)"));
    }

    [Fact]
    public async Task The_items_file_widens_the_type_of_the_items_ids()
    {
        var items = Write("items.csv", "item_id\nA7\n");
        await Import("csv", Write("log.csv", "user_id,item_id,time\n1,2,1390694400\n"), items);
        Assert.Equal(["2|-|-|-|t", "A7|-|-|-|t"], await Items());
    }

    [Theory]
    [InlineData("ml-1m", "user_id,movie_id,rating,timestamp,ts_kind\n1,1193,5,978300760,E\n1,661,3,978300760,I\n", "movie_id,title,year,genres\n661,James (1996),1996,Animation|Musical\n1193,Nest (1975),1975,Drama\n")]
    [InlineData("ml-100k", "user_id,movie_id,rating,timestamp\n1,1193,5,978300760\n1,661,3,978300760\n", "movie_id,title,release_date,genres\n661,James (1996),,Animation|Musical\n1193,Nest (1975),,Drama\n")]
    public async Task MovieLens_is_read_from_its_folder_with_the_rows_order_as_position(string layout, string ratings, string movies)
    {
        Write("ratings.csv", ratings);
        Write("movies.csv", movies);
        await Import(layout, _folder);
        Assert.Equal(["1|1193|rating|2000-12-31 22:12:40|5|1", "1|661|rating|2000-12-31 22:12:40|3|2"], await Log());
        Assert.Equal(["1193|Nest (1975)|Drama|-|t", "661|James (1996)|Animation|Musical|-|t"], await Items());
    }

    [Fact]
    public async Task Online_Retail_keeps_customers_purchases_of_goods_in_London_time()
    {
        const string header = "invoice_no,stock_code,description,quantity,invoice_time,unit_price,customer_id,country\n";
        Write("transactions.csv", header
            + "1,85123A,HEART,6,2011-07-01 08:26:00,2.55,17850,UK\n"
            + "1,71053,LANTERN,2,2011-07-01 08:26:00,3.39,17850,UK\n"
            + "2,71053,LANTERN,2,2011-07-01 08:26:00,3.39,,UK\n"
            + "C3,71053,LANTERN,-2,2011-07-01 08:26:00,3.39,17850,UK\n"
            + "4,71053,LANTERN,-2,2011-07-01 08:26:00,3.39,17850,UK\n"
            + "5,71053,LANTERN,2,2011-07-01 08:26:00,0,17850,UK\n"
            + "6,POST,POSTAGE,1,2011-07-01 08:26:00,18,17850,UK\n"
            + "7,gift_0001_20,VOUCHER,1,2011-07-01 08:26:00,18,17850,UK\n");
        Write("items.csv", "stock_code,description,median_unit_price,first_seen,last_seen,rows\n71053,\"LANTERN, METAL\",3.39,,,1\nPOST,POSTAGE,18,,,1\n");
        var report = await Import("online-retail", _folder);
        Assert.Equal(["17850|71053|purchase|2011-07-01 07:26:00|2|-", "17850|85123A|purchase|2011-07-01 07:26:00|6|-"], (await Log()).Order());
        Assert.Equal(["71053|LANTERN, METAL|-|3.39|t", "85123A|-|-|-|t"], await Items());
        Assert.Empty(report.Bad);
        Assert.Equal(
            [
                "2 × postage, fees and vouchers (lines 8, 9)", "1 × a cancellation (line 5)", "1 × no customer (line 4)",
                "1 × price of 0 or less (line 7)", "1 × quantity of 0 or less (line 6)", "items: 1 × postage, fees and vouchers (line 3)",
            ],
            report.LeftOut);
    }

    [Fact]
    public async Task Bad_lines_are_counted_by_reason_with_their_first_lines()
    {
        var log = Write("log.csv", "user_id,item_id,time,value\n1,2,1390694400,1\n,2,1390694400,1\n1,2,never,1\n1,2,1390694400,much\n1,2\n1, ,1390694400,1\n");
        var report = await Import(new ImportRequest { Layout = Layout.Csv, Path = log, MaxBadShare = 0.9 });
        Assert.Equal(1, report.Shop.Rows);
        Assert.Equal(
            [
                "1 × item id is blank (line 7)", "1 × not 4 fields, as the header has (line 6)", "1 × time is neither ISO 8601 nor Unix seconds (line 4)",
                "1 × user id is blank (line 3)", "1 × value is not a number (line 5)",
            ],
            report.Bad);
    }

    [Fact]
    public async Task Too_many_bad_lines_are_fatal_and_named()
    {
        var log = Write("log.csv", "user_id,item_id,time\n" + string.Concat(Enumerable.Repeat("1,2,1390694400\n", 97)) + string.Concat(Enumerable.Repeat("1,,1390694400\n", 3)));
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Import("csv", log));
        Assert.Contains("3 of 100 lines are malformed, more than 1%: 3 × item id is blank (lines 99, 100, 101)", fault.Message);
    }

    [Theory]
    [InlineData("user_id,time\n1,2\n", "the header is 'user_id,time'; the layout csv needs user_id or user or session_id, item_id or item, time or timestamp (and reads event, value, position where they are there). Missing: item_id or item.")]
    [InlineData("user_id,item_id,time\n", "has no interactions: 0 lines")]
    [InlineData("", "is empty; its first line has to name the columns")]
    public async Task A_log_that_cannot_be_one_says_what_is_wrong(string content, string said)
    {
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Import("csv", Write("log.csv", content)));
        Assert.Contains(said, fault.Message);
    }

    [Fact]
    public async Task A_folder_without_the_log_and_a_folder_for_csv_say_which_file_to_name()
    {
        Assert.Contains("has neither ratings.csv.gz nor ratings.csv", (await Assert.ThrowsAsync<BatchRecException>(() => Import("ml-1m", _folder))).Message);
        Assert.Contains("is a folder; name the file", (await Assert.ThrowsAsync<BatchRecException>(() => Import("csv", _folder))).Message);
    }

    [Fact]
    public async Task An_unknown_time_zone_is_named()
    {
        var request = new ImportRequest { Layout = Layout.Csv, Path = Write("log.csv", "user_id,item_id,time\n1,2,1390694400\n"), TimeZone = "Mars/Olympus" };
        Assert.Contains("no time zone 'Mars/Olympus'", (await Assert.ThrowsAsync<BatchRecException>(() => Import(request))).Message);
    }

    [Fact]
    public async Task A_second_import_replaces_the_first_and_its_types()
    {
        await Import("csv", Write("first.csv", "user_id,item_id,time\n1,2,1390694400\n"));
        await Import("csv", Write("second.csv", "user_id,item_id,time\nu,i,1390694400\n"));
        Assert.Equal(["u|i|interaction|2014-01-26 00:00:00|-|1"], await Log());
        Assert.Equal(["interaction_occurred_at_idx", "item_pkey"], await Ask("SELECT indexname FROM pg_indexes WHERE schemaname = 'shop' ORDER BY 1"));
    }

    [Fact]
    public async Task A_failed_import_leaves_the_old_tables()
    {
        await Import("csv", Write("first.csv", "user_id,item_id,time\n1,2,1390694400\n"));
        await using (var connection = new NpgsqlConnection(_database)) await connection.ExecuteAsync("CREATE VIEW watching AS SELECT * FROM shop.interaction");

        var second = Write("second.csv", "user_id,item_id,time\n3,4,1390694400\n");
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Import("csv", second));
        Assert.Contains("view watching depends on table shop.interaction", fault.Message);
        Assert.Equal(["1|2|interaction|2014-01-26 00:00:00|-|1"], await Log());
        Assert.Equal(["interaction", "item"], await Ask("SELECT tablename FROM pg_tables WHERE schemaname = 'shop' ORDER BY 1"));
    }

    [Fact]
    public async Task A_load_that_breaks_off_in_the_middle_leaves_the_old_tables()
    {
        await Import("csv", Write("first.csv", "user_id,item_id,time\n1,2,1390694400\n"));
        await using (var load = await ShopLoad.BeginAsync(_database, IdKind.BigInt, IdKind.BigInt, default))
        {
            using var copy = load.CopyInteractions();
            copy.Write(3, 4, "view", DateTime.UnixEpoch, null, null);
        }
        Assert.Equal(["1|2|interaction|2014-01-26 00:00:00|-|1"], await Log());
    }

    [SkippableFact]
    public async Task Online_Retail_has_the_counts_that_its_publisher_states()
    {
        var report = await Import("online-retail", Path.GetDirectoryName(SharedData.File("online-retail/transactions.csv.gz"))!);
        Assert.Empty(report.Bad);
        var left = report.LeftOut.Where(reason => !reason.StartsWith("items", StringComparison.Ordinal)).ToDictionary(
            reason => reason[(reason.IndexOf('×') + 2)..reason.IndexOf(" (line", StringComparison.Ordinal)],
            reason => long.Parse(reason[..reason.IndexOf(' ')].Replace(",", "")));
        Assert.Equal(135_080, left[OnlineRetail.NoCustomer]);
        Assert.Equal(397_884, report.Shop.Rows + left[OnlineRetail.NotGoods]);
        Assert.Equal(541_909, report.Shop.Rows + left.Values.Sum());
    }

    [SkippableFact]
    public async Task MovieLens_1M_in_order_of_time_and_position_is_the_published_sequences()
    {
        var sequences = SharedData.File("ml-1m/sequences.txt.gz");
        var report = await Import("ml-1m", SharedData.File("ml-1m/ratings.csv.gz"));
        Assert.Equal((1_000_209, 6_040, 3_706), (report.Shop.Rows, report.Shop.Users, report.Shop.Items));
        Assert.Empty(report.Bad);

        // The published sequences leave out films rated fewer than 5 times; 3,001 users have published times only, the others' are
        // estimated to the second in part, with ties.
        var ours = await Ask(
            "SELECT user_id || ' ' || string_agg(item_id::text, ' ' ORDER BY occurred_at, position) FROM shop.interaction "
            + "WHERE item_id IN (SELECT item_id FROM shop.interaction GROUP BY item_id HAVING count(*) >= 5) GROUP BY user_id");
        var estimated = UsersWithEstimatedTimes();
        using var reader = new StreamReader(new GZipStream(File.OpenRead(sequences), CompressionMode.Decompress));
        var published = (await reader.ReadToEndAsync()).Split('\n').Select(line => line.Trim()).ToHashSet();
        var exact = ours.Where(sequence => !estimated.Contains(sequence[..sequence.IndexOf(' ')])).ToList();
        Assert.Equal(3_001, exact.Count);
        Assert.All(exact, sequence => Assert.Contains(sequence, published));
    }

    private static HashSet<string> UsersWithEstimatedTimes()
    {
        using var ratings = CsvFile.Open(SharedData.File("ml-1m/ratings.csv.gz"));
        var users = new HashSet<string>();
        while (ratings.Read())
            if (ratings["ts_kind"] is not "E") users.Add(ratings["user_id"].ToString());
        return users;
    }

    [SkippableTheory]
    [InlineData("ml-100k", "ml-100k/ratings.csv.gz", null, 100_000, 943, 1_682)]
    [InlineData("csv", "amazon-sports/interactions.csv.gz", "amazon-sports/item_attributes.csv.gz", 296_337, 35_598, 18_357)]
    public async Task Data_sets_have_the_counts_that_their_publishers_state(string layout, string log, string? items, long rows, long users, long itemCount)
    {
        var report = await Import(layout, SharedData.File(log), items is null ? null : SharedData.File(items));
        Assert.Equal((rows, users, itemCount), (report.Shop.Rows, report.Shop.Users, report.Shop.Items));
        Assert.Empty(report.Bad);
    }
}
