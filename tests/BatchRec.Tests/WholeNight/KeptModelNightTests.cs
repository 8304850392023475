using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Recommend;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>Nights between trainings: the live run's model is served on, and lists that nothing has changed stand.</summary>
[Collection(PostgresTests.Name)]
public sealed class KeptModelNightTests(PostgresCluster cluster)
{
    private static readonly DateTimeOffset Before = TestShop.AsOf.AddDays(-1);

    [Fact]
    public async Task Users_without_new_events_keep_lists_that_would_be_made_again_as_they_are()
    {
        await using var shop = await ShopAsync();
        var first = await shop.StartAsync(Before);
        await shop.NightAsync(first);
        // Another database's run, in the same folder.
        var stranger = Directory.CreateDirectory(Path.Combine(shop.Folder, "artefacts", "default", "runs", "20260101_020000_3f9a", "model")).FullName;
        var run = await shop.StartAsync(kind: RunKind.Delta);
        var results = await shop.NightAsync(run);
        Assert.True(Directory.Exists(stranger));
        Assert.Contains("is served on", results[Step.Train].Message);
        Assert.StartsWith("As in run", results[Step.Gate].Message);
        var acted = await shop.QueryAsync<long>("SELECT count(DISTINCT user_id) FROM shop.interaction WHERE occurred_at >= '2026-02-28Z' AND occurred_at < '2026-03-01Z'");
        var all = await shop.QueryAsync<long>("SELECT count(DISTINCT user_id) FROM shop.interaction");
        Assert.InRange(acted, 1, all - 1);
        Assert.Contains($"for {all} users, {all - acted} of them as they were", results[Step.Recommend].Message);
        Assert.Equal(run.RunId.Value, await shop.QueryAsync<string>("SELECT run_id FROM batchrec.publication"));
        Assert.Equal(0, await shop.QueryAsync<long>("SELECT count(*) FROM batchrec.recommendations JOIN shop.interaction USING (user_id, item_id) WHERE occurred_at < '2026-03-01Z'"));

        var (kept, anew) = await MadeAnewAsync(shop, run);
        Assert.Equal(anew, kept);

        // What baselines have counted was read; counted anew it gives the same lists.
        var counted = Counted(shop, run);
        Assert.NotEmpty(counted);
        Assert.Equal(counted, Counted(shop, first));
        shop.Options = shop.Options with { Evaluate = shop.Options.Evaluate with { DenseItems = 500 } };
        Assert.Equal(anew, (await MadeAnewAsync(shop, run)).Anew);
    }

    [Fact]
    public async Task Nights_that_follow_upon_each_other_write_what_is_new_beside_the_files_that_they_keep()
    {
        await using var shop = await ShopAsync();
        var first = await shop.StartAsync(TestShop.AsOf);
        await shop.NightAsync(first);
        Assert.Empty(Deltas(shop, first));

        // Two of them act, in shards 0 and 2, and somebody new comes.
        await shop.ExecuteAsync("INSERT INTO shop.interaction SELECT u, 1 + u % 7, 'purchase', '2026-03-01 06:00Z', 1, 0 FROM unnest(ARRAY[1, 119, 5000]) AS u");
        var second = await shop.StartAsync(TestShop.AsOf.AddHours(12), RunKind.Delta);
        await shop.NightAsync(second);
        Assert.Equal(Bases(shop, first), Bases(shop, second));
        Assert.Equal((2, 3), (Deltas(shop, second).Count, Deltas(shop, second).Sum(delta => (int)delta.Rows)));
        await AssertPublishedAsync(shop, second);

        // The first acts again, a third one for the first time, what the second did is taken back.
        await shop.ExecuteAsync("INSERT INTO shop.interaction SELECT u, 2 + u % 7, 'purchase', '2026-03-01 18:00Z', 1, 0 FROM unnest(ARRAY[1, 60]) AS u; DELETE FROM shop.interaction WHERE user_id = 119 AND occurred_at = '2026-03-01 06:00Z'");
        var third = await shop.StartAsync(TestShop.AsOf.AddDays(1), RunKind.Delta);
        await shop.NightAsync(third, until: Step.Refit);
        Directory.CreateDirectory(shop.Store.WorkFolder(third.RunId, Artefact.TopN));
        Assert.Equal("Made 3 of 3 shards.", (await Night.AssistAsync(Step.Recommend, await shop.ContextAsync(third.RunId, epoch: 99), default)).Message);
        Assert.Contains("; 3 of 3 shards were there already", (await shop.NightAsync(third, from: Step.Recommend))[Step.Recommend].Message);
        Assert.Equal(Bases(shop, first), Bases(shop, third));
        // With that of the one whose event was taken back: what a delta has replaced doesn't come back.
        Assert.Equal(4, Deltas(shop, third).Sum(delta => delta.Rows));
        await AssertPublishedAsync(shop, third);

        var (kept, anew) = await MadeAnewAsync(shop, third);
        Assert.Equal(anew, kept);
    }

