using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Extract;

[Collection(PostgresTests.Name)]
public sealed class ExtractionTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Rows_come_out_sorted_in_one_file_a_UTC_day()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((7, 30, "2026-03-02 00:00:00"), (7, 10, "2026-03-01 12:00:00"), (5, 20, "2026-03-01 23:59:59.999999"), (7, 20, "2026-03-01 11:00:00"));
        var artefact = await shop.Extract("2026-03-03");

        Assert.Equal(["5 views 20 at 2026-03-01 23:59:59", "7 views 20 at 2026-03-01 11:00:00", "7 views 10 at 2026-03-01 12:00:00", "7 views 30 at 2026-03-02 00:00:00"], Shop.Rows(artefact));
        var log = InteractionLog.Open(artefact);
        Assert.Equal([new DateOnly(2026, 3, 1), new DateOnly(2026, 3, 2)], log.Days.Select(day => day.Date));
        Assert.Equal([3, 1], log.Days.Select(day => day.File.Rows));
        Assert.Equal((4, IdKind.BigInt, IdKind.BigInt), (log.Rows, log.Facts.UserIdKind, log.Facts.ItemIdKind));
    }

    [Theory]
    [InlineData("bigint", "-9223372036854775808", "9223372036854775807", IdKind.BigInt)]
    [InlineData("integer", "-5", "5", IdKind.BigInt)]
    [InlineData("uuid", "00000000-0000-0000-0000-000000000001", "ffffffff-eeee-dddd-cccc-bbbbbbbbbbbb", IdKind.Uuid)]
    [InlineData("text", "Zoë's id, longer than twelve bytes", "ünï", IdKind.Text)]
    [InlineData("varchar(40)", "a", "b", IdKind.Text)]
    public async Task Ids_keep_their_type_and_value(string type, string user, string item, IdKind kind)
    {
        await using var shop = await Shop.OpenAsync(cluster, type);
        await shop.Execute($"INSERT INTO interaction VALUES ($${user}$$, $${item}$$, 'view', '2026-03-01', 1, NULL)");
        var artefact = await shop.Extract("2026-03-03");
        Assert.Equal([$"{user} views {item} at 2026-03-01 00:00:00"], Shop.Rows(artefact));
        Assert.Equal(kind, InteractionLog.Open(artefact).Facts.UserIdKind);
    }

    [Fact]
    public async Task Ties_are_ordered_by_position_then_item()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("""
            INSERT INTO interaction VALUES (1, 30, 'view', '2026-03-01', NULL, 1), (1, 10, 'view', '2026-03-01', NULL, 2),
                (1, 25, 'view', '2026-03-01', NULL, NULL), (1, 20, 'view', '2026-03-01', NULL, 1)
            """);
        Assert.Equal(["25", "20", "30", "10"], Shop.Rows(await shop.Extract("2026-03-03")).Select(row => row.Split(' ')[2]));
    }

    [Fact]
    public async Task Values_are_kept_and_may_be_missing()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction VALUES (1, 1, 'buy', '2026-03-01', 2.5, 7), (2, 1, 'buy', '2026-03-01', NULL, NULL), (3, 1, 'buy', '2026-03-01', 'NaN', 0)");
        var day = Assert.Single(InteractionLog.Open(await shop.Extract("2026-03-03")).Days);
        using var duck = new DuckDb();
        using var rows = ParquetFile.Read(duck, day.Path, InteractionLog.Value, InteractionLog.Position);
        Assert.True(rows.Next());
        Assert.Equal(2.5f, rows.Floats(0)[0]);
        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(row => rows.IsMissing(0, row)));
        Assert.Equal((7, true, 0), (rows.Longs(1)[0], rows.IsMissing(1, 1), rows.Longs(1)[2]));
    }

    [Fact]
    public async Task What_happens_at_or_after_as_of_is_left_for_the_next_night()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((1, 1, "2026-03-01 11:59:59"), (1, 2, "2026-03-01 12:00:00"));
        var first = await shop.Extract("2026-03-01 12:00");
        Assert.Equal(["1 views 1 at 2026-03-01 11:59:59"], Shop.Rows(first));
        Assert.Empty(InteractionLog.Open(first).Facts.Skipped);
        Assert.Equal(2, Shop.Rows(await shop.Extract("2026-03-02 12:00", first)).Count);
    }

    [Fact]
    public async Task A_night_reads_the_overlap_again_and_takes_the_other_days_over()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        shop.Options = new ExtractOptions { OverlapDays = 2 };
        await shop.Add((1, 1, "2026-03-01 10:00"), (1, 2, "2026-03-05 10:00"), (1, 3, "2026-03-06 10:00"));
        var first = await shop.Extract("2026-03-07 02:00");

        await shop.Add((2, 9, "2026-03-06 09:00"), (2, 8, "2026-03-01 09:00"), (2, 7, "2026-03-07 09:00"));
        await shop.Execute("DELETE FROM interaction WHERE item_id = 1");
        var second = await shop.Extract("2026-03-08 02:00", first);

        // The late row of the overlap appears; what was added to and deleted from 1 March, outside it, is not seen.
        Assert.Equal(["1 views 1 at 2026-03-01 10:00:00", "1 views 2 at 2026-03-05 10:00:00", "1 views 3 at 2026-03-06 10:00:00", "2 views 9 at 2026-03-06 09:00:00", "2 views 7 at 2026-03-07 09:00:00"], Shop.Rows(second));
        Assert.Equal((1, 4), (InteractionLog.Open(second).Facts.DaysReused, InteractionLog.Open(second).Facts.Days));

        var full = await shop.Extract("2026-03-08 02:00", second, full: true);
        Assert.Equal(["2 views 8 at 2026-03-01 09:00:00", "1 views 2 at 2026-03-05 10:00:00", "1 views 3 at 2026-03-06 10:00:00", "2 views 9 at 2026-03-06 09:00:00", "2 views 7 at 2026-03-07 09:00:00"], Shop.Rows(full));
    }

    [Fact]
    public async Task A_day_of_the_overlap_that_lost_all_its_rows_disappears()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((1, 1, "2026-03-05 10:00"), (1, 2, "2026-03-06 10:00"));
        var first = await shop.Extract("2026-03-07");
        await shop.Execute("DELETE FROM interaction WHERE item_id = 2");
        Assert.Equal(["1 views 1 at 2026-03-05 10:00:00"], Shop.Rows(await shop.Extract("2026-03-08", first)));
    }

    [Fact]
    public async Task An_unchanged_day_keeps_its_file()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction SELECT i % 97, i % 89, 'view', timestamptz '2026-03-01 00:00+00' + i * interval '40 seconds', i % 5, i FROM generate_series(0, 9999) i");
        var first = await shop.Extract("2026-03-06");
        var again = await shop.Extract("2026-03-06", first, full: true);
        Assert.Equal(5, first.Manifest.Files.Count);
        Assert.Equal(first.Manifest.Files, again.Manifest.Files);

        await shop.Add((1, 1, "2026-03-03 10:00"));
        var changed = await shop.Extract("2026-03-06", again);
        Assert.Equal(["day=2026-03-03.parquet"], changed.Manifest.Files.Except(first.Manifest.Files).Select(file => file.Name));
    }

    [Fact]
    public async Task Slices_read_one_snapshot_whatever_is_committed_meanwhile()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction SELECT i, i, 'view', timestamptz '2026-03-01 00:00+00' + i * interval '1 second', 1, NULL FROM generate_series(0, 599999) i");
        shop.Options = new ExtractOptions { Slices = 4 };

        // A writer moves rows from the first day to the last one, each in one transaction: any single snapshot has 600,000.
        using var stop = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            await using var connection = await shop.Source.OpenConnectionAsync();
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await connection.ExecuteAsync("UPDATE interaction SET time = time + interval '6 days' WHERE user_id BETWEEN @i * 100 AND @i * 100 + 99 AND time < '2026-03-02'", new { i = i % 800 });
        });
        var artefact = await shop.Extract("2026-03-10");
        await stop.CancelAsync();
        await writer;
        Assert.Equal(600_000, artefact.Manifest.Rows);
        Assert.Equal(600_000, InteractionLog.Open(artefact).Days.Sum(day => day.File.Rows));
    }

    [Fact]
    public async Task A_query_that_includes_its_upper_bound_yields_no_row_twice()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        shop.Interactions = shop.Interactions.Replace("time < @until", "time <= @until");
        await shop.Execute("INSERT INTO interaction SELECT i, i, 'view', timestamptz '2026-03-01 00:00+00' + i * interval '1 minute', 1, NULL FROM generate_series(0, 300000) i");
        shop.Options = new ExtractOptions { Slices = 2 };
        var artefact = await shop.Extract("2027-01-01");
        Assert.Equal((300_001, 0), (artefact.Manifest.Rows, InteractionLog.Open(artefact).Facts.Duplicates));
    }

    [Fact]
    public async Task Timestamps_without_zone_are_read_in_the_source_s_zone()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        shop.SourceOptions = new SourceOptions { TimeZone = "Europe/Berlin" };
        await shop.Execute("ALTER TABLE interaction ALTER time TYPE timestamp USING time AT TIME ZONE 'UTC'");
        await shop.Execute("INSERT INTO interaction VALUES (1, 1, 'view', '2026-03-01 00:30', 1, NULL), (1, 2, 'view', '2026-03-02 00:30', 1, NULL), (1, 3, 'view', '2026-03-02 01:30', 1, NULL)");
        Assert.Equal(["1 views 1 at 2026-02-28 23:30:00", "1 views 2 at 2026-03-01 23:30:00"], Shop.Rows(await shop.Extract("2026-03-02 00:00")));
    }

    [Fact]
    public async Task Items_and_users_come_along_once_each()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((1, 10, "2026-03-01"));
        await shop.Execute("CREATE TABLE item (item_id bigint, name text, price numeric(9, 2), available boolean, weight int)");
        await shop.Execute("INSERT INTO item VALUES (20, 'twenty', NULL, NULL, 5), (10, 'ten', 9.99, false, 7), (10, 'ten again', 1, true, 1), (NULL, 'nothing', 1, true, 1)");
        shop.Items = "SELECT name AS title, item_id, price, available, weight FROM item;  -- all of them";
        shop.Users = "SELECT 1::bigint AS user_id, 'DE' AS country";
        var artefact = await shop.Extract("2026-03-02");

        var log = InteractionLog.Open(artefact);
        using var duck = new DuckDb();
        Assert.Equal([("item_id", "BIGINT"), ("title", "VARCHAR"), ("price", "DOUBLE"), ("available", "BOOLEAN"), ("weight", "VARCHAR")], ParquetFile.Schema(duck, artefact.PathOf(log.Items!)));
        var items = new IdMap(IdKind.BigInt);
        items.GetOrAdd(10);
        items.GetOrAdd(20);
        var catalogue = ItemCatalogue.Load(duck, artefact.PathOf(log.Items!), items);
        Assert.Equal(("ten", 9.99, false, "7"), (catalogue.TitleOf(0), catalogue.PriceOf(0), catalogue.IsAvailable(0), catalogue.AttributeOf(0, "weight")));
        Assert.Equal(("twenty", double.NaN, true), (catalogue.TitleOf(1), catalogue.PriceOf(1), catalogue.IsAvailable(1)));
        Assert.Equal(1, log.Users!.Rows);
        Assert.Equal(new Dictionary<string, long> { ["items.parquet: item_id is null"] = 1, ["items.parquet: item_id is there more than once"] = 1 }, log.Facts.Skipped);
    }

    [Fact]
    public async Task A_changed_query_reads_everything_again()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((1, 1, "2025-01-01"), (1, 2, "2026-03-01"));
        var first = await shop.Extract("2026-03-02");
        shop.Interactions += " AND item_id <> 1";
        var second = await shop.Extract("2026-03-03", first);
        Assert.Equal(["1 views 2 at 2026-03-01 00:00:00"], Shop.Rows(second));
        Assert.True(InteractionLog.Open(second).Facts.Full);
    }

    [Fact]
    public async Task A_query_that_is_slow_to_its_first_row_is_waited_for()
    {
        await using var shop = await Shop.OpenAsync(cluster, settings => settings.CommandTimeout = 1);
        await shop.Add((1, 1, "2026-03-01"));
        shop.Interactions = shop.Interactions.Replace("FROM interaction", "FROM interaction, (SELECT pg_sleep(1.5) OFFSET 0) slow");
        Assert.Equal(1, (await shop.Extract("2026-03-02")).Manifest.Rows);
    }

    /// <summary>Before the first row, and between two of many.</summary>
    [Theory]
    [InlineData("pg_sleep(3600)", 1)]
    [InlineData("CASE WHEN current_query() LIKE 'COPY%' AND user_id = 15000 THEN pg_sleep(3600) END", 20_000)]
    public async Task An_extraction_that_is_cancelled_leaves_no_artefact(string slow, int rows)
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute($"INSERT INTO interaction SELECT i, i % 100, 'view', '2026-03-01', 1, i FROM generate_series(1, {rows}) AS i");
        shop.Interactions = shop.Interactions.Replace("FROM interaction", $"FROM interaction, LATERAL (SELECT {slow} OFFSET 0) slow");
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => shop.Extract("2026-03-02", cancellation: cancellation.Token).WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.Null(shop.Store.Find(RunId.Parse("20260301_000000_0000"), Artefact.Interactions));
    }

    [Fact]
    public async Task The_default_pipeline_reads_a_loaded_shop()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("""
            CREATE SCHEMA shop;
            CREATE TABLE shop.interaction (user_id text, item_id text, event_type text, occurred_at timestamptz, value float8, position bigint);
            CREATE TABLE shop.item (item_id text, title text, category text, price numeric, available boolean);
            INSERT INTO shop.interaction VALUES ('ann', 'tea', 'purchase', '2026-03-01 10:00+00', 2, NULL);
            INSERT INTO shop.item VALUES ('tea', 'Tea, 100 g', 'drinks', 3.5, true);
            """);
        var queries = SourceQueries.Read(new SourceOptions { SqlFolder = Path.Combine(Checkout.Folder, "sql", "source") }, "default");
        (shop.Interactions, shop.Items) = (queries.Interactions.Text, queries.Items!.Text);
        var artefact = await shop.Extract("2026-03-02");
        Assert.Equal(["ann purchases tea at 2026-03-01 10:00:00"], Shop.Rows(artefact));
        Assert.Equal(1, InteractionLog.Open(artefact).Items!.Rows);
    }

    [Fact]
    public async Task One_user_with_100_000_interactions_is_extracted()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction SELECT 1, i % 1000, 'view', timestamptz '2026-03-01 00:00+00', 1, i FROM generate_series(1, 100000) i");
        Assert.Equal(100_000, (await shop.Extract("2026-03-02")).Manifest.Rows);
    }
}
