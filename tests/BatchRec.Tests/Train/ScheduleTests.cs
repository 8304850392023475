using BatchRec.Train;
using Xunit;

namespace BatchRec.Tests.Train;

public class ScheduleTests
{
    private static readonly TrainOptions Options = new() { LearningRate = 0.1, WarmupSteps = 4, DecayShare = 0.5 };

    [Fact]
    public void The_rate_rises_stays_and_falls_to_nothing()
    {
        var rates = Rates(Options, 40);
        Assert.Equal([0.025, 0.05, 0.075, 0.1], rates[..4], Near);
        Assert.All(rates[4..20], rate => Assert.Equal(0.1, rate, 9));
        Assert.Equal(0.1 * 19 / 20, rates[21], 9);
        Assert.Equal(0.1 / 20, rates[39], 9);
    }

    [Fact]
    public void With_restarts_every_cycle_stays_and_falls_and_only_the_first_rises()
    {
        var rates = Rates(Options with { Restarts = 3 }, 40);
        Assert.Equal(rates[10..20], rates[20..30], Near);
        Assert.Equal(rates[10..20], rates[30..], Near);
        Assert.Equal(0.1, rates[10], 9);
        Assert.Equal(0.1 / 5, rates[19], 9);
        Assert.Equal(0.025, rates[0], 9);
    }

    [Fact]
    public void Cycles_need_not_be_whole_steps()
    {
        var rates = Rates(Options with { Restarts = 2, WarmupSteps = 0 }, 40);
        Assert.All(rates, rate => Assert.InRange(rate, 1e-9, 0.1));
        Assert.Equal(2, rates.Zip(rates.Skip(1)).Count(pair => pair.Second > pair.First));
    }

    [Fact]
    public void Without_decay_it_stays() => Assert.All(Rates(Options with { DecayShare = 0, WarmupSteps = 0, Restarts = 1 }, 10), rate => Assert.Equal(0.1, rate, 9));

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-9;

    private static double[] Rates(TrainOptions options, int total) => [.. Enumerable.Range(0, total).Select(step => Schedule.RateAt(options, step, total))];
}
