using System.Text.RegularExpressions;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>Several workers make the shards of one night's lists.</summary>
[Collection(PostgresTests.Name)]
public sealed class AssistedNightTests(PostgresCluster cluster)
{
    [Fact]
    public async Task Lists_are_the_same_whoever_makes_their_shards()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        await shop.NightAsync();
        var alone = await shop.PublishedAsync();

        var run = await shop.StartAsync();
        await shop.NightAsync(run, until: Step.Refit);
        // As the worker that runs the step does to begin with.
        Directory.CreateDirectory(shop.Store.WorkFolder(run.RunId, Artefact.TopN));
        var assisted = await Night.AssistAsync(Step.Recommend, await shop.ContextAsync(run.RunId, epoch: 99), default);
        Assert.Equal("Made 4 of 4 shards.", assisted.Message);
        var results = await shop.NightAsync(run, from: Step.Recommend);
        Assert.Contains("4 of 4 shards were there already", results[Step.Recommend].Message);
        Assert.Equal(alone, await shop.PublishedAsync());

        var late = await Night.AssistAsync(Step.Recommend, await shop.ContextAsync(run.RunId, epoch: 99), default);
        Assert.Equal("The lists were finished meanwhile.", late.Message);
    }

    [Fact]
    public async Task Workers_share_a_night_at_the_same_time()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        shop.Options = shop.Options with { Recommend = shop.Options.Recommend with { Shards = 40 } };
        var run = await shop.StartAsync();
        await shop.NightAsync(run, until: Step.Refit);
        var work = Directory.CreateDirectory(shop.Store.WorkFolder(run.RunId, Artefact.TopN)).FullName;
        var assisting = Task.Run(async () => await Night.AssistAsync(Step.Recommend, await shop.ContextAsync(run.RunId, epoch: 99), default));
        while (!assisting.IsCompleted && Directory.GetFiles(work, "*.parquet").Length == 0) await Task.Delay(1);
        var own = await shop.StepAsync(run.RunId, Step.Recommend);
        var others = int.Parse(Regex.Match((await assisting).Message, @"Made (\d+) of 40 shards").Groups[1].Value);
        Assert.InRange(others, 1, 40);
        Assert.Contains($"; {others} of 40 shards were there already or are other workers'", own.Message);
        var lists = shop.Store.Find(run.RunId, Artefact.TopN)!;
        lists.Verify();
        Assert.Equal(40, lists.Manifest.Files.Count(file => file.Name.StartsWith("part-", StringComparison.Ordinal)));
        Assert.Equal(lists.Manifest.Rows, lists.Manifest.Files.Where(file => file.Name.StartsWith("part-", StringComparison.Ordinal)).Sum(file => file.Rows));
        Assert.False((await shop.NightAsync(run, from: Step.Publish))[Step.Publish].Refused);
    }
}
