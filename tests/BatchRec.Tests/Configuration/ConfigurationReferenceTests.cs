using BatchRec.Jobs.Configuration;
using Xunit;

namespace BatchRec.Tests.Configuration;

public sealed class ConfigurationReferenceTests
{
    [Fact]
    public void The_reference_is_what_the_option_records_say()
    {
        var path = Path.Combine(Checkout.Folder, "ops", "docs", "configuration.md");
        Assert.True(File.ReadAllText(path) == ConfigurationReference.Text(), $"{path} is not what the option records say. Run: ops/batchrec config reference > ops/docs/configuration.md");
    }

    [Fact]
    public void Every_option_has_a_meaning() => Assert.Empty(ConfigurationReference.Undescribed());

    [Fact]
    public void An_option_is_told_with_its_default_its_range_and_its_meaning()
    {
        var text = ConfigurationReference.Text();
        Assert.Contains("| `TopN` | `100` | 1 to 10000 items | Items in each user's list. |", text);
        Assert.Contains("| `WhenBaselineWins` | `publish` | publish or refuse |", text);
        Assert.Contains("| `RetryDelaysSeconds` | `[30, 300]` | at least one number of seconds, none below 0 |", text);
        Assert.Contains("binary cross-entropy", text);
        Assert.DoesNotContain("cref", text);
    }
}
