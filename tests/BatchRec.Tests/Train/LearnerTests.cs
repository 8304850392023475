using BatchRec.Interactions;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Encoders;
using Xunit;
using static TorchSharp.torch;

namespace BatchRec.Tests.Train;

[Collection(LibtorchCollection.Name)]
public class LearnerTests
{
    private const string Gradients = "first_moment/", Parameters = "weights/";

    private static readonly Sequences Log = Histories.Rings(users: 8, items: 12, length: 7);

    [Theory]
    [InlineData("full")]
    [InlineData("sampled")]
    public void An_adversarial_step_has_the_gradient_of_the_table_and_that_of_the_worst_table_nearby(string loss)
    {
        var options = Histories.Small with { Loss = loss, Negatives = 6, AverageDecay = 0 };
        var (start, gradient) = AfterAStep(options, table => table);
        var (_, there) = AfterAStep(options, table =>
        {
            using var scope = NewDisposeScope();
            var own = gradient[SequenceModel.ItemTableName];
            return Adversary.Worst(tensor(table, own.Shape), tensor(own.Values, own.Shape), 0.3).data<float>().ToArray();
        });
        var (same, both) = AfterAStep(options with { AdversarialNorm = 0.3 }, table => table);

        Assert.Equal(start, same);
        foreach (var (name, found) in both)
        {
            var largest = found.Values.Max(MathF.Abs);
            for (var i = 0; i < found.Values.Length; i++)
                Assert.InRange(found.Values[i] - gradient[name].Values[i] - there[name].Values[i], -1e-4f * largest, 1e-4f * largest);
        }
        Assert.Contains(both, one => one.Value.Values.Zip(gradient[one.Key].Values).Any(pair => MathF.Abs(pair.First - 2 * pair.Second) > 0.05f * one.Value.Values.Max(MathF.Abs)));
    }

    /// <returns>the table that the step began with, and AdamW's first moments after it: a tenth of the gradients</returns>
    private static (float[] Table, Dictionary<string, Weights> Gradients) AfterAStep(TrainOptions options, Func<float[], float[]> moved)
    {
        var vocabulary = Vocabulary.Of(Log);
        using var learner = new Learner(vocabulary, options, seed: 3);
        var arrays = learner.Arrays();
        var table = arrays[Parameters + SequenceModel.ItemTableName];
        arrays[Parameters + SequenceModel.ItemTableName] = table with { Values = moved(table.Values) };
        learner.Load(arrays, 0);
        Assert.True(double.IsFinite(learner.Step(new Batches(Log, vocabulary, options, seed: 3).Of(0)[0], 0, 1e-3)));
        return (table.Values, learner.Arrays().Where(array => array.Key.StartsWith(Gradients, StringComparison.Ordinal)).ToDictionary(array => array.Key[Gradients.Length..], array => array.Value));
    }
}
