using BatchRec.Blend;
using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using Xunit;

namespace BatchRec.Tests.Blend;

public class BlendFitTests
{
    private const int Users = 400;
    private const int Items = 40;

    // Every user has two events of the items 0 to 9; the third, the target, is among the others.
    private static readonly int[] Targets = [.. Enumerable.Range(0, Users).Select(u => 10 + (7 * u + u / 30) % 30)];

    private static readonly Split Validation = LeaveOneOutSplit.Of(InlineLog.OfItems(Items,
        [.. Enumerable.Range(0, Users).Select(u => (int[])[u % 10, (u + 1) % 10, Targets[u]]), [.. Enumerable.Range(0, Items)]]));

    [Fact]
    public void The_weight_is_that_under_which_the_answers_are_as_frequent_as_they_were()
    {
        // Two items and one part that says +1 and -1 and is right three times of four: sigmoid(2 w) = 3/4.
        var log = InlineLog.OfItems(2, [.. Enumerable.Range(0, 40).Select(u => (int[])[0, u % 4 == 0 ? 1 : 0]), [0, 1, 0]]);
        var right = new TableRecommender("right", [.. Enumerable.Range(0, 41).Select(_ => (float[])[1, -1])]);
        var split = LeaveOneOutSplit.Of(log);
        var cases = new BlendCases(split with { Cases = split.Cases.Pick([.. Enumerable.Range(0, 40)]) }, [right], SeenItems.Kept(log), default);
        var weights = LogLinear.Fit(cases, [.. Enumerable.Range(0, 40)], [0], 1e-9);
        Assert.Equal(Math.Log(3) / 2, weights[0], 1e-3);
        // A strong prior holds it.
        Assert.InRange(LogLinear.Fit(cases, [.. Enumerable.Range(0, 40)], [0], 1e6)[0], 0, 0.001);
    }

    [Fact]
    public void Parts_that_know_different_users_are_worth_more_together()
    {
        var (even, odd) = (Knows("even", u => u % 2 == 0), Knows("odd", u => u % 2 == 1));
        var weights = Fit(even, odd)!;
        Assert.True(weights.IsBlend);
        Assert.True(weights.Ndcg10 > 1.2 * weights.PartsNdcg10.Max(), weights.Reason);
        var blend = new BlendedRecommender([even, odd], weights, Validation.Train);
        var report = Evaluation.Run([Validation], [new Contestant(blend, Role.Model)], new EvaluateOptions { Resamples = 100 }, new RecommendOptions(), default);
        // As good as validation said of users that weights weren't fitted on.
        Assert.Equal(weights.Ndcg10, report.RowsOf(LeaveOneOutSplit.Protocol, RepeatRule.Filtered).Single().Ndcg10, 0.03);
    }

    [Fact]
    public void Noise_is_not_blended_in()
    {
        var weights = Fit(Knows("all", _ => true, certain: true), Noise("noise"))!;
        Assert.False(weights.IsBlend);
        Assert.All(weights.Weights, row => Assert.Equal([1f, 0f], row));
        Assert.Equal(weights.PartsNdcg10[0], weights.Ndcg10);
        Assert.Contains("all alone", weights.Reason);
    }

    [Fact]
    public void One_part_or_no_case_is_no_blend()
    {
        Assert.Null(Fit(Noise("noise")));
        Assert.Null(BlendFit.Of(Validation with { Cases = Validation.Cases.Pick([]) }, [Noise("a"), Noise("b")], SeenItems.Filtered(Validation.Log), new BlendOptions(), 1, default));
    }

    [Fact]
    public void No_more_cases_are_fitted_on_than_wanted()
    {
        var parts = (TableRecommender[])[Knows("even", u => u % 2 == 0), Knows("odd", u => u % 2 == 1)];
        var weights = BlendFit.Of(Validation, parts, SeenItems.Filtered(Validation.Log), new BlendOptions { MaxCases = 100 }, 1, default)!;
        Assert.Equal(100, weights.Cases);
    }

    [Fact]
    public void Weights_are_read_as_they_were_written()
    {
        var folder = Directory.CreateTempSubdirectory("blend-").FullName;
        Assert.Null(BlendWeights.Read(folder));
        var weights = Fit(Knows("even", u => u % 2 == 0), Noise("noise"))!;
        weights.Write(folder);
        var read = BlendWeights.Read(folder)!;
        Assert.Equal((weights.Reason, weights.Ndcg10, weights.Cases), (read.Reason, read.Ndcg10, read.Cases));
        Assert.Equal(weights.Weights, read.Weights);
        File.WriteAllText(Path.Combine(folder, BlendWeights.FileName), "[");
        Assert.Contains(BlendWeights.FileName, Assert.Throws<BatchRecException>(() => BlendWeights.Read(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_fault_is_reported_with_what_to_write_instead()
    {
        Assert.Empty(new BlendOptions().Faults());
        var faults = new BlendOptions { Parts = ["markov", "markov", "bert"], MaxCases = 0 }.Faults().ToArray();
        Assert.Equal(3, faults.Length);
        Assert.All(faults, fault => Assert.Matches("^Blend:.*use ", fault));
    }

    private static BlendWeights? Fit(params IRecommender[] parts) =>
        BlendFit.Of(Validation, parts, SeenItems.Filtered(Validation.Log), new BlendOptions(), 1, default);

    /// <summary>Puts the targets of some users among the best, and says noise of the others.</summary>
    private static TableRecommender Knows(string name, Func<int, bool> whom, bool certain = false)
    {
        var random = new Random(name.Length);
        return new TableRecommender(name, [.. Enumerable.Range(0, Users + 1).Select(u =>
        {
            var row = Enumerable.Range(0, Items).Select(_ => random.NextSingle()).ToArray();
            if (u < Users && whom(u)) row[Targets[u]] = certain ? 3 : 0.9f + random.NextSingle();
            return row;
        })]);
    }

    private static TableRecommender Noise(string name) => Knows(name, _ => false);
}
