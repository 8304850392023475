using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using BatchRec.Train.Features;
using Xunit;

namespace BatchRec.Tests.Train.Features;

[Collection(LibtorchCollection.Name)]
public sealed class FeatureTrainingTests : IDisposable
{
    /// <summary>40 items on two rings; 40 to 43 came after training.</summary>
    private const int Trained = 40, Items = 44;

    private static readonly Attributes Parity = Told.Of(
        ("category", [.. Enumerable.Range(0, Items).Select(item => item % 2 == 0 ? "even" : "odd")]), ("title", [.. Enumerable.Range(0, Items).Select(item => $"thing {item}")]));

    private static readonly Sequences Log = InlineLog.OfItems(Items, [.. Rings()]).With(Parity);

    private static readonly TrainOptions Options = Histories.Small with { MaxEpochs = 12, ItemFeatures = ["category"], IdDropout = 0.3 };

    private readonly string _folder = Directory.CreateTempSubdirectory("features-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("full")]
    [InlineData("sampled")]
    public void Items_never_seen_in_training_are_told_apart_by_their_attributes(string loss)
    {
        var model = Refit(Options with { Loss = loss, Negatives = 20 }).Model;
        using var recommender = new SasrecRecommender(model, Items, items: Parity, untouchedItems: true);
        foreach (var query in Log.QueriesAtTheEnd())
        {
            var (own, scores) = (query.User % 2, Score(recommender, Log, query));
            Assert.True(Math.Min(scores[40 + own], scores[42 + own]) > Math.Max(scores[41 - own], scores[43 - own]), $"user {query.User}: {string.Join(' ', scores[40..])}");
        }
    }

    [Fact]
    public void A_history_of_items_never_seen_in_training_is_read_by_their_attributes()
    {
        using var recommender = new SasrecRecommender(Refit(Options).Model, Items, items: Parity);
        var strangers = InlineLog.OfItems(Items, [40, 42, 40], [41, 43, 41]);
        foreach (var query in strangers.QueriesAtTheEnd())
        {
            Assert.True(recommender.CanScore(strangers, query));
            var scores = Score(recommender, strangers, query);
            var (own, other) = (Mean(query.User), Mean(1 - query.User));
            Assert.True(own > other, $"{own} and {other}");
            // May be read, but not recommended: that takes another option.
            Assert.All(scores[Trained..], score => Assert.Equal(float.NegativeInfinity, score));

            double Mean(int parity) => Enumerable.Range(0, Trained).Where(item => item % 2 == parity).Average(item => scores[item]);
        }
    }

    [Fact]
    public void Attributes_are_read_as_they_are_at_scoring()
    {
        var model = Refit(Options).Model;
        var now = Told.Of(("category", [.. Enumerable.Range(0, Items).Select(item => item switch { 40 => "odd", 41 => "unheard of", 42 => null, _ => item % 2 == 0 ? "even" : "odd" })]));
        using var before = new SasrecRecommender(model, Items, items: Parity, untouchedItems: true);
        using var after = new SasrecRecommender(model, Items, items: now, untouchedItems: true);
        Assert.Equal(VectorOf(before, 41), VectorOf(after, 40));
        Assert.NotEqual(VectorOf(before, 41), VectorOf(after, 41));
        Assert.Equal((true, true, false, true), (after.Knows(40), after.Knows(41), after.Knows(42), after.Knows(43)));
        Assert.All(after.ItemVectors.ToArray(), value => Assert.True(float.IsFinite(value)));
        Assert.NotEqual(before.AttributesHash, after.AttributesHash);
        using var again = new SasrecRecommender(model, Items, items: Parity, untouchedItems: true);
        Assert.Equal(before.AttributesHash, again.AttributesHash);
        // An id map that has grown by items of which nothing is known.
        using var grown = new SasrecRecommender(model, Items + 5, items: Parity, untouchedItems: true);
        Assert.Equal((true, false), (grown.Knows(43), grown.Knows(46)));
    }

    [Fact]
    public void A_model_file_keeps_what_features_are_read_by()
    {
        var told = Told.Of(("category", [.. Enumerable.Range(0, Items).Select(item => item % 2 == 0 ? "even" : "odd")]), ("price", [.. Enumerable.Range(0, Items).Select(item => $"{item}")]));
        var written = Training.Refit(Log.With(told), Options with { ItemFeatures = ["category", "price"], MaxEpochs = 1 }, 1, 1, false, _folder, null, default).Model;
        var path = Path.Combine(_folder, "copy.safetensors");
        ModelFile.Write(path, written);
        var read = ModelFile.Read(path);
        Assert.Equal(["even", "odd"], read.Vocabulary.ItemFeatures.Columns[0].Values);
        Assert.Equal(written.Vocabulary.ItemFeatures.Columns[1].Edges, read.Vocabulary.ItemFeatures.Columns[1].Edges);
        using var before = new SasrecRecommender(written, Items, items: told);
        using var after = new SasrecRecommender(read, Items, items: told);
        Assert.Equal(before.ItemVectors.ToArray(), after.ItemVectors.ToArray());
        // What the dashboard compares items by is training's own table of the same.
        Assert.Equal([Trained, Options.Dimensions], read.Parameters[FusedItems.Table].Shape.Select(size => (int)size));
    }

    [Fact]
    public void The_same_history_goes_on_as_the_users_attributes_say()
    {
        var users = Told.Of(("gender", [.. Enumerable.Range(0, 30).Select(user => user % 2 == 0 ? "f" : "m")]));
        var log = InlineLog.OfItems(3, [.. Enumerable.Range(0, 30).Select(user => new[] { 0, 1 + user % 2 })]).With(users: users);
        var options = Histories.Small with { UserFeatures = ["gender"], MaxEpochs = 30 };
        using var recommender = new SasrecRecommender(Refit(options, log).Model, 3);
        Assert.Equal(["gender"], recommender.UserAttributes);
        for (var user = 0; user < 4; user++)
        {
            var scores = Score(recommender, log, new Query(user, log.Offsets[user] + 1, InlineLog.At(9)));
            Assert.True(scores[1 + user % 2] > scores[2 - user % 2] + 1, string.Join(' ', scores));
        }
        // Of whom nothing is known may be either.
        var nobody = InlineLog.OfItems(3, [0]);
        Assert.DoesNotContain(Score(recommender, nobody, new Query(0, 1, InlineLog.At(9))), float.IsNaN);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("sampled")]
    public void A_training_with_features_goes_on_after_a_kill_as_if_undisturbed(string loss)
    {
        var options = Options with { MaxEpochs = 3, Loss = loss, Negatives = 12, ItemFeatures = ["category", "title"], UserFeatures = ["side"], ClipNorm = 1 };
        var log = Log.With(Parity, Told.Of(("side", [.. Enumerable.Range(0, Log.UserCount).Select(user => user % 2 == 0 ? "left" : "right")])));
        var (train, validation) = Histories.LeaveOneOut(log);
        var undisturbed = Training.Run(train, validation, options, 1, Folder("undisturbed"), null, default);
        Assert.Throws<Killed>(() => Training.Run(train, validation, options, 1, Folder("killed"), new Killer(), default));
        var resumed = Training.Run(train, validation, options, 1, Folder("killed"), null, default);
        AssertSame(undisturbed, resumed);
        Assert.Equal(undisturbed.ValidationNdcg, resumed.ValidationNdcg);
        var changed = train.With(Told.Of(("category", ["even", "even", .. Enumerable.Repeat("odd", Items - 2)]), ("title", ["x", "y"])), train.UserAttributes);
        Assert.Contains("Delete it", Assert.Throws<BatchRecException>(() => Training.Run(changed, validation, options, 1, Folder("killed"), null, default)).Message);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("sampled")]
    public void Features_that_say_nothing_leave_training_as_it_is_without_bit_for_bit(string loss)
    {
        var plain = Options with { MaxEpochs = 2, ItemFeatures = null, Loss = loss, Negatives = 12 };
        var same = Log.With(Told.Of(("category", [.. Enumerable.Repeat("thing", Items)])), Told.Of(("gender", [])));
        var result = Refit(plain with { ItemFeatures = ["category"], UserFeatures = ["gender"] }, same);
        AssertSame(Refit(plain, Log, "plain"), result);
        Assert.Equal(["Train:ItemFeatures: category is left out: all have the same.", "Train:UserFeatures: gender is left out: nothing has one."], result.Notes);
    }

    private TrainingResult Refit(TrainOptions options, Sequences? log = null, string name = "run") =>
        Training.Refit(log ?? Log, options, 1, options.MaxEpochs, averaged: false, Folder(name), null, default);

    private string Folder(string name) => Path.Combine(_folder, name);

    private static float[] Score(SasrecRecommender recommender, Sequences log, Query query)
    {
        var scores = new float[recommender.ItemCount];
        recommender.Score(log, [query], scores);
        return scores;
    }

    private static float[] VectorOf(SasrecRecommender recommender, int item) => recommender.ItemVectors.Slice(item * recommender.Dimensions, recommender.Dimensions).ToArray();

    private static void AssertSame(TrainingResult expected, TrainingResult actual)
    {
        Assert.Equal(expected.Model.Parameters.Keys.Order(), actual.Model.Parameters.Keys.Order());
        Assert.All(expected.Model.Parameters, pair => Assert.Equal(pair.Value.Values, actual.Model.Parameters[pair.Key].Values));
        Assert.Equal(expected.Curve.Select(epoch => epoch.Loss), actual.Curve.Select(epoch => epoch.Loss));
    }

    /// <summary>Even users walk over the even items in a ring, odd users over the odd ones.</summary>
    private static IEnumerable<int[]> Rings() =>
        Enumerable.Range(0, 40).Select(user => Enumerable.Range(0, 12).Select(step => (user % 2 + 2 * (user / 2 + 7 * step)) % Trained).ToArray());

    private sealed class Killed : Exception;

    private sealed class Killer : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => _ = value is { Epoch: 2, Batch: 3 } ? throw new Killed() : 0;
    }
}