    [Fact]
    public async Task A_list_that_an_item_has_left_does_not_come_back_when_the_one_after_it_falls_too()
    {
        await using var shop = await ShopAsync();
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf));
        var user = await shop.QueryAsync<long>("SELECT min(user_id) FROM batchrec.recommendations WHERE source <> 'fallback'");
        var before = await ItemsOfAsync(shop, user);
        await shop.ExecuteAsync($"UPDATE shop.item SET available = false WHERE item_id = {before[0]}");
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf.AddHours(1), RunKind.Delta));
        var came = (await ItemsOfAsync(shop, user)).Except(before).First();
        await shop.ExecuteAsync($"UPDATE shop.item SET available = false WHERE item_id = {came}");
        var third = await shop.StartAsync(TestShop.AsOf.AddHours(2), RunKind.Delta);
        Assert.Contains("of them as they were", (await shop.NightAsync(third))[Step.Recommend].Message);
        Assert.Equal(0, await shop.QueryAsync<long>($"SELECT count(*) FROM batchrec.recommendations WHERE item_id IN ({before[0]}, {came})"));
        var (kept, anew) = await MadeAnewAsync(shop, third);
        Assert.Equal(anew, kept);
    }

    private static Task<IReadOnlyList<long>> ItemsOfAsync(TestShop shop, long user) =>
        shop.QueryAllAsync<long>($"SELECT item_id FROM batchrec.recommendations WHERE user_id = {user} ORDER BY rank");

    [Fact]
    public async Task Nothing_is_written_where_nothing_is_new()
    {
        await using var shop = await ShopAsync();
        var first = await shop.StartAsync(TestShop.AsOf);
        await shop.NightAsync(first);
        var second = await shop.StartAsync(TestShop.AsOf.AddHours(1), RunKind.Delta);
        Assert.Contains("120 users, 120 of them as they were.", (await shop.NightAsync(second))[Step.Recommend].Message);
        Assert.Equal(Bases(shop, first), Bases(shop, second));
        Assert.Empty(Deltas(shop, second));
        await AssertPublishedAsync(shop, second);
    }

    [Fact]
    public async Task A_shard_is_written_anew_when_most_of_it_has_changed_or_the_cut_has_or_a_user_has_gone()
    {
        await using var shop = await ShopAsync();
        var first = await shop.StartAsync(TestShop.AsOf);
        await shop.NightAsync(first);
        await shop.ExecuteAsync("INSERT INTO shop.interaction SELECT u, 1 + u % 7, 'purchase', '2026-03-01 06:00Z', 1, 0 FROM unnest(5000 || ARRAY(SELECT generate_series(1, 30))) AS u");
        var second = await shop.StartAsync(TestShop.AsOf.AddHours(12), RunKind.Delta);
        await shop.NightAsync(second);
        Assert.NotEqual(Bases(shop, first)[0], Bases(shop, second)[0]);
        Assert.Equal(Bases(shop, first)[1..], Bases(shop, second)[1..]);
        await AssertPublishedAsync(shop, second);

        shop.Options = shop.Options with { Recommend = shop.Options.Recommend with { Shards = 2 } };
        var third = await shop.StartAsync(TestShop.AsOf.AddHours(13), RunKind.Delta);
        Assert.Contains("121 users, 121 of them as they were", (await shop.NightAsync(third))[Step.Recommend].Message);
        Assert.Equal((2, 0), (Bases(shop, third).Count, Deltas(shop, third).Count));
        await AssertPublishedAsync(shop, third);

        await shop.ExecuteAsync("DELETE FROM shop.interaction WHERE user_id = 5000");
        var fourth = await shop.StartAsync(TestShop.AsOf.AddHours(14), RunKind.Delta);
        Assert.Contains("120 users, 120 of them as they were", (await shop.NightAsync(fourth))[Step.Recommend].Message);
        Assert.Equal([true, false], Bases(shop, third).Zip(Bases(shop, fourth), (before, now) => before == now));
        await AssertPublishedAsync(shop, fourth);
        var (kept, anew) = await MadeAnewAsync(shop, fourth);
        Assert.Equal(anew, kept);
    }

    /// <summary>The shards' files, by their hashes.</summary>
    private static List<string> Bases(TestShop shop, RunRow run) => [.. FilesOf(shop, run, TopNLists.ShardPrefix).Select(file => file.Sha256)];

    private static List<ManifestFile> Deltas(TestShop shop, RunRow run) => FilesOf(shop, run, TopNLists.DeltaPrefix);

    private static List<ManifestFile> FilesOf(TestShop shop, RunRow run, string prefix) =>
        [.. shop.Store.Find(run.RunId, Artefact.TopN)!.Manifest.Files.Where(file => file.Name.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>What readers get is what the run's files hold.</summary>
    private static async Task AssertPublishedAsync(TestShop shop, RunRow run)
    {
        var published = await shop.QueryAllAsync<string>("SELECT user_id || ': ' || string_agg(item_id::text, ' ' ORDER BY rank) FROM batchrec.recommendations GROUP BY user_id");
        var lists = Lists(shop, run);
        Assert.Equal(lists.Count, published.Count);
        Assert.All(lists.Zip(published.Order(StringComparer.Ordinal)), list => Assert.StartsWith(list.Second + " ", list.First));
    }

    [Fact]
    public async Task Lists_longer_than_the_catalogue_follow_the_default_list()
    {
        await using var shop = await ShopAsync();
        shop.Options = shop.Options with { Recommend = new RecommendOptions { TopN = 100 } };
        await shop.NightAsync(await shop.StartAsync(Before));
        // Nobody has had it when the model is trained.
        await shop.ExecuteAsync("INSERT INTO shop.item VALUES (999, 'New', 'things', 1, true); INSERT INTO shop.interaction VALUES (1, 999, 'purchase', '2026-02-28 12:00Z', 1, 0)");
        var run = await shop.StartAsync(kind: RunKind.Delta);
        Assert.Contains("served on", (await shop.NightAsync(run))[Step.Train].Message);
        Assert.NotEqual(0, await shop.QueryAsync<long>("SELECT count(*) FROM batchrec.recommendations WHERE item_id = 999"));
        var (kept, anew) = await MadeAnewAsync(shop, run);
        Assert.Equal(anew, kept);
    }

    [Fact]
    public async Task An_item_that_comes_leaves_the_lists_of_those_who_have_not_had_it()
    {
        await using var shop = await ShopAsync();
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf));
        await shop.ExecuteAsync("INSERT INTO shop.item VALUES (999, 'New', 'things', 1, true); INSERT INTO shop.interaction VALUES (1, 999, 'purchase', '2026-03-01 12:00Z', 1, 0)");
        var run = await shop.StartAsync(TestShop.AsOf.AddDays(1), RunKind.Delta);
        var message = (await shop.NightAsync(run))[Step.Recommend].Message;
        var all = await shop.QueryAsync<long>("SELECT count(DISTINCT user_id) FROM shop.interaction");
        Assert.Contains($"for {all} users, {all - 1} of them as they were", message);
        var (kept, anew) = await MadeAnewAsync(shop, run);
        Assert.Equal(anew, kept);
    }

    [Fact]
    public async Task Lists_with_an_item_that_has_left_are_made_anew_and_all_are_when_one_comes_back()
    {
        await using var shop = await ShopAsync();
        await shop.NightAsync(await shop.StartAsync(Before));
        var left = await shop.QueryAsync<long>("SELECT item_id FROM batchrec.recommendations WHERE rank = 1 AND source <> 'fallback' GROUP BY 1 ORDER BY count(*), 1 LIMIT 1");
        await shop.ExecuteAsync($"UPDATE shop.item SET available = false WHERE item_id = {left}");
        var second = await shop.StartAsync(kind: RunKind.Delta);
        var withoutIt = await shop.NightAsync(second);
        Assert.Equal(0, await shop.QueryAsync<long>($"SELECT count(*) FROM batchrec.recommendations WHERE item_id = {left}"));
        Assert.Contains("of them as they were", withoutIt[Step.Recommend].Message);

        await shop.ExecuteAsync($"UPDATE shop.item SET available = true WHERE item_id = {left}");
        var third = await shop.StartAsync(TestShop.AsOf.AddHours(6), RunKind.Delta);
        var withIt = await shop.NightAsync(third);
        Assert.DoesNotContain("as they were", withIt[Step.Recommend].Message);
        Assert.NotEqual(0, await shop.QueryAsync<long>($"SELECT count(*) FROM batchrec.recommendations WHERE item_id = {left}"));
    }

    [Fact]
    public async Task A_model_that_is_too_old_or_of_other_options_is_not_served_on()
    {
        await using var shop = await ShopAsync();
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf.AddDays(-3)));
        Assert.Contains("served on", await TrainedAsync(shop, RunKind.Delta));

        shop.Options = shop.Options with { Train = shop.Options.Train with { EveryDays = 3 } };
        Assert.Contains("Best epoch", await TrainedAsync(shop, RunKind.Delta));

        shop.Options = shop.Options with { Train = shop.Options.Train with { EveryDays = 7, MaxEpochs = 1 } };
        Assert.Contains("Best epoch", await TrainedAsync(shop, RunKind.Delta));

        shop.Options = shop.Options with { Train = shop.Options.Train with { MaxEpochs = 2 } };
        Assert.Contains("served on", await TrainedAsync(shop, RunKind.Delta));
        Assert.Contains("Best epoch", await TrainedAsync(shop, RunKind.Full));
    }

    /// <summary>What a night says of its training, which it ends after.</summary>
    private static async Task<string> TrainedAsync(TestShop shop, RunKind kind)
    {
        var run = await shop.StartAsync(kind: kind);
        var message = (await shop.NightAsync(run, until: Step.Train))[Step.Train].Message;
        await shop.Runs.CancelAsync(run.RunId, "seen enough", default);
        return message;
    }

    [Fact]
    public async Task Lists_that_depend_on_the_hour_are_kept_for_so_many_days()
    {
        await using var shop = await ShopAsync();
        shop.Options = shop.Options with { Recommend = new RecommendOptions { TopN = 5, ExcludeSeenDays = 30, MaxListAgeDays = 2 } };
        await shop.NightAsync(await shop.StartAsync(TestShop.AsOf.AddDays(-3)));
        var second = await shop.StartAsync(TestShop.AsOf.AddDays(-2), RunKind.Delta);
        await shop.NightAsync(second);
        Assert.Equal(TestShop.AsOf.AddDays(-3), Made(shop, second).Min());
        var third = await shop.StartAsync(kind: RunKind.Delta);
        Assert.Contains("served on", (await shop.NightAsync(third))[Step.Train].Message);
        Assert.InRange(Made(shop, third).Min(), TestShop.AsOf.AddDays(-2), TestShop.AsOf);
    }

    /// <summary>When each list of a run was made.</summary>
    private static List<DateTimeOffset> Made(TestShop shop, RunRow run)
    {
        var made = new List<DateTimeOffset>();
        using var duck = new DuckDb();
        foreach (var shard in TopNLists.ShardsOf(shop.Store.Find(run.RunId, Artefact.TopN)!))
        {
            using var rows = new ShardRows(duck, shard, [ListShard.MadeColumn]);
            while (rows.Next())
                for (var row = 0; row < rows.Chunk.Rows; row++)
                    if (!rows.IsReplaced(row)) made.Add(DateTimeOffset.UnixEpoch.AddMicroseconds(rows.Chunk.Longs(0)[row]));
        }
        return made;
    }

    /// <summary>A shop where few act on one day, and a model that is to be served for a week.</summary>
    private async Task<TestShop> ShopAsync()
    {
        var shop = await TestShop.GeneratedAsync(cluster, users: 120, items: 60, events: 2_400);
        shop.Options = shop.Options with { Train = shop.Options.Train with { EveryDays = 7 }, Recommend = new RecommendOptions { TopN = 20, Shards = 3 } };
        return shop;
    }

    /// <summary>The lists of a run, and those that it makes where there are none to keep.</summary>
    private static async Task<(List<string> Kept, List<string> Anew)> MadeAnewAsync(TestShop shop, RunRow run)
    {
        foreach (var other in await shop.QueryAllAsync<string>($"SELECT run_id FROM batchrec.run WHERE run_id <> '{run.RunId}'"))
            if (shop.Store.Find(RunId.Parse(other), Artefact.TopN) is { } topN) Directory.Delete(topN.Folder, recursive: true);
        var kept = Lists(shop, run);
        shop.Store.Discard(run.RunId, Step.Recommend);
        await shop.ExecuteAsync($"UPDATE batchrec.run SET state = 'running', finished = NULL WHERE run_id = '{run.RunId}'");
        var made = await shop.StepAsync(run.RunId, Step.Recommend);
        Assert.DoesNotContain("as they were", made.Message);
        return (kept, Lists(shop, run));
    }

    private static List<string> Counted(TestShop shop, RunRow run) =>
        [.. shop.Store.Find(run.RunId, Artefact.Model)!.Manifest.Files.Select(file => file.Name).Where(name => name.EndsWith(".parquet", StringComparison.Ordinal))];

    /// <summary>A line a user: items, scores, sources, reasons; sorted.</summary>
    private static List<string> Lists(TestShop shop, RunRow run)
    {
        var topN = shop.Store.Find(run.RunId, Artefact.TopN)!;
        var lines = new List<string>();
        using var duck = new DuckDb();
        foreach (var shard in TopNLists.ShardsOf(topN))
        {
            using var chunks = new ShardRows(duck, shard, [TopNLists.UserIdColumn, TopNLists.ItemIdsColumn, TopNLists.ScoresColumn, TopNLists.SourcesColumn, TopNLists.BecauseColumn, TopNLists.BecauseCountsColumn]);
            while (chunks.Next() && chunks.Chunk is var rows)
                for (var row = 0; row < rows.Rows; row++)
                    if (!chunks.IsReplaced(row))
                        lines.Add($"{rows.Longs(0)[row]}: {string.Join(' ', rows.List(1, row).Longs().ToArray())} {string.Join(' ', rows.List(2, row).Floats().ToArray())} {string.Join(' ', rows.List(3, row).Texts())} {string.Join(' ', rows.List(4, row).Longs().ToArray())} {string.Join(' ', rows.List(5, row).Ints().ToArray())}");
        }
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }
}
