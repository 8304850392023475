using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Health;
using BatchRec.Tests.Publish;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace BatchRec.Tests.Health;

public sealed class StalePublicationTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    [Fact]
    public async Task What_readers_read_may_grow_too_old()
    {
        var setup = Setup.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:Source"] = ConnectionString, ["Schedule:Enabled"] = "false" }).Build());
        await using var databases = new Databases(setup.ConnectionStrings);
        var examination = new NightExamination(setup, databases, Runs, Clock);

        var run = await PublishAsync(Lists((1, [10, 11])));
        Assert.Empty(await examination.FindAsync(default));
        Clock.Now += TimeSpan.FromHours(100);
        var stale = Assert.Single(await examination.FindAsync(default));
        Assert.Equal(("stale:default", Severity.Fault), (stale.Key, stale.Severity));
        Assert.Contains(run.Value, stale.What);
    }
}
