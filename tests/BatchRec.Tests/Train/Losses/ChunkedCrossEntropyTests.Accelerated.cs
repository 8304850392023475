using BatchRec.Torch.Accelerated;
using BatchRec.Train.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Losses;

public partial class ChunkedCrossEntropyTests
{
    [Theory]
    [InlineData(Width)]
    [InlineData(OddWidth)]
    public void The_accelerated_and_the_plain_version_agree(int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var (hidden, table, targets) = Problem(width);
        var fast = CrossEntropyHead.Gradients(hidden, table, targets);
        var plain = ChunkedCrossEntropy.PlainGradients(hidden, table, targets.to(ScalarType.Int32));
        Assert.Equal(plain.Loss, fast.Loss, 5e-6);
        AssertClose(plain.Users, fast.Users);
        AssertClose(plain.Items, fast.Items);
    }

    [Fact]
    public void A_target_outside_the_catalogue_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => ChunkedCrossEntropy.Backward(randn(2, 3), randn(4, 3), tensor(new[] { 1, 4 })));
        Assert.Contains("A target is 4; there are 4 items.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_number_of_threads_does_not_change_the_loss()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var (hidden, table, targets) = Problem();
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var one = CrossEntropyHead.Gradients(hidden, table, targets);
            set_num_threads(2);
            var two = CrossEntropyHead.Gradients(hidden, table, targets);
            Assert.Equal(one.Loss, two.Loss, 1e-9);
            AssertClose(one.Items, two.Items);
        }
        finally
        {
            set_num_threads(threads);
        }
    }
}
