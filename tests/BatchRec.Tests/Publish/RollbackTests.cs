using BatchRec.Publish;
using BatchRec.Runs;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class RollbackTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    private Rollback Rollback => new(Results, Clock);

    private PublishingHold Hold => new(Results, Clock);

    [Fact]
    public async Task A_rollback_makes_the_publication_before_live_again_and_withdraws_the_last()
    {
        var first = await PublishAsync(Lists((7, [1])));
        var firstAsOf = Clock.Now;
        var second = await PublishAsync(Lists((7, [2])));
        Assert.Equal((second, first), await Rollback.RunAsync("default", null, default));
        Assert.Equal("7 1 1", await LiveRows());

        var status = (await PublicationStatus.ReadAsync(Results, "default", Clock, default)).Live!;
        Assert.Equal((first, null, firstAsOf, firstAsOf, Clock.Now), (status.RunId, status.PreviousRunId, status.Watermark, status.PublishedAt, status.LiveSince));
        Assert.NotNull((await Runs.GetAsync(second, default))!.Withdrawn);
        Assert.Equal(first, (await Runs.LastPublishedAsync("default", default))!.RunId);

        await Hold.ReleaseAsync("default", default);
        var third = await PublishAsync(Lists((7, [3])));
        Assert.Equal(first, (await PublicationStatus.ReadAsync(Results, "default", Clock, default)).Live!.PreviousRunId);
        Assert.Equal((third, first), await Rollback.RunAsync("default", null, default));
    }

    [Fact]
    public async Task A_rollback_goes_to_any_kept_run_and_back_to_a_withdrawn_one()
    {
        var (first, second, third) = (await PublishAsync(Lists((7, [1]))), await PublishAsync(Lists((7, [2]))), await PublishAsync(Lists((7, [3]))));
        await Rollback.RunAsync("default", first, default);
        Assert.Equal("7 1 1", await LiveRows());
        Assert.NotNull((await Runs.GetAsync(second, default))!.Withdrawn);
        Assert.NotNull((await Runs.GetAsync(third, default))!.Withdrawn);

        await Rollback.RunAsync("default", second, default);
        Assert.Equal("7 1 2", await LiveRows());
        Assert.Null((await Runs.GetAsync(second, default))!.Withdrawn);
        Assert.Equal(first, (await PublicationStatus.ReadAsync(Results, "default", Clock, default)).Live!.PreviousRunId);
    }

    [Fact]
    public async Task A_rollback_without_somewhere_to_go_is_a_clear_error()
    {
        Assert.Contains("has published nothing yet", (await Fault(null)).Message);
        var only = await PublishAsync(Lists((7, [1])));
        Assert.Contains("no earlier run", (await Fault(null)).Message);
        Assert.Contains("live already", (await Fault(only)).Message);
        var unknown = RunId.Parse("20200101_000000_0000");
        var fault = await Fault(unknown);
        Assert.Contains(unknown.Value, fault.Message);
        Assert.Contains(only.Value, fault.Message);
        Assert.Equal("7 1 1", await LiveRows());
    }

    [Fact]
    public async Task A_withdrawn_run_is_no_reference_for_the_gate()
    {
        async Task<RunId> Judged(double lift)
        {
            var (run, epoch) = await NightAsync();
            await Runs.RecordVerdictAsync(run.RunId, epoch, "quality", """{"accepted": true}""", lift, default);
            await Publication().PublishAsync(run, epoch, Lists((7, [1])), new Progress<double>(), default);
            return run.RunId;
        }
        await Judged(1.5);
        var second = await Judged(1.25);
        Assert.Equal([1.25, 1.5], await Runs.AcceptedLiftsAsync("default", 14, default));
        Assert.Equal([1.25], await Runs.AcceptedLiftsAsync("default", 1, default));
        await Rollback.RunAsync("default", null, default);
        Assert.Equal([1.5], await Runs.AcceptedLiftsAsync("default", 14, default));
        Assert.Contains("\"quality\"", (await Runs.GetAsync(second, default))!.Verdict);
    }

    [Fact]
    public async Task Runs_beyond_those_to_keep_are_dropped_and_can_not_be_gone_back_to()
    {
        var options = new PublishOptions { KeepRuns = 2 };
        var runs = new List<RunId>();
        for (var night = 1; night <= 4; night++) runs.Add(await PublishAsync(Lists([Shard((7, [night]))], DefaultList(night)), options));
        Assert.Equal(runs[2..].Select(run => $"recommendation_{run}_1"), await Tables());
        Assert.Equal(runs[2..].Select(run => run.Value), await Query<string>("SELECT run_id FROM batchrec.default_recommendation ORDER BY run_id"));
        Assert.Equal(runs[..2].Select(run => run.Value), await Query<string>("SELECT run_id FROM batchrec.publication_log WHERE action = 'retired' ORDER BY run_id"));
        await Fault(runs[0]);
        await Rollback.RunAsync("default", runs[2], default);
        Assert.Equal("7 1 3", await LiveRows());
    }

    [Fact]
    public async Task A_withdrawn_run_is_dropped_before_an_older_one_that_was_good()
    {
        var options = new PublishOptions { KeepRuns = 2 };
        var first = await PublishAsync(Lists((7, [1])), options);
        await PublishAsync(Lists((7, [2])), options);
        await Rollback.RunAsync("default", null, default);
        await Hold.ReleaseAsync("default", default);
        var third = await PublishAsync(Lists((7, [3])), options);
        Assert.Equal([$"recommendation_{first}_1", $"recommendation_{third}_1"], await Tables());
    }

    [Fact]
    public async Task A_table_that_is_still_being_read_is_kept_until_a_later_night_and_the_reader_is_not_disturbed()
    {
        var options = new PublishOptions { KeepRuns = 2, LockTimeoutSeconds = 1 };
        await PublishAsync(Lists((7, [1])), options);
        await PublishAsync(Lists((7, [2])), options);

        await using (var reader = await Results.OpenConnectionAsync())
        {
            await using var transaction = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
            await using var command = new NpgsqlCommand("SELECT item_id FROM batchrec.recommendations", reader, transaction);
            Assert.Equal(2L, await command.ExecuteScalarAsync());
            await PublishAsync(Lists((7, [3])), options);
            Assert.Equal(2L, await command.ExecuteScalarAsync());
            Assert.Equal(3, (await Tables()).Count);
            Assert.Equal("7 1 3", await LiveRows());
        }
        await PublishAsync(Lists((7, [4])), options);
        Assert.Equal(2, (await Tables()).Count);
        Assert.Equal("7 1 4", await LiveRows());
    }

    private Task<BatchRecException> Fault(RunId? toRun) => Assert.ThrowsAsync<BatchRecException>(() => Rollback.RunAsync("default", toRun, default));

    private Task<List<string>> Tables() => Query<string>("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^recommendation_2' ORDER BY relname");
}
