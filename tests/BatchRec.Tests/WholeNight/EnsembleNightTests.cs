using BatchRec.Rerank;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>Nights whose model has members.</summary>
[Collection(PostgresTests.Name)]
public sealed class EnsembleNightTests(PostgresCluster cluster)
{
    [Theory]
    [InlineData(true, 0, "sasrec")]
    [InlineData(false, 0, "sasrec")]
    [InlineData(true, 170, "reranked")]
    public async Task Two_members_are_trained_judged_as_one_published_and_served_on(bool refit, int candidates, string published)
    {
        await using var shop = await TestShop.CategoriesAsync(cluster);
        shop.Options = shop.Options with
        {
            Train = shop.Options.Train with { Members = 2, Refit = refit },
            Rerank = new RerankOptions { Candidates = candidates, History = 5, Predecessors = 2, TargetsPerUser = 15, Negatives = 60, Epochs = 20, LearningRate = 5e-3 },
        };
        var first = await shop.StartAsync(TestShop.AsOf.AddDays(-1));
        var results = await shop.NightAsync(first);
        Assert.Contains("Member 2: The schedule of 3 epochs ended.", results[Step.Train].Message);
        Assert.StartsWith($"{published}, NDCG@10", results[Step.Gate].Message);
        Assert.Equal([1, 2, 3, 4, 5, 6], await shop.QueryAllAsync<int>($"SELECT epoch FROM batchrec.learning_curve WHERE run_id = '{first.RunId}' AND artefact = '{Artefact.HoldoutModel}' ORDER BY 1"));
        var model = shop.Store.Find(first.RunId, Artefact.Model)!;
        Assert.Equal(["model-2.safetensors", "model.safetensors"], model.Manifest.Files.Select(file => file.Name).Where(name => name.StartsWith("model", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        var hashes = model.Manifest.Files.ToDictionary(file => file.Name, file => file.Sha256);
        Assert.NotEqual(hashes["model.safetensors"], hashes["model-2.safetensors"]);

        if (candidates > 0) Assert.Equal(2 * shop.Options.Train.Dimensions, RerankModel.Read(model.PathOf(RerankModel.FileName)).Width);

        await shop.ExecuteAsync("INSERT INTO shop.interaction VALUES (7, 3, 'purchase', '2026-02-28 06:00Z', 1, 0)");
        var second = await shop.StartAsync(TestShop.AsOf.AddDays(-1).AddHours(12), RunKind.Delta);
        results = await shop.NightAsync(second);
        Assert.Contains("is served on", results[Step.Train].Message);
        Assert.Contains($"Lists of {published} for 60 users, 59 of them as they were", results[Step.Recommend].Message);
        Assert.Equal(second.RunId.Value, await shop.QueryAsync<string>("SELECT run_id FROM batchrec.publication"));
    }
}
