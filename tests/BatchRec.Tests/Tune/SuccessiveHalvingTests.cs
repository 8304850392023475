using BatchRec.Tune;
using Xunit;

namespace BatchRec.Tests.Tune;

public sealed class SuccessiveHalvingTests
{
    // Rungs of 3, 9 and 27 epochs.
    private static readonly TuneOptions Options = new()
    {
        Space = new Dictionary<string, string> { ["Train:Dropout"] = "0.0..0.9" }, MaxTrials = 28, MaxMinutes = 0, MinEpochs = 3, RandomTrials = 100,
    };

    /// <summary>Better with every epoch, and the better the less dropout: at each rung the order is the final one.</summary>
    private static double Quality(double dropout, int epoch) => (1 - dropout) * epoch / 27;

    [Fact]
    public void Bad_trials_are_stopped_early_and_the_best_are_trained_to_their_end()
    {
        using var tuning = new TestTuning((options, epoch) => Quality(options.Dropout, epoch)) { Options = Options };
        var report = tuning.Run();
        Assert.Equal(28, report.Trials.Count);
        // The first is the configured options': to its end, whatever it is like.
        Assert.Equal((TrialState.Done, 27), (report.Trials[0].State, report.Trials[0].Curve.Count));
        var searched = report.Trials.Skip(1).ToList();
        Assert.All(searched, trial => Assert.Contains(trial.Curve.Count, (int[])[3, 9, 27]));
        Assert.True(searched.Count(trial => trial.Curve.Count == 3) >= 14, "most are stopped at the first rung");
        var best = searched.MinBy(trial => double.Parse(trial.Values["Train:Dropout"]))!;
        Assert.Equal(27, best.Curve.Count);
        Assert.Equal(best.Number, report.Best!.Number);
        Assert.Equal(3, searched.MaxBy(trial => double.Parse(trial.Values["Train:Dropout"]))!.Curve.Count);
        // Nothing is trained twice, and all to the end would be 28 × 27.
        Assert.Equal(report.Trials.Sum(trial => trial.Curve.Count), tuning.Epochs);
        Assert.True(tuning.Epochs < 28 * 27 / 2, $"{tuning.Epochs} epochs");
    }

    [Theory]
    [InlineData(TuneSearch.Random)]
    [InlineData(TuneSearch.Tpe)]
    public void Without_it_every_trial_is_trained_to_its_end(TuneSearch search)
    {
        using var tuning = new TestTuning((options, epoch) => Quality(options.Dropout, epoch)) { Options = Options with { Search = search, MaxTrials = 4 } };
        Assert.All(tuning.Run().Trials, trial => Assert.Equal((TrialState.Done, 27), (trial.State, trial.Curve.Count)));
    }

    [Fact]
    public void Of_few_trials_the_best_searched_one_is_still_trained_to_its_end()
    {
        using var tuning = new TestTuning((options, epoch) => Quality(options.Dropout, epoch)) { Options = Options with { MaxTrials = 3 } };
        Assert.Equal([3, 27, 27], tuning.Run().Trials.Select(trial => trial.Curve.Count).Order());
    }

    [Fact]
    public void Trials_are_ranked_by_what_they_reached_after_as_many_epochs()
    {
        var halving = new SuccessiveHalving(rungs: 2, reduction: 2);
        Trial Of(int number, TrialState state, int rung, params double[] curve) => new()
        {
            Number = number, State = state, Rung = rung, Schedule = 4, Curve = curve, Values = new Dictionary<string, string>(),
        };
        Trial[] trials =
        [
            // Trained to its end as the configured options are: the highest of all there, but third after two epochs.
            Of(1, TrialState.Done, 1, .1, .2, .3, .9), Of(2, TrialState.Paused, 0, .2, .3), Of(3, TrialState.Done, 1, .3, .4, .4, .5), Of(4, TrialState.Failed, 0, .9), Of(5, TrialState.Paused, 0, .1, .1),
        ];
        Assert.Equal([3, 2, 1, 5, 4], halving.Ranked(trials).Select(trial => trial.Number));
        // Of three searched ones at the first rung the best is on already; of four the second goes on as well.
        Assert.Null(halving.Promoted(trials, finishing: true));
        var next = halving.Promoted([.. trials, Of(6, TrialState.Paused, 0, .1, .2)], finishing: false)!;
        Assert.Equal((2, 1, TrialState.Running), (next.Number, next.Rung, next.State));
        Assert.Equal([1, 2, 4], Enumerable.Range(0, 3).Select(rung => new SuccessiveHalving(3, 2).EpochsAt(trials[0], rung)));
    }
}
