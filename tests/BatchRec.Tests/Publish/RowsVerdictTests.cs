using BatchRec.Interactions;
using BatchRec.Publish;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class RowsVerdictTests
{
    private static readonly PublishOptions Strict = new() { MinUsersShare = .8, MinCoverage = .25, MaxChurn = .5, MaxConstantShare = .5 };

    // 10 users, 20 rows, 4 of 10 items; 8 of 10 live users; half of the first ten as they were; 5 of 10 lists constant: all just within bounds.
    private static LoadedRows Rows(long users = 10, int items = 4, long notFinite = 0, long constant = 5)
    {
        var distinct = new DistinctItems(IdKind.BigInt);
        for (var item = 0; item < items; item++) distinct.Add(item);
        return new LoadedRows(users, 2 * users, 0, notFinite, 10, constant, distinct);
    }

    [Fact]
    public void Rows_on_the_bounds_are_accepted()
    {
        var verdict = RowsVerdict.Of(Rows(users: 8, items: 3), 12, new LiveComparison(10, .5), Strict);
        Assert.Equal((true, .25, .5, .5), (verdict.Accepted, verdict.Coverage, verdict.Churn, verdict.ConstantShare));
        Assert.Empty(verdict.Reasons);
    }

    [Fact]
    public void Every_reason_to_refuse_is_given_at_once()
    {
        var verdict = RowsVerdict.Of(Rows(users: 7, items: 2, notFinite: 1, constant: 6), 10, new LiveComparison(10, .4), Strict);
        Assert.False(verdict.Accepted);
        Assert.Equal(5, verdict.Reasons.Count);
        foreach (var option in new[] { "Publish:MinUsersShare", "Publish:MinCoverage", "Publish:MaxChurn", "Publish:MaxConstantShare", "Train:LearningRate" })
            Assert.Contains(verdict.Reasons, reason => reason.Contains(option));
    }

    [Fact]
    public void No_list_and_only_empty_lists_are_refused_even_on_a_first_night()
    {
        var none = new LoadedRows(0, 0, 0, 0, 0, 0, new DistinctItems(IdKind.Text));
        Assert.Equal(["There is no list at all."], RowsVerdict.Of(none, 10, null, new PublishOptions()).Reasons);
        Assert.Equal(["Every list is empty."], RowsVerdict.Of(none with { Users = 3 }, 10, null, new PublishOptions()).Reasons);
    }

    [Fact]
    public void A_verdict_comes_back_from_its_run_as_it_was()
    {
        var verdict = RowsVerdict.Of(Rows(notFinite: 2), 10, new LiveComparison(10, null), Strict);
        var back = RowsVerdict.FromRun($$"""{"quality": {}, "rows": {{verdict.ToJson()}}}""")!;
        Assert.Equal(verdict.Reasons, back.Reasons);
        Assert.Equal(verdict with { Reasons = back.Reasons }, back);
        Assert.Null(RowsVerdict.FromRun("{}"));
    }
}

public sealed class RefusedPublicationTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public async Task A_score_that_is_no_number_is_refused_and_the_live_tables_are_as_they_were(float score)
    {
        var live = await PublishAsync(Lists((7, [30])));
        var (run, epoch) = await NightAsync();
        var before = await Everything();
        var shard = Shard(Column("user_id", 7), Column("", 30, 31), [2], [1, score]);
        var verdict = await Publication().PublishAsync(run, epoch, Lists([shard]), new Progress<double>(), default);
        Assert.False(verdict.Accepted);
        Assert.Equal(1, verdict.NotFinite);
        Assert.Equal(before.Replace($"log {live} published", $"log {live} published\nlog {run.RunId} refused"), await Everything());

        var refused = (await Runs.GetAsync(run.RunId, default))!;
        Assert.Equal(verdict.Reasons, RowsVerdict.FromRun(refused.Verdict)!.Reasons);
        Assert.True(await Runs.FinishAsync(run.RunId, epoch, RunState.Refused, verdict.Summary(), default));
        await PublishAsync(Lists((7, [31])));
        Assert.Equal("7 1 31", await LiveRows());
    }

    [Theory]
    [InlineData("sasrec", false)]
    [InlineData("fallback", true)]
    public async Task Lists_with_one_score_throughout_are_refused_unless_they_are_the_fallback(string source, bool accepted)
    {
        var (run, epoch) = await NightAsync();
        var shard = Shard(Column("user_id", 7, 8), Column("", 30, 31, 30), [2, 1], [0, 0, 0], source);
        var verdict = await Publication().PublishAsync(run, epoch, Lists([shard]), new Progress<double>(), default);
        Assert.Equal((accepted, accepted ? 0 : 1), (verdict.Accepted, verdict.ConstantShare));
    }

    [Fact]
    public async Task Fewer_users_than_the_live_lists_have_are_refused()
    {
        await PublishAsync(Lists((1, [1]), (2, [1]), (3, [1]), (4, [1]), (5, [1])));
        var (run, epoch) = await NightAsync();
        var verdict = await Publication().PublishAsync(run, epoch, Lists((1, [1]), (2, [1]), (3, [1])), new Progress<double>(), default);
        Assert.Equal((false, 5L), (verdict.Accepted, verdict.LiveUsers));
        Assert.Contains("3 users have a list where 5 have one now", Assert.Single(verdict.Reasons));
        Assert.Equal("1 1 1; 2 1 1; 3 1 1; 4 1 1; 5 1 1", await LiveRows());
    }

    [Fact]
    public async Task Churn_is_the_part_of_the_first_ten_that_was_not_there_averaged_over_users_who_have_both()
    {
        // User 1 keeps one of two, user 2 keeps two of four, user 3 keeps all, whatever the order; user 4 is new; after rank ten nothing counts.
        long[] ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        await PublishAsync(Lists((1, [1, 2]), (2, [1, 2]), (3, [.. ten, 11])));
        var (run, epoch) = await NightAsync();
        var verdict = await Publication().PublishAsync(run, epoch, Lists((1, [2, 3]), (2, [1, 2, 3, 4]), (3, [.. ten.Reverse(), 12]), (4, [5])), new Progress<double>(), default);
        Assert.Equal((1 - (.5 + .5 + 1) / 3), verdict.Churn!.Value, 12);
    }

    private static BatchRec.Parquet.Column Column(string name, params long[] values) => BatchRec.Parquet.Column.Long(name, values);
}
