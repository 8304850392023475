using BatchRec.Train;
using BatchRec.Tune;
using Xunit;

namespace BatchRec.Tests.Tune;

public sealed class TreeParzenTests
{
    private static readonly Dictionary<string, string> Space = new()
    {
        ["Train:LearningRate"] = "log 1e-5..1e-1", ["Train:Dropout"] = "0..0.9", ["Train:Layers"] = "1..8", ["Train:Loss"] = "full|sampled|bce|gbce",
    };

    /// <summary>Best, 0, at a rate of .002, a dropout of .3, 3 layers and gbce; a unit is a far way off in each.</summary>
    private static double Quality(TrainOptions options) =>
        -Math.Abs(Math.Log10(options.LearningRate / 0.002)) / 2 - Math.Abs(options.Dropout - 0.3) - Math.Abs(options.Layers - 3) / 5.0 - (options.Loss == "gbce" ? 0 : 0.3);

    private static IReadOnlyList<Trial> Search(TuneSearch search, ulong seed)
    {
        using var tuning = new TestTuning((options, _) => Quality(options))
        {
            // The configured options are far from the best ones: they say nothing.
            Configured = new TrainOptions { MaxEpochs = 1, LearningRate = 0.05, Dropout = 0.8, Layers = 7, Loss = "bce" },
            Options = new TuneOptions { Space = Space, Search = search, Seed = seed, MaxTrials = 40, MaxMinutes = 0 },
        };
        return tuning.Run().Trials;
    }

    [Fact]
    public void It_finds_better_options_than_random_search_and_stays_where_they_are()
    {
        const int seeds = 20;
        var (wins, bestTpe, bestRandom, lateTpe, lateRandom) = (0, 0.0, 0.0, 0.0, 0.0);
        for (var seed = 1UL; seed <= seeds; seed++)
        {
            var (tpe, random) = (Search(TuneSearch.Tpe, seed), Search(TuneSearch.Random, seed));
            var (one, other) = (tpe.Max(trial => trial.Ndcg), random.Max(trial => trial.Ndcg));
            if (one > other) wins++;
            (bestTpe, bestRandom) = (bestTpe + one / seeds, bestRandom + other / seeds);
            // The last fifteen: what each search does once it could know.
            (lateTpe, lateRandom) = (lateTpe + tpe.TakeLast(15).Average(trial => trial.Ndcg) / seeds, lateRandom + random.TakeLast(15).Average(trial => trial.Ndcg) / seeds);
        }
        // By a coin, 16 of 20 wins have a chance of .6 %.
        Assert.True(wins >= 16, $"{wins} of {seeds} wins; the best {bestTpe:F3} and {bestRandom:F3}, the last fifteen {lateTpe:F3} and {lateRandom:F3}");
        Assert.True(bestTpe > 0.7 * bestRandom, $"the best {bestTpe:F3} and {bestRandom:F3}");
        Assert.True(lateTpe > 0.6 * lateRandom, $"the last fifteen {lateTpe:F3} and {lateRandom:F3}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_trials_and_another_one_others()
    {
        Assert.Equal(Told(1), Told(1));
        Assert.NotEqual(Told(1), Told(2));

        static IEnumerable<string> Told(ulong seed) => Search(TuneSearch.Tpe, seed).Select(trial => TuningReport.Told(trial.Values));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void A_density_is_1_over_its_interval_and_highest_where_observations_lie(double leastWidth)
    {
        var density = new ParzenEstimator([1.9, 2, 2.1, 2.2], 0, 8, leastWidth);
        const int steps = 8000;
        Assert.Equal(1, Enumerable.Range(0, steps).Sum(i => density.At(8 * (i + 0.5) / steps) * 8 / steps), 5);
        Assert.True(density.At(2) > 3 * density.At(6));
        Assert.True(density.At(6) > 0.02);
    }

    [Fact]
    public void Draws_are_as_the_density_says()
    {
        var density = new ParzenEstimator([1, 1.2, 7], 0, 8, 0);
        var random = Randomness.At(1);
        var draws = Enumerable.Range(0, 20_000).Select(_ => density.Draw(ref random)).ToList();
        for (var from = 0; from < 8; from++)
        {
            var expected = Enumerable.Range(0, 1000).Sum(i => density.At(from + (i + 0.5) / 1000) / 1000);
            // Four standard errors of a share of 20,000 draws are below .015.
            Assert.Equal(expected, draws.Count(x => x >= from && x < from + 1) / 20_000.0, 0.015);
        }
        Assert.All(draws, x => Assert.InRange(x, 0, 8));
    }

    [Fact]
    public void A_choice_is_as_likely_as_it_was_good_and_none_is_given_up()
    {
        var density = new CategoricalDimension("Train:Loss", ["full", "sampled", "gbce"]).Density(["full", "full", "full", "gbce", "unknown"]);
        Assert.Equal([4 / 7.0, 1 / 7.0, 2 / 7.0], ((string[])["full", "sampled", "gbce"]).Select(density.At));
        Assert.Equal(0, density.At("unknown"));
    }

    [Theory]
    [InlineData(-8, 0)]
    [InlineData(-1, 0.158655254)]
    [InlineData(0, 0.5)]
    [InlineData(1.959963985, 0.975)]
    public void The_normal_distribution_is_the_tables(double z, double below) => Assert.Equal(below, Normal.Below(z), 1e-7);
}
