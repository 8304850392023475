using BatchRec.Evaluate;
using BatchRec.Recommend;
using Xunit;

namespace BatchRec.Tests.Evaluate;

public class OptionsTests
{
    [Fact]
    public void The_defaults_have_no_fault()
    {
        Assert.Empty(new EvaluateOptions().Faults());
        Assert.Empty(new RecommendOptions().Faults());
    }

    [Fact]
    public void Every_fault_of_the_evaluation_is_reported_with_what_to_write_instead()
    {
        var faults = new EvaluateOptions
        {
            HoldoutDays = 0, HorizonDays = 0, ValidationDays = 0, ValidationUsers = -1, Protocols = ["weekly"], TargetEvents = [], MaxCases = 0,
            ScoreBlockMiB = 0, Resamples = 1, DenseItems = 0,
        }.Faults().ToArray();
        Assert.Equal(11, faults.Length);
        Assert.All(faults, fault => Assert.Matches("^Evaluate:.*(use|add|name) ", fault));
        Assert.Contains("a horizon up to that", new EvaluateOptions { HorizonDays = 14 }.Faults().Single());
    }

    [Fact]
    public void Every_fault_of_the_lists_is_reported_with_what_to_write_instead()
    {
        var faults = new RecommendOptions
        {
            TopN = 0, ExcludeSeen = [" "], ExcludeSeenDays = -1, MinHistory = 0, FallbackDays = 0, Shards = 0, ScoreBlockMiB = 0,
        }.Faults().ToArray();
        Assert.Equal(7, faults.Length);
        Assert.All(faults, fault => Assert.Matches("^Recommend:.*use ", fault));
    }
}
