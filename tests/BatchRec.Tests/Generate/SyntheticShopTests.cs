using System.Security.Cryptography;
using System.Text;
using BatchRec.Generate;
using Xunit;

namespace BatchRec.Tests.Generate;

public sealed class SyntheticShopTests
{
    private static readonly DateTime Until = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly GenerateRequest Small = new() { Users = 400, Items = 200, Events = 30_000, Days = 60, Seed = 7, Until = Until };

    private static string Hash(GenerateRequest request)
    {
        var shop = new SyntheticShop(request);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in shop.Items()) hash.AppendData(Encoding.UTF8.GetBytes(item.ToString()));
        foreach (var row in shop.Events()) hash.AppendData(Encoding.UTF8.GetBytes(row.ToString()));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    [Fact]
    public void The_same_seed_gives_the_same_rows_and_another_seed_others()
    {
        Assert.Equal(Hash(Small), Hash(Small));
        Assert.NotEqual(Hash(Small), Hash(Small with { Seed = 8 }));
    }

    [Fact]
    public void A_second_enumeration_gives_the_same_events()
    {
        var shop = new SyntheticShop(Small);
        Assert.Equal(shop.Events().ToList(), shop.Events().ToList());
    }

    [Theory]
    [InlineData(400, 200, 30_000, 60)]
    [InlineData(1_000, 50, 5_000, 1)]
    [InlineData(1_000, 50, 5_000, 900)]
    [InlineData(1, 1, 5, 1)]
    [InlineData(1, 1, 50, 10)]
    [InlineData(3, 12, 15, 365)]
    public void There_are_as_many_users_and_events_as_asked_for_in_order_of_time_within_the_days(int users, int items, long events, int days)
    {
        var rows = new SyntheticShop(new GenerateRequest { Users = users, Items = items, Events = events, Days = days, Until = Until }).Events().ToList();
        Assert.Equal(events, rows.Count);
        Assert.Equal(Enumerable.Range(1, users).Select(user => (long)user), rows.Select(row => row.User).Distinct().Order());
        Assert.All(rows, row => Assert.InRange(row.Item, 1, items));
        Assert.Equal(rows.Select(row => row.OccurredAt).Order(), rows.Select(row => row.OccurredAt));
        Assert.InRange(rows[0].OccurredAt, Until.AddDays(-days), Until);
        Assert.InRange(rows[^1].OccurredAt, Until.AddDays(-days), Until.AddSeconds(-1));
    }

    [Fact]
    public void Views_lead_to_carts_and_carts_to_purchases()
    {
        var rows = new SyntheticShop(Small).Events().ToList();
        int Count(string type) => rows.Count(row => row.Type == type);
        Assert.True(Count("view") > 2 * Count("cart"));
        Assert.True(Count("cart") > 1.5 * Count("purchase"));
        Assert.True(Count("purchase") > 1_000);
        var viewed = new HashSet<(long, long)>();
        foreach (var row in rows)
        {
            if (row.Type == "view") viewed.Add((row.User, row.Item));
            else Assert.Contains((row.User, row.Item), viewed);
            Assert.Equal(row.Type == "view", row.Value is null);
        }
    }

    [Fact]
    public void Customers_and_items_come_over_time_and_some_items_go()
    {
        var shop = new SyntheticShop(Small);
        var rows = shop.Events().ToList();
        var middle = Until.AddDays(-30);
        int New<T>(Func<SyntheticEvent, T> key) => rows.GroupBy(key).Count(group => group.First().OccurredAt >= middle);
        Assert.InRange(New(row => row.User), 70, 150);
        Assert.InRange(New(row => row.Item), 10, 60);
        Assert.InRange(shop.Items().Count(item => !item.Available), 1, 20);
    }

    [Fact]
    public void Items_have_titles_made_of_words_a_category_and_a_price()
    {
        var items = new SyntheticShop(Small).Items().ToList();
        Assert.Equal(200, items.Select(item => item.Title).Distinct().Count());
        Assert.All(items, item => Assert.Matches(@"^([A-Z][a-z]+ ){3,4}\d+$", item.Title));
        Assert.All(items, item => Assert.InRange(item.Price, 0.95m, 1_000));
        Assert.Equal(3, items.Select(item => item.Category).Distinct().Count());
    }

    /// <summary>Popularity is skewed, and still what was looked at last says more about what comes next.</summary>
    [Fact]
    public void Transitions_predict_the_next_view_better_than_popularity_does()
    {
        var views = new SyntheticShop(Small).Events().Where(row => row.Type == "view").ToList();
        var cutoff = views.Count * 4 / 5;
        var (popularity, followers, last) = (new Dictionary<long, int>(), new Dictionary<long, Dictionary<long, int>>(), new Dictionary<long, long>());
        var (popular, byPair, cases) = (0, 0, 0);
        HashSet<long> top = [];
        for (var i = 0; i < views.Count; i++)
        {
            var (user, item) = (views[i].User, views[i].Item);
            if (i == cutoff) top = Top(popularity);
            if (last.TryGetValue(user, out var before))
            {
                var next = followers.TryGetValue(before, out var known) ? known : followers[before] = [];
                if (i < cutoff) next[item] = next.GetValueOrDefault(item) + 1;
                else
                {
                    cases++;
                    if (top.Contains(item)) popular++;
                    if (Top(next).Contains(item)) byPair++;
                }
            }
            if (i < cutoff) popularity[item] = popularity.GetValueOrDefault(item) + 1;
            last[user] = item;
        }
        var (hitPopular, hitByPair) = ((double)popular / cases, (double)byPair / cases);
        // 10 of 200 items: even chances would hit 5 %.
        Assert.InRange(hitPopular, 0.10, 0.45);
        Assert.True(hitByPair > 1.5 * hitPopular, $"HR@10 of pairs {hitByPair:0.000}, of popularity {hitPopular:0.000}");
    }

    private static HashSet<long> Top(Dictionary<long, int> counts) => [.. counts.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key).Take(10).Select(entry => entry.Key)];

    [Fact]
    public void All_faults_of_a_request_are_told_at_once()
    {
        var fault = Assert.Throws<BatchRecException>(() => new SyntheticShop(Small with { Users = 0, Items = 0, Events = -1, Days = 0, Until = default }));
        foreach (var option in new[] { "--users", "--items", "--events", "--days", "--until" }) Assert.Contains(option, fault.Message);
    }
}
