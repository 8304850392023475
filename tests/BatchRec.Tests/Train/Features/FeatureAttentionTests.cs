using BatchRec.Interactions;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Features;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train.Features;

[Collection(LibtorchCollection.Name)]
public sealed class FeatureAttentionTests
{
    private const int Width = 5;

    // The last has nothing at all.
    private static readonly Attributes Items = Told.Of(
        ("genres", ["a|b", "a", "b|c|a", null, "c", null]), ("price", ["1", "2", null, "0", "1e12", null]),
        ("title", ["red shoe", "blue", null, "shoe shoe", "red", null]), ("image", ["[1, 2, 3]", null, "[0, 0, 1]", null, "[1, NaN, 2]", null]));

    private static readonly FeatureSchema Schema = FeatureSchema.Of("Train:ItemFeatures", ["*"], Items, [0, 1, 2, 3, 4, 5], []);

    private static readonly FeatureTable Table = FeatureTable.Of(Schema, Items, [0, 1, 2, 3, 4, 5]);

    [Fact]
    public void Weights_sum_to_1_over_the_features_that_are_there()
    {
        using var scope = NewDisposeScope();
        using var attention = Attention();
        using var input = FeatureInput.Of(Table, CPU);
        var weights = attention.Weights(input).data<float>().ToArray().Chunk(4).ToArray();
        for (var item = 0; item < 5; item++) Assert.Equal(1, weights[item].Sum(), 5);
        Assert.Equal([0, 0, 0, 0], weights[5]);
        Assert.Equal((0f, 0f), (weights[1][3], weights[4][3]));
        Assert.Equal(1f, weights[3][1] + weights[3][2], 1e-6f);
        Assert.Equal(4, weights[0].Distinct().Count());
    }

    [Fact]
    public void Vectors_and_gradients_are_those_of_a_plain_loop_over_items()
    {
        using var scope = NewDisposeScope();
        using var attention = Attention();
        using var input = FeatureInput.Of(Table, CPU);
        var cotangent = tensor(Enumerable.Range(0, 6 * Width).Select(i => MathF.Sin(i)).ToArray(), [6, Width]);

        var fused = attention.forward(input);
        (fused * cotangent).sum().backward();
        var gradients = attention.parameters().Select(parameter => parameter.grad!.data<float>().ToArray()).ToArray();
        attention.zero_grad();
        var plain = stack(Enumerable.Range(0, 6).Select(item => Plain(attention, item)));
        (plain * cotangent).sum().backward();

        AssertClose(plain.data<float>().ToArray(), fused.data<float>().ToArray());
        foreach (var (parameter, gradient) in attention.parameters().Zip(gradients)) AssertClose(parameter.grad!.data<float>().ToArray(), gradient);
        Assert.All(gradients, gradient => Assert.Contains(gradient, value => value != 0));
    }

    [Fact]
    public void Some_of_the_items_have_the_vectors_that_they_have_among_all()
    {
        using var scope = NewDisposeScope();
        using var attention = Attention();
        using var all = FeatureInput.Of(Table, CPU);
        using var some = FeatureInput.Of(Table.Take([4, 0, 2]), CPU);
        var whole = attention.forward(all).data<float>().ToArray();
        AssertClose([.. whole[(4 * Width)..(5 * Width)], .. whole[..Width], .. whole[(2 * Width)..(3 * Width)]], attention.forward(some).data<float>().ToArray());
    }

    private static FeatureAttention Attention()
    {
        var attention = new FeatureAttention(Schema, Width);
        attention.Initialise(3);
        return attention;
    }

    /// <summary>(D) of one item, by its definition.</summary>
    private static Tensor Plain(FeatureAttention attention, int item)
    {
        var parameters = attention.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        var (vectors, scores) = (new List<Tensor>(), new List<Tensor>());
        for (var feature = 0; feature < Schema.Columns.Count; feature++)
        {
            var (column, table) = (Table.Columns[feature], (Parameter)parameters[$"tables.{feature}.weight"]);
            if (column.RowsOf(item).IsEmpty) continue;
            var vector = column.Of.Kind == FeatureKind.Vector
                ? tensor(column.Vectors[column.RowsOf(item)[0]], [1, column.Of.Width]).mm(table).view(-1)
                : table.index_select(0, tensor(Array.ConvertAll(column.RowsOf(item).ToArray(), row => (long)row))).mean([0]);
            vectors.Add(vector);
            scores.Add((vector * parameters["score"].view(-1)).sum() + parameters["bias"][feature]);
        }
        if (vectors.Count == 0) return zeros(Width);
        var weights = stack(scores).softmax(0);
        return vectors.Select((vector, i) => vector * weights[i]).Aggregate((a, b) => a + b);
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (a, b) in expected.Zip(actual)) Assert.Equal(a, b, 1e-5f);
    }
}
