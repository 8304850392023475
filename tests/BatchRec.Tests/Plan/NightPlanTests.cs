using BatchRec.Plan;
using BatchRec.Runs;
using BatchRec.Tests.WholeNight;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Plan;

[Collection(PostgresTests.Name)]
public sealed class NightPlanTests(PostgresCluster cluster)
{
    private static Task<NightPlan> PlanAsync(TestShop shop, bool full = false, DateTimeOffset? asOf = null) =>
        NightPlan.MakeAsync(shop.Data, shop.Data, shop.Runs, "default", shop.Settled, "{}", asOf ?? TestShop.AsOf, full, default);

    private static StepPlan Of(NightPlan plan, Step step) => plan.Steps.Single(candidate => candidate.Step == step);

    [Fact]
    public async Task Before_the_first_night_the_planner_and_first_guesses_say_what_can_be_said_and_nothing_is_written()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        await shop.ExecuteAsync("ANALYZE shop.interaction");
        var plan = await PlanAsync(shop);
        Assert.Equal(RunKind.Full, plan.Kind);
        Assert.InRange(plan.Events, 2_900, 3_100);
        Assert.InRange(plan.Users, 55, 65);
        Assert.InRange(plan.Source.Items, 35, 45);

        Assert.Equal(Enum.GetValues<Step>(), plan.Steps.Select(step => step.Step));
        Assert.All(plan.Steps, step => Assert.Contains("no earlier run", step.From));
        Assert.Equal((120 * 60, true), (Of(plan, Step.Train).Seconds, Of(plan, Step.Train).AtMost));
        Assert.Null(Of(plan, Step.Evaluate).Seconds);
        Assert.Null(plan.Seconds);
        Assert.Null(plan.ResultsBytes);
        Assert.True(plan.Disk.HasRoom);

        Assert.False(Directory.Exists(Path.Combine(shop.Folder, "artefacts")));
        Assert.Equal(0, await shop.QueryAsync<long>("SELECT count(*) FROM batchrec.run"));
    }

    [Fact]
    public async Task After_a_night_its_own_numbers_are_the_estimate()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        await shop.NightAsync();
        var plan = await PlanAsync(shop);
        Assert.Equal(RunKind.Delta, plan.Kind);
        // The planner never expects less than one row.
        Assert.InRange(plan.Events, 3_000, 3_001);
        Assert.Equal(60, plan.Users);
        Assert.All(plan.Steps, step => Assert.StartsWith("1 earlier run", step.From));
        Assert.Equal(plan.Events, Of(plan, Step.Extract).Rows);
        Assert.True(plan.Seconds > 0);
        Assert.True(plan.ResultsBytes > 10_000);
        Assert.Equal(RunKind.Full, (await PlanAsync(shop, full: true)).Kind);
        // What has come since the live run's instant is the planner's to say.
        await shop.ExecuteAsync("INSERT INTO shop.interaction SELECT user_id, item_id, event_type, timestamptz '2026-03-01 12:00Z', value, position FROM shop.interaction; ANALYZE shop.interaction");
        Assert.InRange((await PlanAsync(shop, asOf: TestShop.AsOf.AddDays(1))).Events, 5_700, 6_300);
    }

    [Fact]
    public async Task A_time_limit_bounds_what_earlier_nights_say_of_training()
    {
        await using var shop = await TestShop.GeneratedAsync(cluster);
        await shop.NightAsync();
        shop.Options = shop.Options with { Train = shop.Options.Train with { MaxMinutes = 1.0 / 1048576 } };
        var train = Of(await PlanAsync(shop), Step.Train);
        Assert.Equal((60.0 / 1048576, true), (train.Seconds, train.AtMost));
        Assert.EndsWith("ended by Train:MaxMinutes", train.From);
    }

    [Fact]
    public async Task A_query_that_cannot_be_planned_is_a_clear_error()
    {
        await using var shop = await TestShop.EmptyAsync(cluster);
        await shop.ExecuteAsync("ALTER TABLE shop.interaction RENAME COLUMN occurred_at TO happened_at");
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => PlanAsync(shop));
        Assert.Contains("interactions.sql, line", fault.Message);
    }

    [Fact]
    public void A_disk_is_measured_where_its_folder_will_be()
    {
        var folder = Path.Combine(Path.GetTempPath(), "not", "yet", "there");
        Assert.True(DiskRoom.Of(folder, 1).HasRoom);
        Assert.False(DiskRoom.Of(folder, long.MaxValue).HasRoom);
        Assert.False(Directory.Exists(folder));
    }
}
