using BatchRec.Publish;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class PublishOptionsTests
{
    [Fact]
    public void The_defaults_have_no_fault() => Assert.Empty(new PublishOptions().Faults());

    [Fact]
    public void Every_fault_is_named_at_once()
    {
        var options = new PublishOptions
        {
            Schema = "Shop-DE", ReaderRole = "pg_reader", KeepRuns = 1, Connections = 0, MinUsersShare = double.NaN, MinCoverage = 2, MaxChurn = 0, ChurnUsers = 0,
            MaxConstantShare = -1, MaxAgeHours = 0, StatementTimeoutMinutes = 0, LockTimeoutSeconds = 0,
        };
        var faults = options.Faults().ToList();
        var named = typeof(PublishOptions).GetProperties().Select(property => $"Publish:{property.Name} is ");
        Assert.All(named, name => Assert.Contains(faults, fault => fault.StartsWith(name, StringComparison.Ordinal)));
        Assert.Contains(new PublishOptions { Schema = "public" }.Faults(), fault => fault.StartsWith("Publish:Schema is 'public'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("default", "batchrec")]
    [InlineData("shop-de", "batchrec_shop_de")]
    public void A_pipeline_has_a_schema_of_its_own(string pipeline, string schema) => Assert.Equal(schema, new PublishOptions().SchemaOf(pipeline));
}
