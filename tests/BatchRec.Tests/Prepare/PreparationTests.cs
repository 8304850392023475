using BatchRec.Interactions;
using BatchRec.Prepare;
using BatchRec.Runs;
using BatchRec.Tests.Extract;
using Xunit;

namespace BatchRec.Tests.Prepare;

[Collection(PostgresTests.Name)]
public sealed class PreparationTests(PostgresCluster cluster)
{
    private static Task<Artefact> Prepare(Shop shop, Artefact interactions, Artefact? sequences = null, Artefact? before = null, PrepareOptions? options = null, bool untouchedItems = false) =>
        shop.Store.GetOrCreateAsync(shop.NextRun(), Artefact.Sequences, (draft, token) =>
        {
            Preparation.Run(interactions, sequences, before, untouchedItems, options ?? new PrepareOptions(), draft, token);
            return Task.CompletedTask;
        }, default);

    /// <summary>Each user's items in order, by external ids: <c>7: 10 30</c>; users without events are left out.</summary>
    private static IReadOnlyList<string> Histories(Artefact artefact)
    {
        var data = PreparedData.Load(artefact);
        var s = data.Sequences;
        return [.. Enumerable.Range(0, s.UserCount).Where(user => s.Offsets[user] < s.Offsets[user + 1])
            .Select(user => $"{data.Users.TextOf(user)}: {string.Join(' ', Enumerable.Range((int)s.Offsets[user], (int)(s.Offsets[user + 1] - s.Offsets[user])).Select(at => $"{data.Items.TextOf(s.Items[at])}/{s.EventTypes[s.Events[at]]}@{s.Times[at]}={s.Values[at]}"))}")
            .Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task What_is_known_of_users_and_of_items_that_nobody_has_touched_comes_along()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((7, 30, "2026-03-02 08:00"), (5, 10, "2026-03-01 09:00"));
        shop.Items = "SELECT id::bigint AS item_id, 'Item ' || id AS title, ARRAY[id, .5]::text AS image FROM generate_series(10, 50, 10) AS id";
        shop.Users = "SELECT 7::bigint AS user_id, 'f' AS gender, 30 AS age UNION ALL SELECT 9, 'm', 40";
        var interactions = await shop.Extract("2026-03-04");

        var data = PreparedData.Load(await Prepare(shop, interactions, untouchedItems: true), withUsers: true);
        Assert.Equal((5, 2L), (data.Sequences.ItemCount, data.Sequences.EventCount));
        Assert.Equal("Item 50", data.Sequences.ItemAttributes.Column("title")(data.Items.Find(50)));
        Assert.Equal("{20,0.5}", data.Sequences.ItemAttributes.Column("image")(data.Items.Find(20)));
        Assert.Equal(["gender", "age"], data.Sequences.UserAttributes.Names);
        Assert.Equal("30", data.Sequences.UserAttributes.Column("age")(data.Users.Find(7)));
        Assert.Null(data.Sequences.UserAttributes.Column("age")(data.Users.Find(5)));

        var touched = PreparedData.Load(await Prepare(shop, interactions));
        Assert.Equal(2, touched.Sequences.ItemCount);
        Assert.Empty(touched.Sequences.UserAttributes.Names);
    }

    [Fact]
    public async Task Users_sequences_are_in_order_of_time_over_days()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((7, 30, "2026-03-02 08:00"), (5, 10, "2026-03-01 09:00"), (7, 10, "2026-03-01 12:00"), (7, 20, "2026-03-01 11:00"), (5, 40, "2026-03-03 00:00"));
        await shop.Execute("UPDATE interaction SET event_type = 'buy', value = NULL WHERE item_id = 40");
        var data = PreparedData.Load(await Prepare(shop, await shop.Extract("2026-03-04")));

        var s = data.Sequences;
        Assert.Equal((2, 4, 5L), (s.UserCount, s.ItemCount, s.EventCount));
        var (five, seven) = (data.Users.Find(5), data.Users.Find(7));
        Assert.Equal([10, 40], s.ItemsOf(five).ToArray().Select(data.Items.LongOf));
        Assert.Equal([20, 10, 30], s.ItemsOf(seven).ToArray().Select(data.Items.LongOf));
        Assert.Equal(["view", "buy"], s.EventTypes);
        Assert.Equal([0, 1], s.Events[(int)s.Offsets[five]..(int)s.Offsets[five + 1]].Select(type => (int)type));
        Assert.Equal([1, float.NaN], s.Values[(int)s.Offsets[five]..(int)s.Offsets[five + 1]]);
        Assert.Equal(Shop.Instant("2026-03-04").ToUnixTimeMilliseconds() * 1000, data.AsOf);
        Assert.True(data.Catalogue.IsAvailable(0));
    }

