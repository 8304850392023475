using BatchRec.Interactions;
using BatchRec.Tests.Evaluate;
using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Train;

public sealed class TrainingTests : IDisposable
{
    private static readonly (Sequences Train, ValidationSet Validation) Log = Histories.LeaveOneOut(Histories.Rings(users: 40, items: 20, length: 16));

    private readonly string _folder = Directory.CreateTempSubdirectory("training-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Training_learns_and_tells_the_best_epoch()
    {
        var options = Histories.Small with { MaxEpochs = 30 };
        var result = Train(options, "run");

        Assert.Equal(30, result.Curve.Count);
        Assert.True(result.ValidationNdcg > 0.9, $"NDCG@10 {result.ValidationNdcg}");
        Assert.True(result.Curve[^1].Loss < 0.5 * result.Curve[0].Loss);
        var best = result.Curve[result.BestEpoch - 1];
        Assert.Equal(result.ValidationNdcg, result.BestIsAveraged ? best.AveragedNdcg : best.Ndcg);
        Assert.Equal(result.ValidationNdcg, result.Curve.Max(epoch => Math.Max(epoch.Ndcg, epoch.AveragedNdcg)));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("sampled")]
    [InlineData("bce")]
    [InlineData("gbce")]
    public void Every_loss_learns_and_goes_on_after_a_kill_as_if_undisturbed(string loss)
    {
        var options = Histories.Small with { MaxEpochs = 30, Loss = loss, Negatives = 12, InBatchNegatives = 0.25, WeightDecay = 0.01, ClipNorm = 1 };
        var undisturbed = Train(options, "undisturbed");
        Assert.True(undisturbed.ValidationNdcg > 0.85, $"{loss}: NDCG@10 {undisturbed.ValidationNdcg}");
        Assert.Throws<Killed>(() => Train(options, "killed", value => value.Epoch == 17 && value.Batch == 3));
        AssertSame(undisturbed, Train(options, "killed"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_and_another_seed_another()
    {
        AssertSame(Train(Histories.Small, "first"), Train(Histories.Small, "second"));
        var other = Training.Run(Log.Train, Log.Validation, Histories.Small, 2, Folder("third"), null, CancellationToken.None);
        Assert.NotEqual(Values(Train(Histories.Small, "first")), Values(other));
    }

    /// <summary>As a kill leaves it: the checkpoint of some epoch, and a best model that may be newer.</summary>
    [Fact]
    public void A_training_killed_after_any_epoch_goes_on_as_if_undisturbed()
    {
        var undisturbed = Train(Histories.Small, "undisturbed");
        for (var epoch = 1; epoch <= Histories.Small.MaxEpochs; epoch++)
        {
            var name = $"killed-{epoch}";
            Assert.Throws<Killed>(() => Train(Histories.Small, name, value => value.Epoch == epoch + 1 && value.Batch == 1 || value.Epoch == epoch && epoch == 6 && value.ValidationNdcg is not null));
            AssertSame(undisturbed, Train(Histories.Small, name));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(4, 2)]
    [InlineData(6, 5)]
    public void A_training_killed_within_an_epoch_goes_on_as_if_undisturbed(int epoch, int batch)
    {
        Assert.Throws<Killed>(() => Train(Histories.Small, "killed", value => value.Epoch == epoch && value.Batch == batch));
        AssertSame(Train(Histories.Small, "undisturbed"), Train(Histories.Small, "killed"));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(6, 5)]
    public void A_cancelled_training_goes_on_at_the_next_batch(int epoch, int batch)
    {
        using var cancelled = new CancellationTokenSource();
        var seen = new List<(int, int)>();
        Assert.Throws<OperationCanceledException>(() => Run(Histories.Small, "cancelled", Listen, cancelled.Token));
        Assert.Equal((epoch, batch), seen[^1]);

        var after = new List<(int Epoch, int Batch)>();
        var resumed = Run(Histories.Small, "cancelled", value => after.Add((value.Epoch, value.Batch)), CancellationToken.None);
        Assert.Equal(batch < 5 ? (epoch, batch + 1) : (epoch, 5), after[0]);
        AssertSame(Train(Histories.Small, "undisturbed"), resumed);

        void Listen(TrainProgress value)
        {
            seen.Add((value.Epoch, value.Batch));
            if (value.Epoch == epoch && value.Batch == batch) cancelled.Cancel();
        }
    }

    [Fact]
    public void A_finished_training_run_again_trains_nothing_and_gives_the_same()
    {
        var first = Train(Histories.Small, "run");
        AssertSame(first, Train(Histories.Small, "run", _ => true));
    }

    [Fact]
    public void A_checkpoint_of_other_options_another_seed_or_another_log_is_refused()
    {
        Train(Histories.Small with { MaxEpochs = 1 }, "run");
        AssertRefused(() => Train(Histories.Small with { MaxEpochs = 1, Dropout = 0.3 }, "run"));
        AssertRefused(() => Training.Run(Log.Train, Log.Validation, Histories.Small with { MaxEpochs = 1 }, 2, Folder("run"), null, CancellationToken.None));
        var (train, validation) = Histories.LeaveOneOut(Histories.Rings(users: 40, items: 18, length: 16));
        AssertRefused(() => Training.Run(train, validation, Histories.Small with { MaxEpochs = 1 }, 1, Folder("run"), null, CancellationToken.None));

        void AssertRefused(Action run)
        {
            var message = Assert.Throws<BatchRecException>(run).Message;
            Assert.Contains(Path.Combine(Folder("run"), Checkpoint.FileName), message);
            Assert.Contains("Delete it", message);
        }
    }

    [Fact]
    public void A_damaged_checkpoint_is_told()
    {
        Train(Histories.Small with { MaxEpochs = 1 }, "run");
        var path = Path.Combine(Folder("run"), Checkpoint.FileName);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^9]);
        Assert.Contains("cut off", Assert.Throws<BatchRecException>(() => Train(Histories.Small with { MaxEpochs = 1 }, "run")).Message);
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_with_step_rate_and_last_good_checkpoint()
    {
        Assert.Throws<Killed>(() => Train(Histories.Small, "run", value => value.Epoch == 2));
        // A weight close to overflow is what a step of a diverging training leaves.
        var path = Path.Combine(Folder("run"), Checkpoint.FileName);
        var checkpoint = Safetensors.Read(path);
        checkpoint.Floats["weights/positions.weight"].Values[0] = 3e38f;
        checkpoint.Write(path);

        var message = Assert.Throws<BatchRecException>(() => Train(Histories.Small, "run")).Message;
        Assert.Contains("the loss is NaN", message);
        Assert.Contains("epoch 2, batch 1 of 5 (step 6), rate 0.005", message);
        Assert.Contains($"The last good checkpoint is {path}", message);
        Assert.Contains("Lower Train:LearningRate", message);
    }

    [Fact]
    public void Without_better_validation_patience_ends_it()
    {
        // The target is an item that nobody has ever seen: every epoch scores 0.
        var hopeless = Log.Validation with { Targets = [.. Log.Validation.Targets.Select(_ => 99)] };
        var result = Training.Run(Log.Train, hopeless, Histories.Small with { MaxEpochs = 50, Patience = 3 }, 1, Folder("run"), null, CancellationToken.None);
        Assert.Equal((4, 1, 0.0), (result.Curve.Count, result.BestEpoch, result.ValidationNdcg));
        Assert.Contains("Train:Patience", result.Stopped);
    }

    [Fact]
    public void The_time_limit_ends_it_after_an_epoch()
    {
        var result = Train(Histories.Small with { MaxEpochs = 1_000_000, Patience = 0, MaxMinutes = 1e-9 }, "run");
        Assert.Single(result.Curve);
        Assert.Contains("Train:MaxMinutes", result.Stopped);
    }

    [Fact]
    public void Stopped_after_any_epoch_it_goes_on_with_the_schedule_as_if_undisturbed()
    {
        var undisturbed = Train(Histories.Small, "undisturbed");
        for (var until = 1; until < Histories.Small.MaxEpochs; until++)
        {
            var told = new List<int>();
            var stopped = Training.Run(Log.Train, Log.Validation, Histories.Small, 1, Folder("stopped"), null, CancellationToken.None, curve =>
            {
                told.Add(curve.Count);
                return curve.Count < until;
            });
            Assert.Equal((until, $"Stopped after {until} of 6 epochs, as asked."), (stopped.Curve.Count, stopped.Stopped));
            // Asked where it stood, too: it may be at its end already.
            Assert.Equal(until == 1 ? [1] : [until - 1, until], told);
            Assert.Equal(undisturbed.Curve.Take(until).Select(epoch => epoch.Ndcg), stopped.Curve.Select(epoch => epoch.Ndcg));
        }
        AssertSame(undisturbed, Train(Histories.Small, "stopped"));
    }

    [Fact]
    public void A_refit_trains_for_the_epochs_it_is_given_on_the_same_schedule()
    {
        var whole = Histories.Small with { AverageDecay = 0 };
        var refit = Training.Refit(Log.Train, whole, 1, 3, averaged: true, Folder("refit"), null, CancellationToken.None);
        Assert.Equal((3, 3, false), (refit.Curve.Count, refit.BestEpoch, refit.BestIsAveraged));
        Assert.Equal(double.NaN, refit.ValidationNdcg);
        var complete = Training.Refit(Log.Train, whole, 1, 6, averaged: true, Folder("complete"), null, CancellationToken.None);
        Assert.Equal(refit.Curve.Select(epoch => epoch.Loss), complete.Curve.Take(3).Select(epoch => epoch.Loss));
    }

    [Fact]
    public void A_refit_keeps_the_average_of_the_weights_when_it_was_best()
    {
        var plain = Training.Refit(Log.Train, Histories.Small, 1, 2, averaged: false, Folder("plain"), null, CancellationToken.None);
        var averaged = Training.Refit(Log.Train, Histories.Small, 1, 2, averaged: true, Folder("averaged"), null, CancellationToken.None);
        Assert.False(plain.BestIsAveraged);
        Assert.True(averaged.BestIsAveraged);
        Assert.NotEqual(Values(plain), Values(averaged));
    }

    [Fact]
    public void Nothing_to_train_on_is_told()
    {
        var singles = InlineLog.OfItems(3, [0], [1], []);
        var message = Assert.Throws<BatchRecException>(() => Training.Refit(singles, Histories.Small, 1, 1, false, Folder("run"), null, CancellationToken.None)).Message;
        Assert.Contains("none of 3 users has two events", message);
    }

    [Fact]
    public void One_user_and_one_item_are_enough()
    {
        var result = Training.Refit(InlineLog.OfItems(1, [0, 0]), Histories.Small, 1, 2, false, Folder("run"), null, CancellationToken.None);
        Assert.Equal(0, result.Curve[^1].Loss, 5);
    }

    [Fact]
    public void Progress_tells_every_batch_and_every_validation()
    {
        var told = new List<TrainProgress>();
        Run(Histories.Small with { MaxEpochs = 2 }, "run", told.Add, CancellationToken.None);
        Assert.Equal([1, 2, 3, 4, 5, 5, 1, 2, 3, 4, 5, 5], told.Select(value => value.Batch));
        Assert.Equal([5, 11], Enumerable.Range(0, 12).Where(i => told[i].ValidationNdcg is not null));
        Assert.All(told, value => Assert.Equal((5, 2), (value.Batches, value.Epochs)));
    }

    private sealed class Killed : Exception;

    private sealed class Listener(Action<TrainProgress> listen) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => listen(value);
    }

    private string Folder(string name) => Path.Combine(_folder, name);

    private TrainingResult Train(TrainOptions options, string name, Func<TrainProgress, bool>? kill = null) =>
        Run(options, name, value => _ = kill?.Invoke(value) == true ? throw new Killed() : 0, CancellationToken.None);

    private TrainingResult Run(TrainOptions options, string name, Action<TrainProgress> listen, CancellationToken ct) =>
        Training.Run(Log.Train, Log.Validation, options, 1, Folder(name), new Listener(listen), ct);

    private static float[] Values(TrainingResult result) => [.. result.Model.Parameters.OrderBy(pair => pair.Key).SelectMany(pair => pair.Value.Values)];

    private static void AssertSame(TrainingResult expected, TrainingResult actual)
    {
        Assert.Equal(Values(expected), Values(actual));
        Assert.Equal((expected.BestEpoch, expected.BestIsAveraged, expected.ValidationNdcg), (actual.BestEpoch, actual.BestIsAveraged, actual.ValidationNdcg));
        Assert.Equal(expected.Curve.Select(epoch => epoch with { Seconds = 0 }), actual.Curve.Select(epoch => epoch with { Seconds = 0 }));
    }
}
