using BatchRec.Blend;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Runs;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>Nights of a model that knows items by their attributes: those that nobody has touched are recommended, and lists follow what attributes become.</summary>
[Collection(PostgresTests.Name)]
public sealed class FeatureNightTests(PostgresCluster cluster)
{
    private static readonly TrainOptions Small = new()
    {
        Dimensions = 16, FeedForwardDimensions = 24, Patience = 0, LearningRate = 5e-3, WarmupSteps = 5, Threads = 1, BatchSize = 8, MaxLength = 12,
    };

    [Fact]
    public async Task Items_that_nobody_has_touched_are_recommended_by_their_attributes()
    {
        await using var shop = await ShopAsync();
        var results = await shop.NightAsync();
        Assert.Equal("published", await shop.QueryAsync<string>("SELECT state FROM batchrec.run"));
        Assert.Contains("Train:ItemFeatures: price is left out", results[Step.Train].Message);
        // Of the right category, ahead of the other: who has walked over the one thing hasn't touched the other.
        Assert.Equal(0, await shop.QueryAsync<long>($"""
            SELECT count(*) FROM (SELECT user_id, min(rank) FILTER (WHERE item_id = 901) AS odd, min(rank) FILTER (WHERE item_id = 900) AS even
            FROM batchrec.recommendations WHERE item_id IN (900, 901) AND source <> 'fallback' GROUP BY 1) ranks
            WHERE CASE user_id % 2 WHEN 0 THEN coalesce(even, 1000) >= coalesce(odd, 1000) ELSE coalesce(odd, 1000) >= coalesce(even, 1000) END
            """));
        Assert.Equal(60, await shop.QueryAsync<long>("SELECT count(DISTINCT user_id) FROM batchrec.recommendations WHERE item_id IN (900, 901) AND source <> 'fallback'"));
        Assert.Equal(0, await shop.QueryAsync<long>("SELECT count(*) FROM batchrec.recommendations WHERE item_id = 902"));
    }

