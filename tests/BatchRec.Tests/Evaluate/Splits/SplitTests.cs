using BatchRec.Evaluate;
using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using BatchRec.Recommend;
using Xunit;

namespace BatchRec.Tests.Evaluate.Splits;

public class SplitTests
{
    // T is day 10. User 0 has a past and a future, user 1 only a past, user 2 only a future, user 3's next basket holds two items.
    private static readonly Sequences Log = InlineLog.Of(
        9,
        [(0, 1), (1, 2), (2, 10), (3, 12), (2, 20)],
        [(4, 3)],
        [(5, 11), (6, 13)],
        [(0, 9), (7, 11), (8, 11), (7, 11.5)]);

    private static readonly TimeCutoff At = new(Log, InlineLog.At(10));

    [Fact]
    public void Training_ends_before_the_cutoff()
    {
        var train = NightlySplit.Of(At).Train;
        Assert.Equal([0, 1, 4, 0], train.Items);
        Assert.Equal([0, 2, 3, 3, 4], train.Offsets);
        Assert.Equal(9, train.ItemCount);
    }

    [Fact]
    public void Nightly_asks_at_the_cutoff_for_the_whole_next_basket()
    {
        var split = NightlySplit.Of(At);
        Assert.Equal([new Query(0, 2, InlineLog.At(10)), new Query(3, 9, InlineLog.At(10))], split.Cases.Queries);
        Assert.Equal([2], split.Cases.TargetsOf(0).ToArray());
        Assert.Equal([7, 8], split.Cases.TargetsOf(1).ToArray());
        Assert.Equal(1, split.NewUsers);
    }

    [Fact]
    public void Without_baskets_the_first_of_an_instant_is_the_target()
    {
        var split = NightlySplit.Of(new TimeCutoff(Log, InlineLog.At(10)) { Baskets = false });
        Assert.Equal([2, 7], split.Cases.Targets);
    }

    [Fact]
    public void Horizon_wants_every_distinct_item_of_the_days_after_the_cutoff()
    {
        var split = HorizonSplit.Of(At, days: 7);
        Assert.Equal("horizon-7d", split.Protocol);
        Assert.Equal([2, 3], split.Cases.TargetsOf(0).ToArray());
        Assert.Equal([7, 8], split.Cases.TargetsOf(1).ToArray());
        Assert.Equal(2, split.Cases.Count);
    }

    [Fact]
    public void Horizon_excludes_the_instant_at_which_it_ends()
    {
        var log = InlineLog.Of(3, [(0, 1), (1, 16.999), (2, 17)]);
        Assert.Equal([1], HorizonSplit.Of(new TimeCutoff(log, InlineLog.At(10)), days: 7).Cases.Targets);
    }

    [Fact]
    public void Last_wants_the_last_event_given_all_earlier_ones_those_after_the_cutoff_too()
    {
        var split = LastSplit.Of(At);
        Assert.Equal(
            [new Query(0, 4, InlineLog.At(12)), new Query(2, 7, InlineLog.At(11)), new Query(3, 11, InlineLog.At(11))], split.Cases.Queries);
        Assert.Equal([2, 6, 7], split.Cases.Targets);
    }

    [Fact]
    public void Successive_wants_each_event_after_the_cutoff_in_turn()
    {
        var split = SuccessiveSplit.Of(At);
        Assert.Equal([2L, 3, 4, 7, 9, 10, 11], split.Cases.Queries.Select(q => q.End));
        Assert.Equal([2, 3, 2, 6, 7, 8, 7], split.Cases.Targets);
        // Never the target's own time: the cutoff, or what was known last.
        Assert.Equal([10.0, 10, 12, 11, 10, 11, 11], split.Cases.Queries.Select(q => (q.Time - InlineLog.Start) / (double)InlineLog.Day));
        Assert.Equal(1, split.NewUsers);
    }

    [Fact]
    public void Leave_one_out_wants_each_users_last_event_and_trains_on_the_others()
    {
        var split = LeaveOneOutSplit.Of(InlineLog.OfItems(4, [0, 1, 2], [3], [2, 0]));
        Assert.Equal([2, 0], split.Cases.Targets);
        Assert.Equal([0, 1, 3, 2], split.Train.Items);
        Assert.Equal([new Query(0, 2, InlineLog.At(1)), new Query(2, 5, InlineLog.At(0))], split.Cases.Queries);
    }

    [Fact]
    public void Leave_one_out_of_its_own_training_part_wants_the_last_but_one()
    {
        var test = LeaveOneOutSplit.Of(InlineLog.OfItems(4, [0, 1, 2], [3], [2, 0]));
        var validation = LeaveOneOutSplit.Of(test.Train);
        Assert.Equal([1], validation.Cases.Targets);
        Assert.Equal([0, 3, 2], validation.Train.Items);
    }

