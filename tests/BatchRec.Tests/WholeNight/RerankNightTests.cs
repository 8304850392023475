using BatchRec.Blend;
using BatchRec.Gate;
using BatchRec.Interactions;
using BatchRec.Prepare;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Runs;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>Nights that re-rank: what they publish, keep, judge against, and say where re-ranking is of no use.</summary>
[Collection(PostgresTests.Name)]
public sealed class RerankNightTests(PostgresCluster cluster)
{
    private static readonly DateTimeOffset Before = TestShop.AsOf.AddDays(-1);

    [Fact]
    public async Task Lists_that_re_ranking_makes_better_are_published_marked_so_and_kept_and_judged_as_the_live_ones_the_night_after()
    {
        await using var shop = await ShopAsync();
        var first = await shop.StartAsync(Before);
        var results = await shop.NightAsync(first);
        Assert.Contains("re-ranked with weight", results[Step.Evaluate].Message);
        Assert.StartsWith("reranked, NDCG@10", results[Step.Gate].Message);
        Assert.True(results[Step.Recommend].Message.StartsWith("Lists of reranked for 60 users", StringComparison.Ordinal), string.Join(Environment.NewLine, results.Select(one => $"{one.Key}: {one.Value.Message}")));
        Assert.Equal(["reranked"], await shop.QueryAllAsync<string>("SELECT DISTINCT source FROM batchrec.recommendations WHERE source <> 'fallback'"));
        Assert.Equal(0, await shop.QueryAsync<long>("SELECT count(*) FROM batchrec.recommendations JOIN shop.interaction USING (user_id, item_id) WHERE occurred_at < '2026-02-28Z'"));
        foreach (var model in (string[])[Artefact.HoldoutModel, Artefact.Model])
            Assert.Equal(1 + 1 + 2, RerankModel.Read(shop.Store.Find(first.RunId, model)!.PathOf(RerankModel.FileName)).FacetCount);
        AssertUntouchedItemsAreNotJudged(shop, first);

        // A night that keeps the model keeps its re-ranker, and the lists of those who did nothing.
        await shop.ExecuteAsync("INSERT INTO shop.interaction VALUES (7, 3, 'purchase', '2026-02-28 06:00Z', 1, 0)");
        var second = await shop.StartAsync(Before.AddHours(12), RunKind.Delta);
        results = await shop.NightAsync(second);
        Assert.Contains("served on", results[Step.Train].Message);
        Assert.Contains("Lists of reranked for 60 users, 59 of them as they were", results[Step.Recommend].Message);
        Assert.Equal(FilesOf(first, Artefact.Model), FilesOf(second, Artefact.Model));

        var third = await shop.StartAsync();
        results = await shop.NightAsync(third, until: Step.Evaluate);
        Assert.Contains("Best epoch", results[Step.Train].Message);
        Assert.Contains("live reranked", await shop.QueryAllAsync<string>($"SELECT DISTINCT model FROM batchrec.evaluation WHERE run_id = '{third.RunId}'"));

        List<string> FilesOf(RunRow run, string artefact) => [.. shop.Store.Find(run.RunId, artefact)!.Manifest.Files.Select(file => $"{file.Name} {file.Sha256}")];
    }

    [Fact]
    public async Task Where_it_is_of_no_use_the_night_says_so_and_publishes_as_if_there_were_none()
    {
        await using var shop = await ShopAsync();
        // Nothing is learnt at such a rate.
        shop.Options = shop.Options with { Rerank = shop.Options.Rerank with { LearningRate = 1e-12, Epochs = 1 } };
        var results = await shop.NightAsync();
        Assert.Contains("they stay as they are", results[Step.Evaluate].Message);
        Assert.DoesNotContain("reranked", await shop.QueryAllAsync<string>("SELECT DISTINCT model FROM batchrec.evaluation"));
        Assert.DoesNotContain("reranked", await shop.QueryAllAsync<string>("SELECT DISTINCT source FROM batchrec.recommendations"));
    }

    [Fact]
    public async Task Switched_off_there_is_none()
    {
        await using var shop = await ShopAsync();
        shop.Options = shop.Options with { Rerank = new RerankOptions() };
        var run = await shop.StartAsync();
        await shop.NightAsync(run, until: Step.Evaluate);
        Assert.DoesNotContain(shop.Store.Find(run.RunId, Artefact.HoldoutModel)!.Manifest.Files, file => file.Name == RerankModel.FileName);
        Assert.DoesNotContain(shop.Store.Find(run.RunId, Artefact.Evaluation)!.Manifest.Files, file => file.Name == RerankWeight.FileName);
    }

    /// <summary>The model knows such an item by its category, and its score stays; the re-ranker has learnt nothing of it.</summary>
    private static void AssertUntouchedItemsAreNotJudged(TestShop shop, RunRow run)
    {
        var data = PreparedData.Load(shop.Store.Find(run.RunId, Artefact.Sequences)!);
        var artefact = shop.Store.Find(run.RunId, Artefact.Model)!;
        using var model = ModelArtefact.Open(artefact, data.Items.Count, "cpu", data.Catalogue.Attributes, data.Sequences.UserAttributes, untouchedItems: true)!;
        using var reranker = new Reranker(RerankModel.Read(artefact.PathOf(RerankModel.FileName)), model, "cpu");
        var (touched, untouched) = (data.Items.Find(3L), data.Items.Find(900L));
        Assert.True(model.Knows(untouched));
        Assert.Equal([true, false], reranker.Scores(data.Sequences, new Query(0, data.Sequences.Offsets[1], 0), [touched, untouched]).Select(float.IsFinite));
    }

    /// <summary>The model is trained too little to have learnt what a re-ranker can learn of its vectors.</summary>
    private async Task<TestShop> ShopAsync()
    {
        var shop = await TestShop.CategoriesAsync(cluster);
        shop.Options = shop.Options with
        {
            Rerank = new RerankOptions { Candidates = 170, History = 5, Predecessors = 2, TargetsPerUser = 15, Negatives = 60, Epochs = 20, LearningRate = 5e-3 },
            Recommend = new RecommendOptions { TopN = 20, UntouchedItems = true },
        };
        return shop;
    }
}
