using BatchRec.Blend;
using BatchRec.Recommend;
using BatchRec.Runs;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>Nights of a model that knows items by their attributes: those that nobody has touched are recommended, and lists follow what attributes become.</summary>
[Collection(PostgresTests.Name)]
public sealed class FeatureNightTests(PostgresCluster cluster)
{
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
        Assert.Contains("of them as they were", await RecommendedAsync(TestShop.AsOf.AddHours(1)));
        await shop.ExecuteAsync("UPDATE shop.item SET title = 'Another' WHERE item_id = 4");
        Assert.Contains("of them as they were", await RecommendedAsync(TestShop.AsOf.AddHours(2)));
        await shop.ExecuteAsync("UPDATE shop.item SET category = 'odd' WHERE item_id = 4");
        Assert.DoesNotContain("as they were", await RecommendedAsync(TestShop.AsOf.AddHours(3)));

        async Task<string> RecommendedAsync(DateTimeOffset asOf)
        {
            var results = await shop.NightAsync(await shop.StartAsync(asOf, RunKind.Delta));
            Assert.Contains("served on", results[Step.Train].Message);
            return results[Step.Recommend].Message;
        }
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
            Train = new TrainOptions
            {
                Dimensions = 16, FeedForwardDimensions = 24, MaxEpochs = 12, Patience = 0, LearningRate = 5e-3, WarmupSteps = 5, Threads = 1, BatchSize = 8, MaxLength = 12,
                ItemFeatures = ["category", "price"], IdDropout = 0.3,
            },
            Recommend = new RecommendOptions { TopN = 40, UntouchedItems = true },
            Blend = new BlendOptions { Parts = [] },
        };
        return shop;
    }
}
