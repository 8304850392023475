using BatchRec.Configuration;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Recommend;
using BatchRec.Rerank;
using BatchRec.Tests.Blend;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Rerank;

[Collection(LibtorchCollection.Name)]
public class RerankFitTests
{
    [Fact]
    public void What_the_model_has_no_order_for_is_put_right_and_the_test_says_as_much_as_validation()
    {
        using var model = Ring.Model();
        using var reranker = new Reranker(Ring.Train(model), model, "cpu");
        var weight = Fit(model, reranker)!;
        Assert.True(weight.IsUsed, weight.Reason);
        Assert.Equal(("sasrec", Ring.Users), (weight.Base, weight.Cases));
        Assert.True(weight.BaseNdcg10 < 0.3 && weight.Ndcg10 > 0.7, weight.Reason);
        var report = Evaluation.Run(
            [Ring.Split], [new Contestant(model, Role.Model), new Contestant(new RerankedRecommender(model, reranker, weight.Weight), Role.Reranked)],
            new EvaluateOptions { Resamples = 100 }, new RecommendOptions(), default).RowsOf(LeaveOneOutSplit.Protocol, RepeatRule.Filtered);
        Assert.Equal(["sasrec", "reranked"], report.Select(row => row.Model));
        Assert.Equal(weight.BaseNdcg10, report[0].Ndcg10, 1e-6);
        Assert.Equal(weight.Ndcg10, report[1].Ndcg10, 0.03);
    }

    [Fact]
    public void One_that_says_nothing_steps_aside()
    {
        using var model = Ring.Model();
        using var noise = new Reranker(Ring.Untrained(model), model, "cpu");
        // One list is right for two users of three, the other for none: neither is to be disturbed.
        foreach (var right in (Func<int, bool>[])[user => user % 3 > 0, _ => false])
        {
            var weight = Fit(Knows(right), noise)!;
            Assert.Equal((0, weight.BaseNdcg10, false), (weight.Weight, weight.Ndcg10, weight.IsUsed));
            Assert.Contains("they stay as they are", weight.Reason);
        }
    }

    [Fact]
    public void Too_few_cases_fit_nothing()
    {
        using var model = Ring.Model();
        using var reranker = new Reranker(Ring.Untrained(model), model, "cpu");
        Assert.Null(RerankFit.Of(Ring.Split with { Cases = Ring.Split.Cases.Pick([0, 1, 2, 3]) }, model, reranker, Ring.Seen, 1, default));
    }

    [Fact]
    public void A_weight_is_read_as_it_was_written()
    {
        var folder = Directory.CreateTempSubdirectory("rerank-").FullName;
        Assert.Null(RerankWeight.Read(folder));
        var weight = new RerankWeight { Base = "blend", Weight = 0.3, Cases = 7, Ndcg10 = 0.2, BaseNdcg10 = 0.1, Reason = "Because." };
        weight.Write(folder);
        Assert.Equal(weight, RerankWeight.Read(folder));
        File.WriteAllText(Path.Combine(folder, RerankWeight.FileName), "[");
        Assert.Contains(RerankWeight.FileName, Assert.Throws<BatchRecException>(() => RerankWeight.Read(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_fault_is_reported_with_what_to_write_instead()
    {
        Assert.Empty(new RerankOptions().Faults());
        Assert.Empty(new RerankOptions { Candidates = 200 }.Faults());
        var faults = new RerankOptions
        {
            Candidates = 50, History = 0, Predecessors = 21, Heads = 0, TargetsPerUser = 0, MaxCases = 0, Negatives = 0, Epochs = 0, BatchSize = 0, LearningRate = 0, WeightDecay = 2,
        }.Faults().ToArray();
        Assert.Equal(11, faults.Length);
        Assert.All(faults, fault => Assert.Matches("^Rerank:.*use ", fault));

        Assert.Empty(new PipelineOptions { Rerank = new RerankOptions { Candidates = 100 } }.Faults());
        Assert.Contains("Recommend:TopN = 300", Assert.Single(new PipelineOptions { Rerank = new RerankOptions { Candidates = 200 }, Recommend = new RecommendOptions { TopN = 300 } }.Faults()));
        Assert.Contains("Rerank:Heads is 3", Assert.Single(new PipelineOptions { Rerank = new RerankOptions { Candidates = 200, Heads = 3 } }.Faults()));
        Assert.Empty(new PipelineOptions { Recommend = new RecommendOptions { TopN = 300 } }.Faults());
    }

    private static RerankWeight? Fit(ISearchedRecommender found, Reranker reranker) => RerankFit.Of(Ring.Split, found, reranker, Ring.Seen, 1, default);

    /// <summary>Puts the targets of some users among the best ten, and says noise besides.</summary>
    private static VectorTable Knows(Func<int, bool> whom)
    {
        var random = new Random(3);
        // An item a dimension: a user's vector is his scores.
        var users = Enumerable.Range(0, Ring.Users).SelectMany(user =>
        {
            var row = Enumerable.Range(0, Ring.Items).Select(_ => random.NextSingle()).ToArray();
            if (whom(user)) row[Ring.Split.Cases.TargetsOf(user)[0]] += 1.5f * random.NextSingle();
            return row;
        });
        return new VectorTable("table", [.. users], [.. Enumerable.Range(0, Ring.Items).Select(item => Enumerable.Range(0, Ring.Items).Select(k => k == item ? 1f : 0).ToArray())], Ring.Items);
    }
}
