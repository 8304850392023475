using BatchRec.Rerank;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using TorchSharp;
using Xunit;

namespace BatchRec.Tests.Rerank;

[Collection(LibtorchCollection.Name)]
public class CoAttentionTests
{
    private const int Width = 8, Heads = 2, Longest = 5, Rows = 12;

    private static readonly float[] Vectors = Numbers(Rows * Width, 1);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Scores_are_those_of_the_formula(int facets)
    {
        using var network = Network(facets);
        // Two cases: all five events and all facets; two events, and a candidate that lacks facets.
        int[] events = [3, 1, 4, 1, 5, 9, 2, -1, -1, -1];
        var candidates = Enumerable.Range(0, 2 * 3 * facets).Select(i => i % facets > 0 && i / facets == 4 ? -1 : (i * 5 + 2) % Rows).ToArray();
        var scores = Score(network, new CoAttentionInput(2, 5, 3, facets, events, candidates));
        for (var one = 0; one < 2; one++)
            for (var candidate = 0; candidate < 3; candidate++)
            {
                var rows = candidates.AsSpan((one * 3 + candidate) * facets, facets).ToArray();
                Assert.Equal(Plain(network.Arrays(), [.. events.AsSpan(one * 5, 5).ToArray().Where(row => row >= 0)], rows), scores[one * 3 + candidate], 1e-4);
            }
    }

    [Fact]
    public void What_else_is_in_a_batch_and_what_is_missing_change_nothing()
    {
        using var network = Network(2);
        var alone = Score(network, new CoAttentionInput(1, 2, 2, 2, [9, 2], [4, -1, 7, 8]));
        var padded = Score(network, new CoAttentionInput(2, 4, 3, 2, [9, 2, -1, -1, 1, 2, 3, 4], [4, -1, 7, 8, -1, -1, 1, 2, 3, 4, 5, 6]));
        for (var i = 0; i < 2; i++) Assert.Equal(alone[i], padded[i], 1e-5f);
        Assert.All(padded, score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void Every_parameter_takes_part()
    {
        using var network = Network(3);
        CoAttentionInput input = new(1, 3, 2, 3, [1, 2, 3], [4, 5, 6, 7, 8, 9]);
        var before = Score(network, input);
        foreach (var (name, weights) in network.Arrays())
        {
            // What both facets of logits have alike cancels in a softmax; one element doesn't.
            var changed = network.Arrays();
            changed[name] = weights with { Values = [.. weights.Values.Select((value, i) => i % 3 == 0 ? value + 0.5f : value)] };
            using var other = new CoAttention(Width, Heads, Longest, 3);
            other.Load(changed);
            Assert.NotEqual(before, Score(other, input));
        }
    }

    [Fact]
    public void To_begin_with_it_changes_no_order()
    {
        using var network = new CoAttention(Width, Heads, Longest, 2);
        network.Start(3);
        var scores = Score(network, new CoAttentionInput(1, 3, 3, 2, [1, 2, 3], [4, 5, 6, 7, 8, 9]));
        Assert.All(scores, score => Assert.Equal(0, score));
    }

    /// <summary>s = Σ_h Z_U · Z_V as loops, in double.</summary>
    private static double Plain(Dictionary<string, Weights> arrays, int[] events, int[] facets)
    {
        var (size, sum) = (Width / Heads, 0.0);
        var x = events.Select((row, l) => Plus(Vector(row), Row(arrays["positions"], l))).ToArray();
        var there = Enumerable.Range(0, facets.Length).Where(m => facets[m] >= 0).ToArray();
        var y = there.Select(m => Plus(Vector(facets[m]), Row(arrays["slots"], m))).ToArray();
        var recency = Softmax([.. x.Select((_, l) => (double)arrays["recency"].Values[l])]);
        var share = Softmax([.. there.Select(m => (double)arrays["share"].Values[m])]);
        for (var h = 0; h < Heads; h++)
        {
            double[][] q = Part("events", x, h), k = Part("facets", y, h), xs = Part("eventValues", x, h), ys = Part("facetValues", y, h);
            var (user, item) = (new double[size], new double[size]);
            for (var l = 0; l < x.Length; l++)
            {
                var weights = Softmax([.. k.Select(key => Dot(q[l], key) / Math.Sqrt(size))]);
                for (var m = 0; m < y.Length; m++)
                    for (var d = 0; d < size; d++) user[d] += recency[l] * weights[m] * ys[m][d];
            }
            for (var m = 0; m < y.Length; m++)
            {
                var weights = Softmax([.. q.Select(query => Dot(query, k[m]) / Math.Sqrt(size))]);
                for (var l = 0; l < x.Length; l++)
                    for (var d = 0; d < size; d++) item[d] += share[m] * weights[l] * xs[l][d];
            }
            sum += Dot(user, item);
        }
        return sum;

        double[][] Part(string layer, double[][] rows, int head) => [.. rows.Select(row => Enumerable.Range(head * size, size)
            .Select(d => arrays[$"{layer}.bias"].Values[d] + Dot(Row(arrays[$"{layer}.weight"], d), row)).ToArray())];
    }

    private static double[] Vector(int row) => [.. Vectors.AsSpan(row * Width, Width).ToArray().Select(value => (double)value)];

    private static double[] Row(Weights weights, int row) => [.. weights.Values.AsSpan(row * Width, Width).ToArray().Select(value => (double)value)];

    private static double[] Plus(double[] a, double[] b) => [.. a.Zip(b, (one, other) => one + other)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (one, other) => one * other).Sum();

    private static double[] Softmax(double[] scores) => [.. scores.Select(score => Math.Exp(score) / scores.Sum(Math.Exp))];

    private static float[] Score(CoAttention network, CoAttentionInput input)
    {
        using var scope = torch.NewDisposeScope();
        return network.Scores(torch.tensor(Vectors, [Rows, Width]), input).detach().data<float>().ToArray();
    }

    private static CoAttention Network(int facets)
    {
        var network = new CoAttention(Width, Heads, Longest, facets);
        network.Load(network.Arrays().ToDictionary(one => one.Key, one => one.Value with { Values = Numbers(one.Value.Values.Length, one.Key.Length) }));
        return network;
    }

    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
