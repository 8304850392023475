using BatchRec.Import;
using BatchRec.Interactions;
using Xunit;

namespace BatchRec.Tests.Import;

public sealed class IdKindInferenceTests
{
    [Theory]
    [InlineData(IdKind.BigInt, "1", "-20", "9223372036854775807", "0")]
    [InlineData(IdKind.Uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000")]
    [InlineData(IdKind.Text, "1", "a2")]
    [InlineData(IdKind.Text, "1", "6f9619ff-8b86-d011-b42d-00c04fc964ff")]
    [InlineData(IdKind.Text, "007")]
    [InlineData(IdKind.Text, "+7")]
    [InlineData(IdKind.Text, "-0")]
    [InlineData(IdKind.Text, "9223372036854775808")]
    [InlineData(IdKind.Text, "1.0")]
    public void The_narrowest_kind_that_loses_nothing_is_found(IdKind kind, params string[] ids)
    {
        var inference = new IdKindInference();
        foreach (var id in ids) inference.See(id);
        Assert.Equal(kind, inference.Kind);
    }
}
