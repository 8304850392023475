using BatchRec.Train;
using BatchRec.Train.Encoders;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Encoders;

public class AttentionRecordTests
{
    private static readonly int[] History = [1, 2, 3, 4, 2, 5, 6];

    private static readonly TrainOptions OneLayer = Histories.Small with { Layers = 1, Heads = 2, RotaryPositions = false, Gates = false, FeedForward = "gelu" };

    private static readonly Dictionary<string, TrainOptions> Variant = new()
    {
        ["sasrec"] = OneLayer,
        ["sasrec, local"] = OneLayer with { Window = 3 },
        ["sasrec, hard"] = OneLayer with { TopKeys = 2 },
        ["hstu"] = OneLayer with { Encoder = "hstu" },
        ["hstu, local"] = OneLayer with { Encoder = "hstu", Window = 3 },
        ["dot"] = OneLayer with { Encoder = "dot" },
        ["additive"] = OneLayer with { Encoder = "additive" },
    };

    public static TheoryData<string> Variants => [.. Variant.Keys];

    [Theory]
    [MemberData(nameof(Variants))]
    public void The_weights_of_one_layer_equal_plain_loops_in_double(string variant)
    {
        using var network = Network(Variant[variant]);
        var expected = new PlainAttention(network, Variant[variant]).Of(History);
        var found = Weights(network, History);
        for (var i = 0; i < History.Length; i++) Assert.Equal(expected[i], found[i], 1e-5);
        Assert.True(found.Max() - found.Min() > 0.02, "An even share of everybody would show nothing.");
    }

    [Theory]
    [InlineData("sasrec")]
    [InlineData("hstu")]
    [InlineData("dot")]
    [InlineData("additive")]
    public void Weights_sum_to_one_whatever_the_padding_and_later_events_have_none(string encoder)
    {
        using var network = Network(Histories.Small with { Encoder = encoder });
        var bare = Weights(network, History);
        Assert.Equal(1, bare.Sum(), 1e-5f);
        Assert.All(bare, weight => Assert.True(weight >= 0));
        var padded = Weights(network, [.. History, 9, 8], History.Length);
        for (var i = 0; i < bare.Length; i++) Assert.Equal(bare[i], padded[i], 1e-5f);
    }

    [Fact]
    public void A_window_and_the_top_keys_leave_the_others_nothing()
    {
        using (var local = Network(OneLayer with { Window = 3 })) Assert.All(Weights(local, History)[..^3], weight => Assert.Equal(0, weight));
        // Through two layers of three events one looks back five.
        using (var two = Network(OneLayer with { Window = 3, Layers = 2 }))
        {
            var weights = Weights(two, History);
            Assert.All(weights[..^5], weight => Assert.Equal(0, weight));
            Assert.True(weights[^5] > 0);
        }
        using var hard = Network(OneLayer with { TopKeys = 2, Heads = 1 });
        Assert.Equal(2, Weights(hard, History).Count(weight => weight > 0));
    }

    [Fact]
    public void Two_layers_roll_out_as_the_product_of_half_the_mean_of_heads_and_half_the_identity()
    {
        using var scope = NewDisposeScope();
        var record = new AttentionRecord();
        record.Start();
        // (1, 2 heads, 2, 2): means [[1, 0], [.5, .5]] and [[1, 0], [.2, .8]].
        record.Note(tensor(new float[] { 1, 0, 0.9f, 0.1f, 1, 0, 0.1f, 0.9f }, [1, 2, 2, 2]));
        record.Note(tensor(new float[] { 1, 0, 0.4f, 0.6f, 1, 0, 0, 1 }, [1, 2, 2, 2]));
        // The last row: (½ [.2, .8] + ½ [0, 1]) · ½ ([[1, 0], [.5, .5]] + I) = [.1, .9] · [[1, 0], [.25, .75]]
        Assert.Equal([0.325f, 0.675f], record.OfLast(2), (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    [Fact]
    public void A_pass_that_is_recorded_gives_what_the_fused_one_gives()
    {
        using var network = Network(Histories.Small);
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var items = tensor(new int[] { 1, 2, 3, 4, 5, 6, 7, 8 }, [1, 8]);
        var quick = network.Pass(items, [8]).Outputs.data<float>().ToArray();
        network.Attention.Start();
        var noted = network.Pass(items, [8]).Outputs.data<float>().ToArray();
        network.Attention.Stop();
        for (var i = 0; i < quick.Length; i++) Assert.Equal(quick[i], noted[i], 1e-4f);
    }

    [Fact]
    public void A_user_s_weights_stand_beside_the_events_that_the_model_knows()
    {
        var log = Histories.Rings(users: 4, items: 8, length: 6);
        var options = Histories.Small with { MaxLength = 4 };
        var vocabulary = Vocabulary.Of(log);
        using var network = SequenceModel.Of(vocabulary, options);
        network.Initialise(1);
        using var model = new SasrecRecommender(new TrainedModel { Options = options, Vocabulary = vocabulary, Seed = 1, Parameters = network.Arrays() }, log.ItemCount);
        var query = new BatchRec.Interactions.Query(2, log.Offsets[3] - 1, log.Times[log.Offsets[3] - 1]);
        var attended = model.Attention(log, query)!;
        Assert.Equal([query.End - 4, query.End - 3, query.End - 2, query.End - 1], attended.Events);
        Assert.Equal(1, attended.Weights.Sum(), 1e-5f);
        var shorter = model.Attention(log, query, longest: 2)!;
        Assert.Equal([query.End - 2, query.End - 1], shorter.Events);
        Assert.Equal(1, shorter.Weights.Sum(), 1e-5f);
        // The record is off again: lists go by the fused pass.
        Assert.Equal(model.Encode(log, [query]), model.Encode(log, [query]));
        Assert.Null(model.Attention(log, query with { End = log.Offsets[2] }));
    }

    private static SequenceModel Network(TrainOptions options)
    {
        var network = SequenceModel.Of(new Vocabulary(10, [.. Enumerable.Range(0, 10)]), options);
        network.Initialise(3);
        using var withoutGradients = no_grad();
        foreach (var (_, parameter) in network.named_parameters())
            if (parameter.shape.Length > 1) parameter.mul_(options.Encoder == "dot" ? 10f : 4f);
        return network;
    }

    private static float[] Weights(SequenceModel network, int[] items, int? length = null)
    {
        using var withoutGradients = no_grad();
        using var scope = NewDisposeScope();
        network.Attention.Start();
        network.forward(tensor(items, [1, items.Length]));
        var weights = network.Attention.OfLast(length ?? items.Length);
        network.Attention.Stop();
        return weights;
    }
}
