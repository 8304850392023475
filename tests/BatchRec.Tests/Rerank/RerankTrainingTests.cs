using BatchRec.Rerank;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Torch;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Rerank;

[Collection(LibtorchCollection.Name)]
public class RerankTrainingTests
{
    [Fact]
    public void Predecessors_are_those_that_come_before_most_for_how_often_they_come()
    {
        // Item 3 comes after 0 twice, 0.7 and 0.49 off in between; item 2 is everywhere.
        var log = InlineLog.OfItems(5, [2, 0, 3, 2], [2, 2, 0, 3], [2, 1, 2, 2, 2]);
        var found = Predecessors.Of(log, 2);
        Assert.Equal([0, 2], found[6..8]);
        Assert.Equal([2, -1], found[2..4]);
        Assert.Equal([-1, -1], found[8..10]);
        Assert.Empty(Predecessors.Of(log, 0));
    }

    [Fact]
    public void It_learns_from_the_last_targets_of_training_histories_against_what_a_list_could_have()
    {
        using var model = Ring.Model();
        var cases = RerankCases.Of(Ring.Split.Train, model, Ring.Seen, "next", Ring.Options, 1, default);
        Assert.Equal(Ring.Users * 8, cases.Queries.Length);
        var row = new float[Ring.Items];
        for (var i = 0; i < cases.Queries.Length; i++)
        {
            var (query, seen) = (cases.Queries[i], Ring.Split.Train.Items.AsSpan((int)Ring.Split.Train.Offsets[cases.Queries[i].User]..(int)cases.Queries[i].End).ToArray());
            Assert.True(query.End < Ring.Split.Train.Offsets[query.User + 1]);
            Assert.Equal(Ring.Split.Train.Items[query.End], cases.Targets[i]);
            Assert.Equal(Ring.Items - seen.Length, cases.Candidates[i].Distinct().Count());
            Assert.Equal(cases.Targets[i], cases.Candidates[i][0]);
            Assert.Empty(cases.Candidates[i].Intersect(seen));
            // The model's, and the others the best first.
            model.Score(Ring.Split.Train, [query], row);
            for (var at = 0; at < cases.Candidates[i].Length; at++) Assert.Equal(row[cases.Candidates[i][at]], cases.Scores[i][at], 1e-3f);
            Assert.Equal(cases.Scores[i][1..].OrderDescending(), cases.Scores[i][1..]);
        }
        // No more than wanted.
        Assert.Equal(100, RerankCases.Of(Ring.Split.Train, model, Ring.Seen, "next", Ring.Options with { MaxCases = 100 }, 1, default).Queries.Length);
        Assert.All(RerankCases.Of(Ring.Split.Train, model, Ring.Seen, "next", Ring.Options with { Candidates = 7 }, 1, default).Candidates, own => Assert.Equal(1 + 7, own.Length));
        // Without the eight targets of eleven events.
        Assert.All(Enumerable.Range(0, Ring.Users), user => Assert.Equal(Ring.Split.Train.ItemsOf(user)[..3], cases.Before(Ring.Split.Train).ItemsOf(user)));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_a_file_gives_them_back()
    {
        using var model = Ring.Model();
        var losses = new List<double>();
        var options = Ring.Options with { Epochs = 1 };
        var one = Ring.Train(model, options, progress: new Told(progress => losses.Add(progress.Loss)));
        Assert.Equal(one.Parameters.Select(Text), Ring.Train(model, options).Parameters.Select(Text));
        Assert.NotEqual(one.Parameters.Select(Text), Ring.Train(model, options, seed: 2).Parameters.Select(Text));
        Assert.Equal(Ring.Users * 8 / 16, losses.Count);
        Assert.True(losses[^1] < losses[0], $"{losses[0]} to {losses[^1]}");

        var folder = Directory.CreateTempSubdirectory("reranker-").FullName;
        one.Write(folder);
        var path = Path.Combine(folder, RerankModel.FileName);
        var read = RerankModel.Read(path);
        Assert.Equal((one.Options, one.Width, one.FacetCount), (read.Options, read.Width, read.FacetCount));
        using (Reranker before = new(one, model, "cpu"), after = new(read, model, "cpu"))
        {
            int[] candidates = [.. Enumerable.Range(0, Ring.Items)];
            foreach (var query in Ring.Split.Cases.Queries)
                Assert.Equal(before.Scores(Ring.Split.Log, query, candidates), after.Scores(Ring.Split.Log, query, candidates));
        }
        var bytes = File.ReadAllBytes(path);
        bytes[^5] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("sha256 differs", Assert.Throws<BatchRecException>(() => RerankModel.Read(path)).Message);
        new Safetensors(new Dictionary<string, string>(), one.Parameters, new Dictionary<string, int[]>()).Write(path);
        Assert.Contains("is no re-ranker", Assert.Throws<BatchRecException>(() => RerankModel.Read(path)).Message);
        Directory.Delete(folder, recursive: true);

        static string Text(KeyValuePair<string, Weights> array) => $"{array.Key} {string.Join(' ', array.Value.Values.Select(BitConverter.SingleToInt32Bits))}";
    }

    [Fact]
    public void Cancelled_it_stops()
    {
        using var model = Ring.Model();
        using var stop = new CancellationTokenSource();
        var batches = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => Ring.Train(model, progress: new Told(_ =>
        {
            if (++batches == 3) stop.Cancel();
        }), ct: stop.Token));
        Assert.Equal(3, batches);
    }

    [Fact]
    public void A_diverging_loss_is_told_with_what_to_do()
    {
        using var model = Ring.Model();
        Assert.Contains("Lower Rerank:LearningRate", Assert.Throws<BatchRecException>(() => Ring.Train(model, Ring.Options with { LearningRate = 1e20 })).Message);
    }

    private sealed class Told(Action<RerankProgress> tell) : IProgress<RerankProgress>
    {
        public void Report(RerankProgress value) => tell(value);
    }
}
