using BatchRec.Torch.Accelerated;
using BatchRec.Train.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Losses;

public partial class NegativesLossTests
{
    [Theory]
    [MemberData(nameof(Cases))]
    public void The_accelerated_and_the_plain_version_agree(int width, double sigmoid)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (users, table, targets) = Problem(width);
        var sample = new NegativeSampler(Items, Count, 0.4).Draw(targets, 5);
        var own = Array.ConvertAll(targets, sample.ColumnsOf);
        Assert.Contains(own, columns => columns.Until > columns.From + 1);
        var (negatives, positives) = (table[tensor(sample.Rows)], table[tensor(targets)]);

        var fast = NegativesHead.Gradients(users, negatives, positives, own, sample.LogExpected, sigmoid);
        var plain = NegativesLoss.PlainGradients(users, negatives, positives, own, sample.LogExpected, sigmoid);
        Assert.Equal(plain.Loss, fast.Loss, 1e-5 * plain.Loss);
        AssertClose(plain.Users, fast.Users);
        AssertClose(plain.Negatives, fast.Negatives);
        AssertClose(plain.Positives, fast.Positives);
    }
}
