using BatchRec.Train;
using BatchRec.Train.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Encoders;

public class SequenceModelTests
{
    private static readonly Dictionary<string, TrainOptions> Variant = new()
    {
        ["sasrec"] = Histories.Small,
        ["sasrec, plain"] = Histories.Small with { FeedForward = "gelu", Gates = false, Heads = 1, RotaryPositions = false },
        ["sasrec, local"] = Histories.Small with { Window = 3 },
        ["sasrec, hard"] = Histories.Small with { TopKeys = 2 },
        ["hstu"] = Histories.Small with { Encoder = "hstu" },
        ["hstu, local"] = Histories.Small with { Encoder = "hstu", Window = 3 },
        ["dot"] = Histories.Small with { Encoder = "dot" },
        ["dot, mean query"] = Histories.Small with { Encoder = "dot", PoolingQuery = "mean" },
        ["dot, learned query"] = Histories.Small with { Encoder = "dot", PoolingQuery = "learned" },
        ["additive"] = Histories.Small with { Encoder = "additive" },
    };

    public static TheoryData<string> Variants => [.. Variant.Keys];

    [Theory]
    [MemberData(nameof(Variants))]
    public void What_comes_later_changes_nothing_before_it(string variant)
    {
        using var network = Network(variant);
        var before = Outputs(network, [1, 2, 3, 4, 5, 6, 7, 8], 8);
        var after = Outputs(network, [1, 2, 3, 4, 5, 6, 9, 0], 8);
        Assert.Equal(before[..(6 * 16)], after[..(6 * 16)]);
        Assert.NotEqual(before[(6 * 16)..(7 * 16)], after[(6 * 16)..(7 * 16)]);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void What_came_earlier_counts(string variant)
    {
        using var network = Network(variant);
        Assert.NotEqual(Outputs(network, [1, 2, 3], 3)[^16..], Outputs(network, [4, 2, 3], 3)[^16..]);
        Assert.NotEqual(Outputs(network, [1, 2, 3], 3)[^16..], Outputs(network, [2, 1, 3], 3)[^16..]);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Padding_on_the_right_changes_nothing(string variant)
    {
        using var network = Network(variant);
        var bare = Outputs(network, [1, 2, 3, 4], 4);
        var padded = Outputs(network, [1, 2, 3, 4, 0, 0, 0, 0], 8);
        for (var i = 0; i < bare.Length; i++) Assert.Equal(bare[i], padded[i], 1e-5f);
    }

    [Fact]
    public void Cosine_scores_lie_within_one_over_the_temperature()
    {
        using var network = Network("sasrec");
        using var scope = NewDisposeScope();
        var users = network.UserVectors(randn([5, 16]));
        var scores = users.mm(network.ItemVectors().t());
        Assert.All(users.norm(1).data<float>().ToArray(), length => Assert.Equal(1 / 0.06f, length, 1e-3f));
        Assert.All(scores.data<float>().ToArray(), score => Assert.InRange(score, -16.7f, 16.7f));
    }

    [Fact]
    public void A_seed_drops_the_same_again_another_seed_drops_otherwise_and_none_drops_nothing()
    {
        using var network = Network("sasrec");
        float[] Pass(ulong? seed)
        {
            network.DropoutSeed = seed;
            return Outputs(network, [1, 2, 3, 4], 4);
        }
        Assert.Equal(Pass(1), Pass(1));
        Assert.NotEqual(Pass(1), Pass(2));
        Assert.NotEqual(Pass(1), Pass(null));
        Assert.Equal(Pass(null), Pass(null));
    }

    private static SequenceModel Network(string variant)
    {
        var network = SequenceModel.Of(new Vocabulary(10, [.. Enumerable.Range(0, 10)]), Variant[variant]);
        network.Initialise(3);
        // A tenfold start: attention that differs from a plain mean.
        using var withoutGradients = no_grad();
        foreach (var (_, parameter) in network.named_parameters())
            if (parameter.shape.Length > 1) parameter.mul_(10f);
        return network;
    }

    /// <returns>(length × D) of one history</returns>
    private static float[] Outputs(SequenceModel network, int[] items, int length)
    {
        using var withoutGradients = no_grad();
        using var scope = NewDisposeScope();
        return network.forward(tensor(items, [1, length])).data<float>().ToArray();
    }
}
