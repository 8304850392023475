using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Train;
using Xunit;
using static BatchRec.Tests.Evaluate.InlineLog;

namespace BatchRec.Tests.Train;

public class QuestionsTests
{
    // A basket of two at six in the morning of day 0, one at noon, a basket of two on day 2, one a minute later.
    private static readonly Sequences Log = Of(7, [(0, 0.25), (1, 0.25), (2, 0.5), (3, 2.25), (4, 2.25), (5, 2.25 + 1 / 1440.0)], [(6, 1), (6, 1)], [(6, 1), (5, 1.5)]);

    [Theory]
    [InlineData("next", new[] { 0, 1, 2, 3, 4 }, new[] { 1, 2, 3, 4, 5 })]
    [InlineData("basket", new[] { 1, 2, 2, 4 }, new[] { 2, 3, 4, 5 })]
    [InlineData("night", new[] { 2, 2, 2 }, new[] { 3, 4, 5 })]
    public void A_target_is_asked_after_the_last_event_before_its_basket_or_its_day(string targets, int[] askedAfter, int[] asked)
    {
        var (_, batch) = Only(Log, new TrainOptions { Targets = targets, MaxLength = 5 }, user: 0);
        Assert.Equal(askedAfter, batch.Positions);
        Assert.Equal(asked, batch.Targets);
    }

    [Theory]
    [InlineData("next", 3)]
    [InlineData("basket", 2)]
    [InlineData("night", 1)]
    public void A_user_of_one_basket_or_one_day_has_nothing_to_learn_from(string targets, int users)
    {
        var batches = new Batches(Log, Vocabulary.Of(Log), new TrainOptions { Targets = targets }, 1);
        Assert.Equal(users, batches.UserCount);
        Assert.True(Training.HasTargets(Log, new TrainOptions { Targets = targets }));
        Assert.Equal(targets == "next", Training.HasTargets(Of(2, [(0, 1), (1, 1)]), new TrainOptions { Targets = targets }));
    }

    [Fact]
    public void What_a_wait_tells_ends_in_a_night_before_the_target()
    {
        var options = new TrainOptions { Targets = "night", QueryGap = true, MaxLength = 5 };
        var (_, batch) = Only(Log, options, user: 0);
        // Noon of day 0 to the midnights before day 1 and before day 2: 43,200 and 129,600 seconds.
        Assert.Equal(3, batch.Waits.Length);
        Assert.All(batch.Waits, wait => Assert.Contains(wait, new[] { 16, 17 }));
    }

    private static (Batches Batches, Batch Batch) Only(Sequences log, TrainOptions options, int user)
    {
        var alone = log.Until([.. Enumerable.Range(0, log.UserCount).Select(u => u == user ? log.Offsets[u + 1] : log.Offsets[u])]);
        var batches = new Batches(alone, Vocabulary.Of(log), options, 1);
        return (batches, batches.Of(0)[0]);
    }
}
