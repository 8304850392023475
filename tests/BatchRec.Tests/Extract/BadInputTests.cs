using BatchRec.Extract;
using BatchRec.Interactions;
using BatchRec.Runs;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Extract;

/// <summary>What is wrong with a source is either counted and skipped, or said with what, where and what to do.</summary>
[Collection(PostgresTests.Name)]
public sealed class BadInputTests(PostgresCluster cluster)
{
    private async Task<Shop> ShopOfTwentyRows(string idType = "bigint")
    {
        var shop = await Shop.OpenAsync(cluster, idType);
        await shop.Execute("INSERT INTO interaction SELECT i, i, 'view', timestamptz '2026-03-01 00:00+00' + i * interval '1 minute', 1, NULL FROM generate_series(1, 20) i");
        return shop;
    }

    private static async Task<string> Refusal(Shop shop, string asOf = "2026-03-02", Artefact? previous = null) =>
        (await Assert.ThrowsAsync<BatchRecException>(() => shop.Extract(asOf, previous))).Message;

    [Theory]
    [InlineData("bigint", "NULL, 1, 'view', '2026-03-01', 1, NULL", "user_id is null")]
    [InlineData("bigint", "1, NULL, 'view', '2026-03-01', 1, NULL", "item_id is null")]
    [InlineData("text", "'  ', '1', 'view', '2026-03-01', 1, NULL", "user_id is blank")]
    [InlineData("text", "'1', '', 'view', '2026-03-01', 1, NULL", "item_id is blank")]
    [InlineData("bigint", "1, 1, NULL, '2026-03-01', 1, NULL", "event_type is null or blank")]
    [InlineData("bigint", "1, 1, 'view', '1969-12-31', 1, NULL", "time is before 1970")]
    [InlineData("bigint", "1, 1, 'view', now() + interval '1 year', 1, NULL", "time is in the future")]
    [InlineData("bigint", "1, 1, 'view', NULL, 1, NULL", "time is null")]
    public async Task Unusable_rows_are_skipped_and_counted(string idType, string row, string reason)
    {
        await using var shop = await ShopOfTwentyRows(idType);
        await shop.Execute($"INSERT INTO interaction VALUES ({row})");
        if (reason == "time is null") shop.Interactions = shop.Interactions.Replace("WHERE time >= @from AND time < @until", "WHERE time IS NULL OR (time >= @from AND time < @until)");
        var artefact = await shop.Extract("2026-03-02");
        Assert.Equal(20, artefact.Manifest.Rows);
        var facts = InteractionLog.Open(artefact).Facts;
        Assert.Equal(new Dictionary<string, long> { [reason] = 1 }, facts.Skipped);
        Assert.Equal(21, facts.RowsRead);
    }

    [Fact]
    public async Task Too_many_unusable_rows_end_the_night_with_their_counts()
    {
        await using var shop = await ShopOfTwentyRows();
        await shop.Execute("INSERT INTO interaction SELECT NULL, 1, 'view', '2026-03-01', i, NULL FROM generate_series(1, 5) i");
        var said = await Refusal(shop);
        Assert.Contains("5 of 25 rows", said);
        Assert.Contains("5 × user_id is null", said);
        Assert.Contains("Extract:MaxSkippedShare = 0.05", said);
    }

    [Fact]
    public async Task Exact_duplicates_collapse_and_are_counted()
    {
        await using var shop = await ShopOfTwentyRows();
        await shop.Execute("INSERT INTO interaction SELECT * FROM interaction WHERE user_id <= 3");
        await shop.Execute("INSERT INTO interaction SELECT user_id, item_id, event_type, time, 2, position FROM interaction WHERE user_id = 20");
        var artefact = await shop.Extract("2026-03-02");
        Assert.Equal((21, 3), (artefact.Manifest.Rows, InteractionLog.Open(artefact).Facts.Duplicates));
    }

