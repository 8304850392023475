using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Encoders;

[Collection(LibtorchCollection.Name)]
public class DropoutMaskTests
{
    private static readonly long[] Shape = [64, 200, 37];

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void The_asked_share_is_dropped_and_the_mean_stays_one(double share)
    {
        var values = Mask(share, 11);
        var dropped = values.Count(value => value == 0) / (double)values.Length;
        // Five standard deviations of a binomial share.
        Assert.Equal(share, dropped, 5 * Math.Sqrt(share * (1 - share) / values.Length) + 1e-12);
        Assert.All(values.Where(value => value != 0).Distinct(), value => Assert.Equal(1 / (1 - share), value, 1e-6));
    }

    [Fact]
    public void The_same_seed_gives_the_same_mask_on_any_number_of_threads()
    {
        var threads = get_num_threads();
        try
        {
            set_num_threads(1);
            var one = Mask(0.3, 5);
            set_num_threads(3);
            Assert.Equal(one, Mask(0.3, 5));
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void A_small_mask_is_the_beginning_of_a_larger_one()
    {
        using var scope = NewDisposeScope();
        var small = DropoutMask.Create([21], 0.5, 9).data<float>().ToArray();
        var large = DropoutMask.Create([64], 0.5, 9).data<float>().ToArray();
        Assert.Equal(large[..21], small);
    }

    [Fact]
    public void Neighbouring_seeds_agree_no_more_often_than_chance()
    {
        var (a, b) = (Mask(0.5, 1), Mask(0.5, 2));
        var equal = a.Zip(b).Count(pair => pair.First == pair.Second) / (double)a.Length;
        Assert.Equal(0.5, equal, 5 * 0.5 / Math.Sqrt(a.Length));
        // Nor is one a copy of the other with neighbours swapped.
        for (var swap = 1; swap < 8; swap++)
        {
            var swapped = Enumerable.Range(0, a.Length & ~7).Count(i => a[i] == b[i ^ swap]) / (double)(a.Length & ~7);
            Assert.Equal(0.5, swapped, 5 * 0.5 / Math.Sqrt(a.Length));
        }
    }

    [Fact]
    public void Applying_it_scales_the_gradient_as_the_values()
    {
        using var scope = NewDisposeScope();
        var x = ones(40, 50).requires_grad_();
        var y = DropoutMask.Apply(x, 0.25, 3);
        y.sum().backward();
        Assert.Equal(y.data<float>().ToArray(), x.grad!.data<float>().ToArray());
    }

    private static float[] Mask(double share, ulong seed)
    {
        using var mask = DropoutMask.Create(Shape, share, seed);
        return mask.data<float>().ToArray();
    }
}
