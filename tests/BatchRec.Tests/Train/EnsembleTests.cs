using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Train.Features;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Train;

public sealed class EnsembleTests : IDisposable
{
    private static readonly TrainOptions Options = Histories.Small with { MaxEpochs = 3, Members = 3 };

    private static readonly (Sequences Train, ValidationSet Validation) Log = Histories.LeaveOneOut(Histories.Rings(users: 24, items: 12, length: 8));

    private readonly string _folder = Directory.CreateTempSubdirectory("ensemble-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Scores_vectors_and_attention_are_the_mean_of_the_members()
    {
        TrainedModel[] models = [.. Run(Options, "run").Select(member => member.Model)];
        using var ensemble = new SasrecRecommender(models, Log.Train.ItemCount);
        var members = Array.ConvertAll(models, model => new SasrecRecommender(model, Log.Train.ItemCount));
        var queries = Log.Train.QueriesAtTheEnd();
        var expected = new float[queries.Length * Log.Train.ItemCount];
        foreach (var member in members)
        {
            var own = new float[expected.Length];
            member.Score(Log.Train, queries, own);
            for (var i = 0; i < own.Length; i++) expected[i] += own[i] / members.Length;
        }

        var found = new float[expected.Length];
        ensemble.Score(Log.Train, queries, found);
        var (users, width) = (ensemble.Encode(Log.Train, queries), ensemble.Dimensions);
        Assert.Equal(3 * Options.Dimensions, width);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i], found[i], 1e-3f);
            var (user, item) = (i / Log.Train.ItemCount, i % Log.Train.ItemCount);
            var product = Enumerable.Range(0, width).Sum(d => users[user * width + d] * ensemble.ItemVectors[item * width + d]);
            if (ensemble.Knows(item)) Assert.Equal(product, found[i], 1e-3f);
        }

        var attended = ensemble.Attention(Log.Train, queries[5])!;
        var each = members.Select(member => member.Attention(Log.Train, queries[5])!.Weights).ToArray();
        for (var i = 0; i < attended.Weights.Length; i++) Assert.Equal(each.Average(weights => weights[i]), attended.Weights[i], 1e-6f);
        Assert.NotEqual(each[0], each[1]);
        foreach (var member in members) member.Dispose();
    }

    [Fact]
    public void The_first_member_is_the_model_of_a_training_without_others_and_no_two_are_alike()
    {
        var members = Run(Options, "run");
        Assert.Equal(3, members.Count);
        Assert.Equal(Values(Run(Options with { Members = 1 }, "alone").Single()), Values(members[0]));
        Assert.Equal(3, members.Select(member => member.Model.Seed).Distinct().Count());
        Assert.NotEqual(Values(members[0]), Values(members[1]));
        Assert.NotEqual(Values(members[1]), Values(members[2]));
    }

    [Fact]
    public void Killed_in_the_second_member_it_goes_on_as_if_undisturbed_and_trains_no_epoch_twice()
    {
        var undisturbed = Run(Options, "undisturbed");
        Assert.Throws<Killed>(() => Run(Options, "killed", value => value.Epoch == 5 && value.Batch == 2 ? throw new Killed() : 0));
        var told = new List<int>();
        var resumed = Run(Options, "killed", value => { told.Add(value.Epoch); return 0; });
        Assert.Equal(undisturbed.Select(Values), resumed.Select(Values));
        Assert.Equal([5, 6, 7, 8, 9], told.Distinct());
    }

    [Fact]
    public void A_refit_trains_each_member_for_the_epochs_that_were_its_best()
    {
        var refitted = Ensemble.Refit(Log.Train, Options, 1, [(2, false), (1, true), (3, false)], _folder, null, default);
        Assert.Equal([2, 1, 3], refitted.Select(member => member.Curve.Count));
        Assert.Equal([false, true, false], refitted.Select(member => member.BestIsAveraged));
    }

    [Fact]
    public void Minutes_are_shared_out_and_what_a_member_leaves_is_the_others()
    {
        var options = Options with { MaxMinutes = 30 };
        Assert.Equal(10, Ensemble.MinutesOfNext(options, made: 0, seconds: 0));
        Assert.Equal(14, Ensemble.MinutesOfNext(options, made: 1, seconds: 120));
        Assert.Equal(8, Ensemble.MinutesOfNext(options, made: 2, seconds: 22 * 60), 1e-9);
        Assert.InRange(Ensemble.MinutesOfNext(options, made: 2, seconds: 3_600), 1e-6, 1e-2);
        Assert.Equal(0, Ensemble.MinutesOfNext(options with { MaxMinutes = 0 }, made: 1, seconds: 120));
        var members = Run(Options with { MaxEpochs = 1_000_000, MaxMinutes = 0.05 }, "run");
        Assert.All(members, member => Assert.Contains("Train:MaxMinutes", member.Stopped));
    }

    [Fact]
    public void Items_attributes_are_those_of_each_member_side_by_side()
    {
        var told = Told.Of(("kind", [.. Enumerable.Range(0, Log.Train.ItemCount).Select(item => item % 2 == 0 ? "even" : "odd")]));
        var members = Ensemble.Run(Log.Train.With(told), Log.Validation, Options with { Members = 2, ItemFeatures = ["kind"] }, 1, Path.Combine(_folder, "told"), null, default).Select(member => member.Model).ToArray();
        using var both = new SasrecRecommender(members, Log.Train.ItemCount, items: told);
        using var second = new SasrecRecommender(members[1], Log.Train.ItemCount, items: told);
        var width = second.Dimensions;
        for (var item = 0; item < Log.Train.ItemCount; item++)
        {
            Assert.Equal(second.ItemVectors.Slice(item * width, width).ToArray(), both.ItemVectors.Slice(item * 2 * width + width, width).ToArray());
            Assert.Equal(second.FeatureVectors()!.Of(item, 0).ToArray(), both.FeatureVectors()!.Of(item, 0)[width..].ToArray());
        }
        Assert.NotEqual(second.AttributesHash, both.AttributesHash);
    }

    [Fact]
    public void Models_of_other_items_are_not_members_of_one()
    {
        var other = Training.Run(Histories.Rings(8, 6, 4), new ValidationSet(Log.Train, [], [], Log.Validation.Seen), Options with { Members = 1 }, 1, Path.Combine(_folder, "other"), null, default);
        Assert.Contains("same items", Assert.Throws<ArgumentException>(() => new SasrecRecommender([Run(Options with { Members = 1 }, "one").Single().Model, other.Model], 12)).Message);
    }

    private sealed class Killed : Exception;

    private sealed class Listener(Func<TrainProgress, int> listen) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => _ = listen(value);
    }

    private IReadOnlyList<TrainingResult> Run(TrainOptions options, string name, Func<TrainProgress, int>? listen = null) =>
        Ensemble.Run(Log.Train, Log.Validation, options, 1, Path.Combine(_folder, name), new Listener(listen ?? (_ => 0)), default);

    private static float[] Values(TrainingResult result) => [.. result.Model.Parameters.OrderBy(pair => pair.Key).SelectMany(pair => pair.Value.Values)];
}