    [Fact]
    public void Items_that_training_never_saw_stay_targets()
    {
        var split = NightlySplit.Of(At);
        Assert.DoesNotContain(7, split.Train.Items);
        Assert.Contains(7, split.Cases.Targets);
    }

    [Fact]
    public void Only_target_events_are_targets_but_all_are_history()
    {
        var log = InlineLog.OfEvents(4, ["view", "purchase"], [(0, 1, 0), (1, 11, 0), (2, 12, 1), (3, 12, 0)], [(0, 1, 1), (1, 11, 0)]);
        var at = new TimeCutoff(log, InlineLog.At(10), new EventTypeSet(log, ["Purchase"]));
        Assert.Equal([2], NightlySplit.Of(at).Cases.Targets);
        Assert.Equal([2], HorizonSplit.Of(at, 7).Cases.Targets);
        var last = LastSplit.Of(at).Cases;
        Assert.Equal([2], last.Targets);
        Assert.Equal(2, last.Queries[0].End);
    }

    [Fact]
    public void Target_events_that_the_log_lacks_are_a_fault_that_says_which_there_are()
    {
        var fault = Assert.Throws<BatchRecException>(() => Protocols.Of(Log, At.Time, new EvaluateOptions { TargetEvents = ["buy"] }));
        Assert.Contains("buy", fault.Message);
        Assert.Contains("view", fault.Message);
    }

    [Fact]
    public void Validation_users_lose_their_last_days_and_nobody_else_does()
    {
        // All eight users have an event on day 1 and, but for the last, one on day 8.
        var log = InlineLog.Of(9, [.. Enumerable.Range(0, 8).Select(u => u < 7 ? new[] { (0, 1.0), (1 + u, 8.0) } : [(0, 1.0)])]);
        var split = ValidationSplit.Of(new TimeCutoff(log, InlineLog.At(5)), NightlySplit.Of, mostUsers: 3, seed: 1);
        Assert.Equal(3, split.Cases.Count);
        foreach (var (query, index) in split.Cases.Queries.Select((q, i) => (q, i)))
        {
            Assert.Equal([1 + query.User], split.Cases.TargetsOf(index).ToArray());
            Assert.Equal(InlineLog.At(5), query.Time);
            Assert.Equal(1, split.Train.ItemsOf(query.User).Length);
        }
        Assert.Equal(15 - 3, split.Train.EventCount);
        Assert.NotEqual(
            split.Cases.Queries, ValidationSplit.Of(new TimeCutoff(log, InlineLog.At(5)), NightlySplit.Of, mostUsers: 3, seed: 2).Cases.Queries);
    }

    [Fact]
    public void Validation_leaves_half_of_those_who_qualify_to_training()
    {
        var log = InlineLog.Of(3, [.. Enumerable.Repeat(new[] { (0, 1.0), (1, 8.0) }, 10)]);
        Assert.Equal(5, ValidationSplit.Of(new TimeCutoff(log, InlineLog.At(5)), NightlySplit.Of, mostUsers: 1_000, seed: 1).Cases.Count);
    }

    [Fact]
    public void Validation_of_all_users_leaves_nobody_s_later_events_to_training()
    {
        var log = InlineLog.Of(3, [(0, 1.0), (1, 8.0)], [(2, 2.0), (1, 3.0), (0, 9.0)], [(1, 7.0)]);
        var split = ValidationSplit.Of(new TimeCutoff(log, InlineLog.At(5)), NightlySplit.Of, mostUsers: 0, seed: 1);
        Assert.Equal([0, 1], split.Cases.Queries.Select(query => query.User));
        Assert.Equal([1, 2, 0], Enumerable.Range(0, 3).Select(user => split.Train.ItemsOf(user).Length));
    }

    [Fact]
    public void A_sample_keeps_its_users_when_others_come()
    {
        var few = Sample.Positions(100, 10, i => i, seed: 3);
        var many = Sample.Positions(110, 10, i => i, seed: 3);
        Assert.Equal(10, few.Length);
        Assert.True(few.Intersect(many).Count() >= 5);
        Assert.Equal(few.Order(), few);
    }

    [Fact]
    public void The_quantile_cutoff_leaves_that_share_before_it() =>
        Assert.Equal(InlineLog.At(9), TimeCutoff.AtQuantile(InlineLog.OfItems(10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 0.9));

    [Fact]
    public void An_empty_log_has_no_quantile() =>
        Assert.Contains("empty", Assert.Throws<BatchRecException>(() => TimeCutoff.AtQuantile(InlineLog.OfItems(1), 0.9)).Message);
}
