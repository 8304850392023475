using BatchRec.Evaluate;
using BatchRec.Recommend;
using Xunit;
using static BatchRec.Tests.Evaluate.InlineLog;

namespace BatchRec.Tests.Evaluate;

public sealed class HoldoutTests
{
    // Four users with items 0 and 1 early; in the week before T (day 83 to 90) each takes item 1 again and item 2, at one instant; then one more after T.
    private static readonly Holdout Cut = Holdout.Of(
        Of(4, [.. Enumerable.Range(0, 4).Select(_ => new (int, double)[] { (0, 1), (1, 2), (1, 85), (2, 85), (3, 95) })]), new EvaluateOptions(), At(97));

    [Fact]
    public void What_lies_after_the_cutoff_is_neither_trained_nor_validated_on()
    {
        Assert.Equal(At(90), Cut.Cutoff);
        Assert.DoesNotContain(3, Cut.Validation.Train.Items);
        Assert.DoesNotContain(3, Cut.Validation.Cases.Targets);
        Assert.All(Cut.Splits, split => Assert.Equal([3], split.Cases.TargetsOf(0).ToArray()));
    }

    [Fact]
    public void A_basket_is_a_question_for_each_of_its_items_and_seen_ones_only_where_they_may_be_recommended()
    {
        // Half of the four users are validated on.
        Assert.Equal([1, 2, 1, 2], Cut.ValidationSet(new RecommendOptions { ExcludeSeenDays = 0 }).Targets);
        Assert.Equal([2, 2], Cut.ValidationSet(new RecommendOptions()).Targets);
    }
}
