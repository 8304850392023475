using BatchRec.Import;
using Xunit;

namespace BatchRec.Tests.Import;

public sealed class IdTypeInferenceTests
{
    [Theory]
    [InlineData(IdType.Bigint, "1", "-20", "9223372036854775807", "0")]
    [InlineData(IdType.Uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff", "00000000-0000-0000-0000-000000000000")]
    [InlineData(IdType.Text, "1", "a2")]
    [InlineData(IdType.Text, "1", "6f9619ff-8b86-d011-b42d-00c04fc964ff")]
    [InlineData(IdType.Text, "007")]
    [InlineData(IdType.Text, "+7")]
    [InlineData(IdType.Text, "-0")]
    [InlineData(IdType.Text, "9223372036854775808")]
    [InlineData(IdType.Text, "1.0")]
    public void The_narrowest_type_that_loses_nothing_is_found(IdType type, params string[] ids)
    {
        var inference = new IdTypeInference();
        foreach (var id in ids) inference.See(id);
        Assert.Equal(type, inference.Type);
    }
}
