using BatchRec.Publish;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class PublishingHoldTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    private PublishingHold Hold => new(Results, Clock);

    [Fact]
    public async Task The_first_reason_stands_and_a_release_ends_it_once()
    {
        Assert.Null(await Hold.FindAsync("default", default));
        await Hold.HoldAsync("default", "First.", default);
        Assert.Equal("First.", (await Hold.HoldAsync("default", "Second.", default)).Reason);
        Assert.Null(await Hold.FindAsync("other", default));
        Assert.Equal("First.", (await Hold.ReleaseAsync("default", default))!.Reason);
        Assert.Null(await Hold.ReleaseAsync("default", default));
        Assert.Equal(["released", "held"], (await PublicationEvent.ListAsync(Results, "default", 10, default)).Select(one => one.Action));
    }

    [Fact]
    public async Task A_rollback_holds_until_it_is_released()
    {
        var first = await PublishAsync(Lists((7, [1])));
        var second = await PublishAsync(Lists((7, [2])));
        await new Rollback(Results, Clock).RunAsync("default", null, default);
        Assert.Equal($"Rolled back from {second} to {first}.", (await Hold.FindAsync("default", default))!.Reason);
        var (run, epoch) = await NightAsync();
        await Assert.ThrowsAsync<HeldException>(() => Publication().PublishAsync(run, epoch, Lists((7, [3])), new Progress<double>(), default));
        Assert.Equal("7 1 1", await LiveRows());
    }

    [Fact]
    public async Task A_hold_that_comes_while_rows_are_loaded_still_stops_the_flip()
    {
        await PublishAsync(Lists((7, [1])));
        var (run, epoch) = await NightAsync();
        void After(string part)
        {
            if (part == "verify") Hold.HoldAsync("default", "Stop.", default).GetAwaiter().GetResult();
        }
        await Assert.ThrowsAsync<HeldException>(() => Publication(after: After).PublishAsync(run, epoch, Lists((7, [2])), new Progress<double>(), default));
        Assert.Equal("7 1 1", await LiveRows());

        await Hold.ReleaseAsync("default", default);
        await Publication().PublishAsync(run, await RestartAsync(run.RunId), Lists((7, [3])), new Progress<double>(), default);
        Assert.Equal("7 1 3", await LiveRows());
    }

    [Fact]
    public async Task What_changed_between_two_publications_is_counted()
    {
        var before = await PublishAsync(Lists((7, [1, 2]), (8, [1, 2]), (9, [3, 4])));
        var after = await PublishAsync(Lists((7, [1, 2]), (8, [2, 5]), (9, [3, 5])), new PublishOptions { MaxChurn = 1 });
        var kept = (await KeptPublication.ListAsync(Results, "default", default)).ToDictionary(run => run.RunId);
        var tables = (await ResultTables.FindAsync(Results, "default", default))!;
        var changes = await ListChanges.ReadAsync(Results, tables, kept[before], kept[after], default);
        Assert.Equal((3, 2), (changes.Users, changes.Changed));
        Assert.Equal(2 / 3.0, changes.Overlap!.Value, 9);
        Assert.Equal([("5", 2L, 0L), ("1", 1, 2), ("4", 0, 1)], changes.Moved.Select(item => (item.ItemId, item.Users, item.UsersBefore)));
        Assert.Equal([("2", 2L), ("5", 2), ("1", 1), ("3", 1)], (await ListSample.ReadAsync(Results, tables, kept[after], default)).Items.Select(item => (item.ItemId, item.Users)));
    }
}
