using BatchRec.Train;
using BatchRec.Tune;
using Xunit;

namespace BatchRec.Tests.Tune;

public sealed class TuningTests
{
    private static readonly TuneOptions Options = new()
    {
        Space = new Dictionary<string, string> { ["Train:Dropout"] = "0.0..0.9", ["Train:Layers"] = "1..4" }, MaxTrials = 14, MaxMinutes = 0, MinEpochs = 3, RandomTrials = 4,
    };

    private static double Quality(TrainOptions options, int epoch) => (1 - options.Dropout) * options.Layers * Math.Sqrt(epoch) / 30;

    private static TestTuning Tuning(TuneOptions? options = null, Func<TrainOptions, int, double>? quality = null) => new(quality ?? Quality) { Options = options ?? Options };

    [Fact]
    public void Killed_anywhere_it_goes_on_and_gives_the_same_trials()
    {
        using var undisturbed = Tuning();
        var expected = TestTuning.Told(undisturbed.Run()).ToList();
        using var killed = Tuning();
        // A kill every five epochs, within trials and between them.
        for (killed.KilledAfter = 5; ; killed.KilledAfter += 5)
        {
            try
            {
                var report = killed.Run();
                Assert.Equal(expected, TestTuning.Told(report));
                break;
            }
            catch (TestTuning.Killed)
            {
                Assert.True(killed.Epochs <= undisturbed.Epochs);
            }
        }
        Assert.True(killed.KilledAfter > 50, "it was never killed");
        Assert.Equal(undisturbed.Epochs, killed.Epochs);
        Assert.Equal(TestTuning.Told(undisturbed.Run()), expected);
    }

    [Fact]
    public void A_trial_that_kills_its_process_twice_has_failed_and_the_search_goes_on()
    {
        var deaths = new List<int>();
        using var tuning = Tuning(quality: (options, epoch) =>
        {
            if (options.Layers != 4 || epoch < 2) return Quality(options, epoch);
            deaths.Add(epoch);
            throw new TestTuning.Killed();
        });
        TuningReport? report = null;
        for (var starts = 0; report is null && starts < 100; starts++)
        {
            try
            {
                report = tuning.Run();
            }
            catch (TestTuning.Killed)
            {
            }
        }
        Assert.Equal(Options.MaxTrials, report!.Trials.Count);
        var failed = report.Trials.Where(trial => trial.State == TrialState.Failed).ToList();
        Assert.NotEmpty(failed);
        Assert.All(report.Trials, trial => Assert.Equal(trial.Values["Train:Layers"] == "4", trial.State == TrialState.Failed));
        Assert.All(failed, trial => Assert.StartsWith("The process died 2 times in it", trial.Message));
        Assert.Equal(2 * failed.Count, deaths.Count);
    }

    [Fact]
    public void Cancelled_it_keeps_the_trial_under_way()
    {
        using var stop = new CancellationTokenSource();
        using var tuning = Tuning(quality: (options, epoch) =>
        {
            if (epoch == 5) stop.Cancel();
            return Quality(options, epoch);
        });
        Assert.Throws<OperationCanceledException>(() => tuning.Run(stop.Token));
        var trial = Assert.Single(tuning.Store.Read());
        Assert.Equal((TrialState.Running, 5, 300.0), (trial.State, trial.Curve.Count, trial.Seconds));
    }

    [Theory]
    [InlineData(10, 10, 1)]
    [InlineData(28.5, 29, 2)]
    [InlineData(40, 40, 4)]
    public void The_time_is_kept_and_the_trial_under_way_counts_with_what_it_has(double minutes, int epochs, int trials)
    {
        using var tuning = Tuning(Options with { MaxMinutes = minutes });
        var report = tuning.Run();
        Assert.Equal((epochs, trials), (tuning.Epochs, report.Trials.Count));
        var stopped = Assert.Single(report.Trials, trial => trial.State == TrialState.Stopped);
        Assert.Equal("The time was up.", stopped.Message);
        Assert.True(stopped.Ndcg > 0);
        Assert.Contains("The time was up", report.Ended);

        // The same again does nothing, and with more time it gives what it would have given at once.
        tuning.Run();
        Assert.Equal(epochs, tuning.Epochs);
        tuning.Options = Options;
        using var undisturbed = Tuning();
        Assert.Equal(TestTuning.Told(undisturbed.Run()), TestTuning.Told(tuning.Run()));
        Assert.Equal(undisturbed.Epochs, tuning.Epochs);
    }