    [Fact]
    public async Task An_empty_log_is_refused()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        var said = await Refusal(shop);
        Assert.Contains("interactions.sql yields no interaction before 2026-03-02", said);
        Assert.Contains("--as-of", said);
        Assert.Null(shop.Store.Find(shop.NextRun(), Artefact.Interactions));
    }

    [Fact]
    public async Task Missing_columns_and_wrong_types_are_all_named_at_once()
    {
        await using var shop = await ShopOfTwentyRows();
        shop.Interactions = "SELECT user_id::numeric, item_id AS item, 1 AS event_type, time::text, 'much' AS value FROM interaction WHERE time >= @from AND time < @until";
        shop.Items = "SELECT 'a' AS item_id, 3 AS title";
        var said = await Refusal(shop);
        foreach (var fault in new[]
        {
            "user_id is numeric, not bigint, uuid or text", "item_id is missing", "event_type is integer, not text", "time is text, not timestamptz",
            "value is text, not numeric", "It yields user_id numeric, item bigint, event_type integer, time text, value text",
            "position (bigint, optional)", "items.sql: title is integer, not text",
        })
            Assert.Contains(fault, said);
    }

    [Fact]
    public async Task Items_of_another_id_type_than_the_interactions_are_refused()
    {
        await using var shop = await ShopOfTwentyRows();
        shop.Items = "SELECT 'a' AS item_id";
        Assert.Contains("items.sql: item_id is text, not bigint, as in interactions.sql", await Refusal(shop));
    }

    [Fact]
    public async Task A_query_that_PostgreSQL_refuses_is_named_with_its_line()
    {
        await using var shop = await ShopOfTwentyRows();
        shop.Interactions = "SELECT user_id,\n  no_such_column\nFROM interaction WHERE time >= @from AND time < @until";
        var said = await Refusal(shop);
        Assert.Contains("interactions.sql, line 2", said);
        Assert.Contains("no_such_column", said);
    }

    [Fact]
    public async Task A_query_that_fails_on_a_row_is_named()
    {
        await using var shop = await ShopOfTwentyRows();
        shop.Interactions = shop.Interactions.Replace("value,", "1 / (user_id - 7) AS value,");
        Assert.Contains("interactions.sql: PostgreSQL says: division by zero", await Refusal(shop));
    }

    [Theory]
    [InlineData("uuid")]
    [InlineData("text")]
    public async Task A_changed_id_type_is_refused_until_everything_is_read_anew(string changed)
    {
        await using var before = await ShopOfTwentyRows();
        var previous = await before.Extract("2026-03-02");
        await using var shop = await Shop.OpenAsync(cluster, changed);
        await shop.Add(("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002", "2026-03-01"));
        var said = await Refusal(shop, previous: previous);
        Assert.Contains($"yields user_id as {changed} and item_id as {changed}; the live run has bigint and bigint", said);
        Assert.Contains("batchrec run --full", said);
        Assert.Equal(1, (await shop.Extract("2026-03-02", previous, full: true)).Manifest.Rows);
    }

    [Fact]
    public async Task A_wrong_password_or_database_is_said_without_the_password()
    {
        await using var shop = await ShopOfTwentyRows();
        var settings = new NpgsqlConnectionStringBuilder(shop.Source.ConnectionString) { Database = "no_such_database", Password = "secret" };
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Extract(settings));
        Assert.Contains("database no_such_database, user batchrec) refuses the connection", fault.Message);
        Assert.Contains("ConnectionStrings:Source", fault.Message);
        Assert.DoesNotContain("secret", fault.Message);
    }

    [Fact]
    public async Task An_unreachable_server_is_said_with_its_address()
    {
        var settings = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = 1, Database = "shop", Username = "me", Timeout = 5 };
        var fault = await Assert.ThrowsAsync<NpgsqlException>(() => Extract(settings));
        Assert.Contains("host 127.0.0.1, port 1, database shop, user me) can't be reached", fault.Message);
        Assert.Contains("ConnectionStrings:Source", fault.Message);
    }

    [SkippableFact]
    public async Task A_full_disk_is_said_and_leaves_no_artefact()
    {
        using var disk = new SmallDisk(mebibytes: 1);
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction SELECT i, (random() * 1e9)::bigint, 'view', timestamptz '2026-03-01 00:00+00' + i * interval '0.8 seconds', random(), NULL FROM generate_series(1, 200000) i");
        shop.StoreFolder = disk.Folder;
        var run = RunId.Parse("20260301_000000_0000");
        var said = await Refusal(shop, "2026-03-05");
        Assert.Contains($"{disk.Folder}/default/runs/{run}/interactions.work/day=2026-03-0", said);
        Assert.Contains("No space left on device", said);
        Assert.Contains("Free space there", said);
        Assert.Null(shop.Store.Find(run, Artefact.Interactions));

        shop.StoreFolder = null;
        Assert.Equal(200_000, (await shop.Extract("2026-03-05")).Manifest.Rows);
    }

    private static async Task Extract(NpgsqlConnectionStringBuilder settings)
    {
        var folder = Directory.CreateTempSubdirectory("batchrec-extract-");
        try
        {
            await using var source = NpgsqlDataSource.Create(settings);
            var queries = new SourceQueries(SourceQuery.Parse("interactions.sql", "SELECT @from, @until"), null, null);
            await new ArtefactStore(folder.FullName, "default", TimeProvider.System).GetOrCreateAsync(RunId.New(DateTimeOffset.UnixEpoch), Artefact.Interactions,
                (draft, token) => Extraction.RunAsync(source, queries, new SourceOptions(), new ExtractOptions(), DateTimeOffset.UnixEpoch, null, false, draft, null, token), default);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
