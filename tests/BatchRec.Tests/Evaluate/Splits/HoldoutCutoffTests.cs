using BatchRec.Evaluate.Splits;
using BatchRec.Interactions;
using Xunit;

namespace BatchRec.Tests.Evaluate.Splits;

public sealed class HoldoutCutoffTests
{
    [Fact]
    public void A_busy_log_is_cut_so_many_days_before_its_end()
    {
        var log = Log(users: HoldoutCutoff.EnoughUsers, days: [1, 98]);
        Assert.Equal(InlineLog.At(93), HoldoutCutoff.Of(log, InlineLog.At(100), days: 7));
    }

    [Fact]
    public void Where_one_user_too_few_has_come_back_the_last_tenth_of_the_events_is_held_out()
    {
        // 398 events on days 1 and 98, and one user with none after day 93: the 90 % quantile lies on day 98.
        var log = Log(users: HoldoutCutoff.EnoughUsers - 1, days: [1, 98]);
        Assert.Equal(InlineLog.At(93), HoldoutCutoff.Of(log, InlineLog.At(100), days: 7));
        // Asked a year later, nobody has come in the last week; the cut lies where the events are.
        Assert.Equal(InlineLog.At(98), HoldoutCutoff.Of(log, InlineLog.At(465), days: 7));
    }

    [Fact]
    public void The_cut_never_lies_later_than_the_days_say()
    {
        var log = InlineLog.Of(2, [(0, 1), (1, 99)]);
        Assert.Equal(InlineLog.At(93), HoldoutCutoff.Of(log, InlineLog.At(100), days: 7));
    }

    private static Sequences Log(int users, double[] days) =>
        InlineLog.Of(1, [.. Enumerable.Range(0, users).Select(_ => days.Select(day => (0, day)).ToArray())]);
}
