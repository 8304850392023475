using BatchRec.Evaluate;
using BatchRec.Evaluate.Offline;
using BatchRec.Evaluate.Splits;
using BatchRec.Import;
using BatchRec.Interactions;
using Xunit;

namespace BatchRec.Tests.Evaluate.Offline;

public class OfflineProtocolTests
{
    // Twenty users with an event a day of days 0 to 19, item = day.
    private static readonly Sequences Days = InlineLog.OfItems(20, [.. Enumerable.Repeat(Enumerable.Range(0, 20).ToArray(), 20)]);

    [Fact]
    public void Leave_one_out_tunes_on_the_last_but_one()
    {
        var (validation, test) = Cut("leave-one-out", Days);
        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal([18], validation.Cases.TargetsOf(i).ToArray()));
        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal([19], test.Cases.TargetsOf(i).ToArray()));
        Assert.DoesNotContain(18, validation.Train.Items);
    }

    [Theory]
    [InlineData("nightly", new[] { 15 }, 1)]
    [InlineData("horizon-2d", new[] { 15, 16 }, 1)]
    [InlineData("last", new[] { 19 }, 1)]
    [InlineData("successive", new[] { 15 }, 5)]
    public void A_cut_by_time_tunes_on_half_of_the_users_before_it_as_it_tests(string protocol, int[] first, int casesAUser)
    {
        var (validation, test) = Cut(protocol, Days, cutoff: "2026-01-16");
        Assert.Equal(first, test.Cases.TargetsOf(0).ToArray());
        Assert.Equal(20 * casesAUser, test.Cases.Count);
        Assert.Equal(15 * 20, test.Train.EventCount);
        Assert.DoesNotContain(15, validation.Log.Items);
        Assert.Equal(10, validation.Cases.Queries.Select(query => query.User).Distinct().Count());
        // Those who are asked lose what is asked for; the others keep theirs.
        var asked = validation.Cases.Queries[0];
        Assert.DoesNotContain(validation.Cases.TargetsOf(0)[0], validation.Train.ItemsOf(asked.User).ToArray());
        Assert.Equal(10, Enumerable.Range(0, 20).Count(user => validation.Train.ItemsOf(user).Length == 15));
    }

    [Fact]
    public void Sessions_split_beforehand_are_asked_within_and_tuned_on_in_the_same_way()
    {
        // Users 0 to 9 are for training, 10 to 13 for the test, four events each.
        var log = InlineLog.OfItems(4, [.. Enumerable.Repeat((int[])[0, 1, 2, 3], 14)]);
        var file = new LogFile(log, false, [.. Enumerable.Range(0, 14).Select(user => user < 10 ? log.Offsets[user + 1] : log.Offsets[user])], []);
        var (validation, test) = OfflineProtocol.Parse("successive", null).Cut(file, new EvaluateOptions());
        Assert.Equal(4 * 3, test.Cases.Count);
        Assert.Equal(4, test.NewUsers);
        Assert.Equal(40, test.Train.EventCount);
        Assert.Equal(5 * 3, validation.Cases.Count);
        Assert.Equal(5 * 4 + 5, validation.Train.EventCount);
        Assert.Contains("use last or successive", Assert.Throws<BatchRecException>(() => OfflineProtocol.Parse("nightly", null).Cut(file, new EvaluateOptions())).Message);
        Assert.Contains("with --test use nightly, last or successive", Assert.Throws<BatchRecException>(() => OfflineProtocol.Parse("leave-one-out", null).Cut(file, new EvaluateOptions())).Message);
    }

    [Fact]
    public void Users_who_come_back_in_the_test_file_are_tuned_on_by_as_many_last_events()
    {
        var log = InlineLog.OfItems(6, [.. Enumerable.Repeat((int[])[0, 1, 2, 3, 4, 5], 8)]);
        var file = new LogFile(log, false, [.. Enumerable.Range(0, 8).Select(user => log.Offsets[user + 1] - 2)], []);
        var (validation, test) = OfflineProtocol.Parse("nightly", null).Cut(file, new EvaluateOptions());
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal([4], test.Cases.TargetsOf(i).ToArray()));
        Assert.All(Enumerable.Range(0, 4), i => Assert.Equal([2], validation.Cases.TargetsOf(i).ToArray()));
        Assert.Equal(4 * 4 + 4 * 2, validation.Train.EventCount);
    }

    [Theory]
    [InlineData("weekly", null, "There is no protocol 'weekly'")]
    [InlineData("horizon-0d", null, "There is no protocol")]
    [InlineData("nightly", "soon", "--cutoff is 'soon'")]
    [InlineData("leave-one-out", "0.9", "has no cutoff")]
    public void What_is_not_meant_so_says_why(string name, string? cutoff, string why) =>
        Assert.Contains(why, Assert.Throws<BatchRecException>(() => OfflineProtocol.Parse(name, cutoff)).Message);

    [Fact]
    public void A_log_without_times_is_not_cut_by_time()
    {
        var file = new LogFile(Days, HasTimes: false, null, []);
        Assert.Contains("has no times", Assert.Throws<BatchRecException>(() => OfflineProtocol.Parse("nightly", null).Cut(file, new EvaluateOptions())).Message);
    }

    [Fact]
    public void A_share_cuts_where_so_many_events_lie_before() =>
        Assert.Equal(0.9 * Days.EventCount, Cut("nightly", Days, "0.9").Test.Train.EventCount);

    private static (Split Validation, Split Test) Cut(string protocol, Sequences log, string? cutoff = null) =>
        OfflineProtocol.Parse(protocol, cutoff).Cut(new LogFile(log, HasTimes: true, null, []), new EvaluateOptions { ValidationDays = 2 });
}