    [Theory]
    [InlineData("bigint")]
    [InlineData("text")]
    public async Task A_night_on_top_of_the_last_one_equals_a_build_from_nothing(string idType)
    {
        await using var shop = await Shop.OpenAsync(cluster, idType);
        shop.Options = shop.Options with { OverlapDays = 2 };
        // The second night has room for a bucket at a time.
        var options = new PrepareOptions { UsersPerBucket = 10 };
        var narrow = options with { MemoryMiB = 0 };
        await shop.Execute("""
            INSERT INTO interaction SELECT i % 83, i * 7 % 41, CASE WHEN i % 5 = 0 THEN 'buy' ELSE 'view' END,
                timestamptz '2026-03-01 00:00+00' + i % 1000 * interval '10 minutes', i % 3, i FROM generate_series(1, 5000) i
            """);
        var firstLog = await shop.Extract("2026-03-06");
        var first = await Prepare(shop, firstLog, options: options);
        Assert.Equal(Histories(first), Histories(await Prepare(shop, firstLog, options: options with { UsersPerBucket = 16_384 })));

        await shop.Execute("DELETE FROM interaction WHERE position % 10 = 3 AND time >= '2026-03-05'");
        await shop.Execute("INSERT INTO interaction SELECT 1000 + i, 2000 + i % 3, 'cart', timestamptz '2026-03-05 12:00+00' + i * interval '1 hour', 9, i FROM generate_series(1, 15) i");
        var secondLog = await shop.Extract("2026-03-07", firstLog);
        var second = await Prepare(shop, secondLog, first, firstLog, narrow);
        Assert.Equal(Histories(await Prepare(shop, secondLog, options: options)), Histories(second));
        Assert.Equal((await Prepare(shop, secondLog, options: options)).Manifest.Files, (await Prepare(shop, secondLog, options: narrow)).Manifest.Files);
        Assert.Equal(secondLog.Manifest.Rows, second.Manifest.Rows);

        var (before, after) = (PreparedData.Load(first), PreparedData.Load(second));
        Assert.All(Enumerable.Range(0, before.Users.Count), user => Assert.Equal(before.Users.TextOf(user), after.Users.TextOf(user)));
        Assert.All(Enumerable.Range(0, before.Items.Count), item => Assert.Equal(before.Items.TextOf(item), after.Items.TextOf(item)));
        Assert.Equal([.. before.Sequences.EventTypes, "cart"], after.Sequences.EventTypes);
    }

    [Fact]
    public async Task Buckets_of_users_who_did_nothing_new_are_taken_over()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        var options = new PrepareOptions { UsersPerBucket = 2 };
        await shop.Add((1, 1, "2026-03-01"), (2, 1, "2026-03-01"), (3, 1, "2026-03-01"), (4, 1, "2026-03-09"), (5, 2, "2026-03-01"));
        var firstLog = await shop.Extract("2026-03-10");
        var first = await Prepare(shop, firstLog, options: options);

        await shop.Add((6, 3, "2026-03-09"));
        await shop.Execute("DELETE FROM interaction WHERE user_id = 4");
        var secondLog = await shop.Extract("2026-03-10", firstLog);
        var second = await Prepare(shop, secondLog, first, firstLog, options);

        // In the order of days and ids: buckets (1, 2), (3, 5) and (4, 6).
        Assert.Equal(2, second.Manifest.Fact<PreparationFacts>("preparation").BucketsReused);
        Assert.Equal(["1: 1", "2: 1", "3: 1", "5: 2", "6: 3"], Histories(second).Select(history => history.Split('/')[0]));
        var data = PreparedData.Load(second);
        Assert.True(data.Users.Find(4) >= 0);
        Assert.Empty(data.Sequences.ItemsOf(data.Users.Find(4)).ToArray());
    }

    [Fact]
    public async Task Without_the_previous_log_everything_is_rebuilt_but_ids_keep_their_index()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((9, 90, "2026-03-01"));
        var first = await Prepare(shop, await shop.Extract("2026-03-02"));
        await shop.Add((1, 10, "2026-02-01"));
        var second = await Prepare(shop, await shop.Extract("2026-03-02", full: true), first);
        var data = PreparedData.Load(second);
        Assert.Equal((0, 1, 0, 1), (data.Users.Find(9), data.Users.Find(1), data.Items.Find(90), data.Items.Find(10)));
        Assert.Equal(2, data.Sequences.EventCount);
    }

    [Fact]
    public async Task Ids_of_another_type_start_from_nothing()
    {
        await using var numbers = await Shop.OpenAsync(cluster);
        await numbers.Add((9, 90, "2026-03-01"));
        var before = await numbers.Extract("2026-03-02");
        var first = await Prepare(numbers, before);
        await using var texts = await Shop.OpenAsync(cluster, "text");
        await texts.Add(("ann", "book", "2026-03-01"));
        var data = PreparedData.Load(await Prepare(texts, await texts.Extract("2026-03-02", before, full: true), first, before));
        Assert.Equal((1, IdKind.Text, 0), (data.Users.Count, data.Users.Kind, data.Users.Find("ann")));
    }

    [Fact]
    public async Task A_user_with_100_000_events_on_one_item_is_prepared()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction SELECT 1, 1, 'view', timestamptz '2026-03-01 00:00+00' + i * interval '1 second', 1, i FROM generate_series(1, 100000) i");
        var s = PreparedData.Load(await Prepare(shop, await shop.Extract("2026-03-04"))).Sequences;
        Assert.Equal((1, 1, 100_000L), (s.UserCount, s.ItemCount, s.EventCount));
        Assert.True(s.Times.Zip(s.Times.Skip(1)).All(pair => pair.First < pair.Second));
    }

    [Fact]
    public async Task More_event_types_than_a_byte_can_name_are_refused()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Execute("INSERT INTO interaction SELECT 1, 1, 'view ' || i, '2026-03-01', 1, i FROM generate_series(1, 257) i");
        var log = await shop.Extract("2026-03-04");
        Assert.Contains("more than 256 event types", (await Assert.ThrowsAsync<BatchRecException>(() => Prepare(shop, log))).Message);
    }

    [Fact]
    public async Task A_day_that_was_truncated_is_refused_by_name()
    {
        await using var shop = await Shop.OpenAsync(cluster);
        await shop.Add((1, 1, "2026-03-01"));
        var log = await shop.Extract("2026-03-04");
        var path = log.PathOf("day=2026-03-01.parquet");
        using (var file = File.OpenWrite(path)) file.SetLength(file.Length - 10);
        var said = (await Assert.ThrowsAsync<BatchRecException>(() => Prepare(shop, log))).Message;
        Assert.Contains(path, said);
        Assert.Contains("batchrec run --full", said);
    }
}