    [Fact]
    public async Task Lists_are_kept_until_an_attribute_that_matters_changes()
    {
        await using var shop = await ShopAsync();
        shop.Options = shop.Options with { Train = shop.Options.Train with { EveryDays = 7 } };
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf));
        Assert.Contains("of them as they were", await RecommendedAsync(shop, TestShop.AsOf.AddHours(1)));
        await shop.ExecuteAsync("UPDATE shop.item SET title = 'Another' WHERE item_id = 4");
        Assert.Contains("of them as they were", await RecommendedAsync(shop, TestShop.AsOf.AddHours(2)));
        await shop.ExecuteAsync("UPDATE shop.item SET category = 'odd' WHERE item_id = 4");
        Assert.DoesNotContain("as they were", await RecommendedAsync(shop, TestShop.AsOf.AddHours(3)));
    }

    [Fact]
    public async Task An_item_that_comes_after_training_has_only_those_get_new_lists_who_have_had_it()
    {
        await using var shop = await SidesAsync();
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf));
        await shop.ExecuteAsync("""
            INSERT INTO shop.item VALUES (950, 'Newest', 'even', 1, true);
            INSERT INTO shop.interaction VALUES (2, 950, 'purchase', '2026-03-01 12:00Z', 1, 0), (3, 950, 'purchase', '2026-03-01 12:01Z', 1, 0);
            """);
        Assert.Contains("for 160 users, 158 of them as they were", await RecommendedAsync(shop, TestShop.AsOf.AddDays(1)));
        // It may be in nobody's list, and is in the history of these two.
        await shop.ExecuteAsync("UPDATE shop.item SET category = 'odd' WHERE item_id = 950");
        Assert.Contains("for 160 users, 158 of them as they were", await RecommendedAsync(shop, TestShop.AsOf.AddDays(1).AddHours(1)));
        Assert.Contains("for 160 users, 160 of them as they were", await RecommendedAsync(shop, TestShop.AsOf.AddDays(1).AddHours(2)));
    }

    [Fact]
    public async Task A_users_attribute_that_changes_has_that_users_list_made_anew()
    {
        await using var shop = await SidesAsync();
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf));
        Assert.Contains("for 160 users, 160 of them as they were", await RecommendedAsync(shop, TestShop.AsOf.AddHours(1)));
        await shop.ExecuteAsync("UPDATE shop.person SET side = 'side 4' WHERE user_id = 7");
        var run = await shop.StartAsync(TestShop.AsOf.AddHours(2), RunKind.Delta);
        Assert.Contains("for 160 users, 159 of them as they were", (await shop.NightAsync(run))[Step.Recommend].Message);
        using var duck = new DuckDb();
        var anew = new List<long>();
        foreach (var shard in TopNLists.ShardsOf(shop.Store.Find(run.RunId, Artefact.TopN)!))
        {
            using var rows = new ShardRows(duck, shard, [TopNLists.UserIdColumn, ListShard.MadeColumn]);
            while (rows.Next())
                for (var row = 0; row < rows.Chunk.Rows; row++)
                    if (!rows.IsReplaced(row) && DateTimeOffset.UnixEpoch.AddMicroseconds(rows.Chunk.Longs(1)[row]) == run.AsOf) anew.Add(rows.Chunk.Longs(0)[row]);
        }
        Assert.Equal([7], anew);
    }

    [Fact]
    public async Task A_model_is_not_served_on_without_a_column_that_it_was_trained_with()
    {
        await using var shop = await ShopAsync();
        shop.Options = shop.Options with { Train = shop.Options.Train with { EveryDays = 7, MaxEpochs = 2, ItemFeatures = ["*"] } };
        var trained = await shop.StartAsync(TestShop.AsOf);
        await shop.NightAsync(trained);
        var opened = Assert.Throws<BatchRecException>(() => ModelArtefact.Open(shop.Store.Find(trained.RunId, Artefact.Model)!, 1_000, "cpu", Attributes.None, Attributes.None, true));
        Assert.Contains("was trained with title, category of items.sql, which tonight's source doesn't have", opened.Message);

        var items = Path.Combine(shop.OwnQueries(), "items.sql");
        await File.WriteAllTextAsync(items, "SELECT item_id, title, category AS kind, price, available FROM shop.item");
        var run = await shop.StartAsync(TestShop.AsOf.AddHours(1), RunKind.Delta);
        var results = await shop.NightAsync(run);
        Assert.Contains("Best epoch", results[Step.Train].Message);
        Assert.Contains("The live model is not judged: it was trained with category of items.sql, which tonight's source doesn't have.", results[Step.Evaluate].Message);

        shop.Options = shop.Options with { Train = shop.Options.Train with { ItemFeatures = ["kind"] } };
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf.AddHours(2), RunKind.Delta));
        await File.WriteAllTextAsync(items, "SELECT item_id, title, category, price, available FROM shop.item");
        run = await shop.StartAsync(TestShop.AsOf.AddHours(3), RunKind.Delta);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => shop.NightAsync(run));
        Assert.Contains("Train:ItemFeatures names kind, which the source doesn't have", fault.Message);
    }

    /// <summary>All have had the same four items; the fifth is that of their side, which nothing but the attribute tells. A third of them have it in the last week.</summary>
    private async Task<TestShop> SidesAsync()
    {
        var shop = await TestShop.EmptyAsync(cluster);
        await shop.ExecuteAsync("""
            INSERT INTO shop.interaction SELECT u, s, 'purchase', '2026-01-20Z'::timestamptz + s * interval '1 day' + u * interval '1 minute', 1, 0
            FROM generate_series(0, 159) AS u, generate_series(0, 3) AS s;
            INSERT INTO shop.interaction SELECT u, 10 + u % 5, 'purchase', CASE WHEN u < 60 THEN '2026-02-01Z' WHEN u < 100 THEN '2026-02-18Z' ELSE '2026-02-25Z' END::timestamptz + u * interval '1 minute', 1, 0
            FROM generate_series(0, 159) AS u;
            INSERT INTO shop.item SELECT DISTINCT item_id, 'Item ' || item_id, CASE item_id % 2 WHEN 0 THEN 'even' ELSE 'odd' END, 1, true FROM shop.interaction;
            CREATE TABLE shop.person AS SELECT u AS user_id, 'side ' || u % 5 AS side FROM generate_series(0, 159) AS u;
            """);
        await File.WriteAllTextAsync(Path.Combine(shop.OwnQueries(), "users.sql"), "SELECT user_id::bigint, side FROM shop.person");
        shop.Options = shop.Options with
        {
            Train = Small with { MaxEpochs = 40, EveryDays = 7, ItemFeatures = ["category"], UserFeatures = ["side"] },
            Recommend = new RecommendOptions { TopN = 3 },
            Blend = new BlendOptions { Parts = [] },
        };
        return shop;
    }

    private static async Task<string> RecommendedAsync(TestShop shop, DateTimeOffset asOf)
    {
        var results = await shop.NightAsync(await shop.StartAsync(asOf, RunKind.Delta));
        Assert.Contains("served on", results[Step.Train].Message);
        // A baseline's lists depend on no attribute.
        Assert.StartsWith("Lists of sasrec", results[Step.Recommend].Message);
        return results[Step.Recommend].Message;
    }

    /// <summary>
    /// Even users have had all even items of old and two of four that came last week, odd users likewise: counting can't know the new ones, attributes tell them apart.
    /// 900 to 902 are in the catalogue alone.
    /// </summary>
    private async Task<TestShop> ShopAsync()
    {
        var shop = await TestShop.EmptyAsync(cluster);
        await shop.ExecuteAsync("""
            INSERT INTO shop.interaction SELECT u, u % 2 + 2 * ((s * 7 + u * 3) % 20), 'purchase', '2026-01-20Z'::timestamptz + s * interval '1 day' + u * interval '1 minute', 1, 0
            FROM generate_series(0, 59) AS u, generate_series(0, 19) AS s;
            INSERT INTO shop.interaction SELECT u, 100 + u % 2 + 2 * ((u / 2 + s) % 4), 'purchase', '2026-02-26Z'::timestamptz + s * interval '1 hour' + u * interval '1 minute', 1, 0
            FROM generate_series(0, 59) AS u, generate_series(0, 1) AS s;
            INSERT INTO shop.item SELECT DISTINCT item_id, 'Item ' || item_id, CASE item_id % 2 WHEN 0 THEN 'even' ELSE 'odd' END, 1, true FROM shop.interaction;
            INSERT INTO shop.item VALUES (900, 'New and even', 'even', 1, true), (901, 'New and odd', 'odd', 1, true), (902, 'Not for sale', 'odd', 1, false);
            """);
        shop.Options = shop.Options with
        {
            Train = Small with { MaxEpochs = 12, ItemFeatures = ["category", "price"], IdDropout = 0.3 },
            Recommend = new RecommendOptions { TopN = 40, UntouchedItems = true },
            Blend = new BlendOptions { Parts = [] },
        };
        return shop;
    }
}
