using BatchRec.Jobs;
using BatchRec.Publish;
using BatchRec.Tests.WholeNight;
using Xunit;

namespace BatchRec.Tests.Jobs;

[Collection(PostgresTests.Name)]
public sealed class WhyCommandTests(PostgresCluster cluster)
{
    [Fact]
    public async Task An_item_of_the_list_has_a_place_and_one_that_nobody_knows_is_told_to_be_unknown()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        var first = await FirstOfListAsync(shop);

        var known = await WhyAsync(shop, $"7 {first}");
        Assert.StartsWith($"Item {first}", known);
        Assert.Contains("stands at place 1 of user 7", known);
        Assert.DoesNotContain("knows no item", known);

        var unknown = await WhyAsync(shop, "7 123456789");
        Assert.Contains("Item 123456789 is not among the first", unknown);
        Assert.Contains("The live run knows no item 123456789", unknown);
    }

    [Fact]
    public async Task A_user_without_events_and_an_item_that_is_not_available_are_told_to_be_so()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        var first = await FirstOfListAsync(shop);

        var stranger = await WhyAsync(shop, $"123456789 {first}");
        Assert.Contains("The live run knows no event of user 123456789", stranger);
        Assert.DoesNotContain("not available", stranger);

        await shop.ExecuteAsync($"UPDATE batchrec.item SET available = false WHERE item_id = {first}");
        var sold = await WhyAsync(shop, $"7 {first}");
        Assert.Contains($"Item {first} is not available", sold);
        Assert.DoesNotContain("knows no event", sold);
    }

    /// <summary>After a night: of user 7's.</summary>
    private static async Task<string> FirstOfListAsync(TestShop shop)
    {
        await shop.NightAsync(await shop.StartAsync());
        return (await PublishedLists.ForAsync(shop.Data, "default", "7", 1, default)).Items[0].ItemId;
    }

    private static async Task<string> WhyAsync(TestShop shop, string asked)
    {
        var (exitCode, output, errors) = await CommandLineTests.RunAsync($"why {asked} --Artefacts:Folder={Path.Combine(shop.Folder, "artefacts")}", shop.Database);
        Assert.Equal((ExitCode.Done, ""), (exitCode, errors));
        return output;
    }
}
