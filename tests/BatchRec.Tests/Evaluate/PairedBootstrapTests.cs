using BatchRec.Evaluate;
using Xunit;

namespace BatchRec.Tests.Evaluate;

public class PairedBootstrapTests
{
    [Fact]
    public void A_better_column_is_better_in_nearly_every_resample()
    {
        // Better by 0.1 for three users of four, worse by 0.1 for the fourth: mean +0.05, standard deviation 0.0866, error of 400 users 0.0043.
        var worse = Enumerable.Range(0, 400).Select(i => (i % 10) / 10f).ToArray();
        var better = worse.Select((value, i) => value + (i % 4 == 0 ? -0.1f : 0.1f)).ToArray();
        var difference = Of(better, worse).Difference(0, 1, 0.95);
        Assert.Equal(0.05, difference.Value, 5);
        Assert.InRange(difference.Lower, 0.05 - 2 * 0.0043, 0.05 - 0.0043);
        Assert.InRange(difference.Upper, 0.05 + 0.0043, 0.05 + 2 * 0.0043);
        Assert.True(difference.IsAboveZero);
        Assert.False(difference.IsBelowZero);
        Assert.Equal(0, difference.PValue);
    }

    [Fact]
    public void Equal_columns_are_neither_better_nor_worse()
    {
        float[] column = [0, 1, 0.5f, 0, 1];
        var difference = Of(column, column).Difference(0, 1, 0.95);
        Assert.Equal(new Comparison(0, 0, 0, 1), difference);
        Assert.False(difference.IsAboveZero || difference.IsBelowZero);
    }

    [Fact]
    public void Noise_is_no_difference()
    {
        var random = new Random(4);
        var (a, b) = (Enumerable.Range(0, 300).Select(_ => random.NextSingle()).ToArray(), Enumerable.Range(0, 300).Select(_ => random.NextSingle()).ToArray());
        var difference = Of(a, b).Difference(0, 1, 0.95);
        Assert.True(difference.Lower < 0 && difference.Upper > 0);
    }

    [Fact]
    public void The_interval_is_as_wide_as_theory_says()
    {
        // Half ones among 400: standard error 0.025, 95 % within 1.96 of them.
        var (low, high) = Of(Enumerable.Range(0, 400).Select(i => (float)(i % 2)).ToArray()).Interval(0);
        Assert.InRange(low, 0.5 - 0.049 - 0.006, 0.5 - 0.049 + 0.006);
        Assert.InRange(high, 0.5 + 0.049 - 0.006, 0.5 + 0.049 + 0.006);
    }

    [Fact]
    public void The_cases_of_one_user_are_drawn_together()
    {
        // 20 users with 20 equal cases each: as uncertain as 20 cases, standard error 0.5 / √20 = 0.11, not 0.5 / √400 = 0.025.
        var users = Enumerable.Range(0, 400).Select(i => i / 20).ToArray();
        var (low, high) = PairedBootstrap.Of(users, [[.. users.Select(u => (float)(u % 2))]], 2_000, seed: 1).Interval(0);
        Assert.InRange(high - low, 0.35, 0.5);
    }

    [Fact]
    public void Cases_without_a_target_are_left_out()
    {
        var bootstrap = PairedBootstrap.Of([0, 1, 2], [[1, float.NaN, 0], [0, float.NaN, 0]], 100, seed: 1);
        Assert.Equal(0.5, bootstrap.Mean(0));
        Assert.Equal(0, bootstrap.Mean(1));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bounds_and_another_seed_others()
    {
        var column = Enumerable.Range(0, 50).Select(i => i % 7 / 7f).ToArray();
        int[] users = [.. Enumerable.Range(0, 50)];
        Assert.Equal(PairedBootstrap.Of(users, [column], 500, 1).Interval(0), PairedBootstrap.Of(users, [column], 500, 1).Interval(0));
        Assert.NotEqual(PairedBootstrap.Of(users, [column], 500, 1).Interval(0), PairedBootstrap.Of(users, [column], 500, 2).Interval(0));
    }

    [Fact]
    public void No_case_at_all_is_not_a_number_rather_than_a_fault() =>
        Assert.Equal(double.NaN, PairedBootstrap.Of([], [[]], 100, 1).Mean(0));

    private static PairedBootstrap Of(params float[][] columns) =>
        PairedBootstrap.Of([.. Enumerable.Range(0, columns[0].Length)], columns, 2_000, seed: 1);
}