    [Fact]
    public void A_training_that_fails_is_a_trial_with_a_message_and_the_search_goes_on()
    {
        using var tuning = Tuning(quality: (options, epoch) => options.Layers == 3 ? throw new BatchRecException("Training diverged.") : Quality(options, epoch));
        var report = tuning.Run();
        Assert.Equal(14, report.Trials.Count);
        var failed = report.Trials.Where(trial => trial.State == TrialState.Failed).ToList();
        Assert.NotEmpty(failed);
        Assert.All(failed, trial => Assert.Equal(("3", "Training diverged."), (trial.Values["Train:Layers"], trial.Message)));
        Assert.NotEqual("3", report.Best!.Values["Train:Layers"]);
        Assert.Equal(failed.Count, report.BestFirst.TakeLast(failed.Count).Count(trial => trial.State == TrialState.Failed));
    }

    [Fact]
    public void Options_that_training_refuses_together_are_a_failed_trial_that_cost_nothing()
    {
        var space = new Dictionary<string, string> { ["Train:Dimensions"] = "48|64", ["Train:Heads"] = "1|3" };
        using var tuning = Tuning(Options with { Space = space, MaxTrials = 10 });
        var report = tuning.Run();
        // Four combinations and the configured two heads; there is no sixth.
        Assert.Equal(5, report.Trials.Count);
        var refused = Assert.Single(report.Trials, trial => trial.State == TrialState.Failed);
        Assert.Equal(("64", "3", 0.0), (refused.Values["Train:Dimensions"], refused.Values["Train:Heads"], refused.Seconds));
        Assert.Contains("divides Train:Dimensions (64)", refused.Message);
    }

    [Fact]
    public void A_value_that_training_refuses_in_any_combination_is_told_before_anything_is_trained()
    {
        using var tuning = Tuning(Options with { Space = new Dictionary<string, string> { ["Train:Dropout"] = "0.1..1.5", ["Train:Loss"] = "full|hinge", ["Train:Layers"] = "1..3" } });
        var lines = Assert.Throws<BatchRecException>(() => tuning.Run()).Message.Split(Environment.NewLine);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("Tune:Space:Train:Dropout has 1.5, which training refuses: Train:Dropout is 1.5; use 0", lines[0]);
        Assert.StartsWith("Tune:Space:Train:Loss has hinge, which training refuses", lines[1]);
        Assert.Equal(0, tuning.Epochs);
    }

    [Fact]
    public void What_is_better_is_proposed_as_far_as_it_differs()
    {
        using var tuning = Tuning(Options with { Space = new Dictionary<string, string> { ["Train:Layers"] = "2|4", ["Train:Gates"] = "true|false" } }, (options, _) => options is { Layers: 4, Gates: true } ? .5 : .4);
        var report = tuning.Run();
        Assert.Equal("""{"Train":{"Layers":4}}""", report.Snippet(null)!.ToJsonString());
        Assert.Equal("""{"Pipelines":{"shop":{"Train":{"Layers":4}}}}""", report.Snippet("shop")!.ToJsonString());
        Assert.Contains("NDCG@10 0.5000 on validation; the configured options (trial 1) 0.4000, +25.0%", report.Verdict);
        Assert.Equal(4, SearchSpace.Apply(tuning.Configured, report.Proposed).Layers);
    }

    [Fact]
    public void Where_nothing_is_better_than_the_configured_options_nothing_is_proposed()
    {
        using var tuning = Tuning(quality: (_, _) => .4);
        var report = tuning.Run();
        Assert.Null(report.Best);
        Assert.Null(report.Snippet(null));
        Assert.Empty(report.Proposed);
        Assert.Contains("No trial is better on validation than the configured options (trial 1, NDCG@10 0.4000): nothing is proposed.", report.Verdict);
    }
}
