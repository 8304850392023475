using BatchRec.Evaluate.Metrics;
using Xunit;

namespace BatchRec.Tests.Evaluate.Metrics;

/// <summary>Lists of item indices; a hit is an item that stands in both. log2(3) = 1.5850, log2(4) = 2.</summary>
public class MetricTests
{
    [Theory]
    [InlineData(3, new[] { 4, 5, 6 }, new[] { 6 }, 1)]
    [InlineData(2, new[] { 4, 5, 6 }, new[] { 6 }, 0)]
    [InlineData(3, new[] { 4, 5, 6 }, new[] { 4, 5 }, 1)]
    [InlineData(3, new int[0], new[] { 4 }, 0)]
    [InlineData(3, new[] { 4, 5, 6 }, new int[0], double.NaN)]
    public void HR(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, HitRate.At(k, ranked, targets));

    [Theory]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 4 }, 1)]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 5 }, 0.6309297535714574)] // 1 / log2(3)
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 6 }, 0.5)] // 1 / log2(4)
    [InlineData(2, new[] { 4, 5, 6 }, new[] { 6 }, 0)]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 4, 6 }, 0.9197207891481876)] // 1.5 / (1 + 0.6309)
    [InlineData(2, new[] { 4, 5 }, new[] { 4, 5, 6, 7 }, 1)] // no list of two can hold four
    [InlineData(10, new[] { 4, 5 }, new[] { 8, 9 }, 0)]
    [InlineData(10, new[] { 4, 5 }, new int[0], double.NaN)]
    public void NDCG(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, Ndcg.At(k, ranked, targets), 12);

    [Theory]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 6 }, 1 / 3.0)]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 5, 6 }, 1 / 2.0)]
    [InlineData(2, new[] { 4, 5, 6 }, new[] { 6 }, 0)]
    [InlineData(2, new[] { 4, 5, 6 }, new int[0], double.NaN)]
    public void MRR(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, ReciprocalRank.At(k, ranked, targets), 12);

    [Theory]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 4, 6 }, (1 + 2 / 3.0) / 2)]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 4, 9 }, 1 / 2.0)]
    [InlineData(2, new[] { 4, 5, 6 }, new[] { 4, 5, 6 }, 1)]
    [InlineData(2, new[] { 4, 5, 6 }, new int[0], double.NaN)]
    public void MAP(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, AveragePrecision.At(k, ranked, targets), 12);

    [Theory]
    [InlineData(3, new[] { 4, 5, 6 }, new[] { 4, 6, 8, 9 }, 2 / 4.0)]
    [InlineData(1, new[] { 4, 5, 6 }, new[] { 4, 6, 8, 9 }, 1 / 4.0)]
    [InlineData(1, new[] { 4, 5, 6 }, new int[0], double.NaN)]
    public void RecallAtK(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, Recall.At(k, ranked, targets), 12);

    [Theory]
    [InlineData(3, new[] { 4, 5, 6 }, new[] { 4, 6, 8, 9 }, 2 / 3.0)]
    [InlineData(10, new[] { 4, 5, 6 }, new[] { 4, 6, 8, 9 }, 2 / 10.0)] // the list is short, the places are ten
    [InlineData(10, new[] { 4, 5, 6 }, new int[0], double.NaN)]
    public void PrecisionAtK(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, Precision.At(k, ranked, targets), 12);

    [Theory]
    [InlineData(3, new[] { 4, 5, 6 }, new[] { 4, 6, 8, 9 }, 4 / 7.0)] // precision 2/3, recall 1/2
    [InlineData(3, new[] { 4, 5, 6 }, new[] { 8 }, 0)]
    [InlineData(3, new[] { 4, 5, 6 }, new int[0], double.NaN)]
    public void F1AtK(int k, int[] ranked, int[] targets, double expected) => Assert.Equal(expected, F1.At(k, ranked, targets), 12);

    [Fact]
    public void Coverage_counts_distinct_items_of_the_first_K()
    {
        var coverage = new Coverage(2, itemCount: 10);
        coverage.Add([1, 2, 3]);
        coverage.Add([2, 4]);
        Assert.Equal(3 / 8.0, coverage.Of(recommendable: 8));
        Assert.Equal(double.NaN, coverage.Of(recommendable: 0));
    }

    [Fact]
    public void Novelty_is_the_mean_self_information_in_bits()
    {
        var novelty = new Novelty([4, 2, 1, 1, 0]);
        Assert.Equal(1, novelty.At(1, [0, 1]));
        Assert.Equal((1 + 2 + 3) / 3.0, novelty.At(3, [0, 1, 2]));
        Assert.Equal(3, novelty.At(3, [4]));
        Assert.Equal(double.NaN, novelty.At(3, []));
    }
}
