using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using Xunit;

namespace BatchRec.Tests.Evaluate.Baselines;

/// <summary>The closed forms against the same matrices written out and solved by elimination.</summary>
public class LinearModelTests
{
    private const int Items = 6;
    private const float None = float.NegativeInfinity;

    // Item 5 is never touched; item 4 is the rarest.
    private static readonly Sequences Log = InlineLog.OfItems(
        Items, [.. Enumerable.Range(0, 400).Select(u => u % 40 == 0 ? (int[])[0, 4, 1] : [u % 4, (u + 1) % 4, (u + 1 + u % 3) % 4, u % 2])]);

    [Fact]
    public void Ease_is_the_inverse_of_the_gram_matrix_over_its_diagonal()
    {
        var gram = new double[5, 5];
        for (var u = 0; u < Log.UserCount; u++)
            foreach (var i in Log.ItemsOf(u).ToArray().Distinct())
                foreach (var j in Log.ItemsOf(u).ToArray().Distinct()) gram[i, j]++;
        var inverse = Solve(Ridged(gram), Identity());
        // The history 0, 1, 0: item 0 counts once, as of now, item 1 an event ago.
        var expected = Enumerable.Range(0, 5).Select(j => B(0, j) + 0.9 * B(1, j));
        AssertClose([.. expected, None], Scores(Ease.Fit(Log, 100), 0, 1, 0));

        double B(int i, int j) => i == j ? 0 : -inverse[i, j] / inverse[j, j];
    }

    [Fact]
    public void Slit_is_the_ridge_regression_of_the_next_item_on_the_decayed_history()
    {
        var (gram, next) = (new double[5, 5], new double[5, 5]);
        for (var u = 0; u < Log.UserCount; u++)
        {
            var x = new double[5];
            var history = Log.ItemsOf(u);
            for (var t = 0; t < history.Length; t++)
            {
                for (var i = 0; i < 5 && t > 0; i++)
                {
                    next[i, history[t]] += x[i];
                    for (var j = 0; j < 5; j++) gram[i, j] += x[i] * x[j];
                }
                for (var i = 0; i < 5; i++) x[i] *= 0.8;
                x[history[t]]++;
            }
        }
        var weights = Solve(Ridged(gram), next);
        var expected = Enumerable.Range(0, 5).Select(j => weights[3, j] + 0.8 * weights[1, j] + 0.64 * weights[3, j]);
        AssertClose([.. expected, None], Scores(Slit.Fit(Log, 100), 3, 1, 3));
    }

    [Fact]
    public void Items_beyond_the_limit_weigh_nothing_and_are_named()
    {
        var slit = Slit.Fit(Log, mostItems: 4);
        var scores = Scores(slit, 0, 4);
        Assert.Equal((0f, None), (scores[4], scores[5]));
        Assert.Equal(Scores(slit, 0).Select(score => score * 0.8f), scores);
        Assert.Equal("slit knows the 4 most frequent of 5 items (Evaluate:DenseItems).", slit.Note);
        Assert.Null(Ease.Fit(Log, mostItems: 5).Note);
    }

    private static float[] Scores(Baseline baseline, params int[] history)
    {
        var scores = new float[Items];
        baseline.Score(InlineLog.OfItems(Items, history), [new Query(0, history.Length, InlineLog.At(30))], scores);
        return scores;
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        for (var i = 0; i < expected.Length; i++) Assert.Equal((float)expected[i], actual[i], 1e-5f);
    }

    private static double[,] Ridged(double[,] gram)
    {
        for (var i = 0; i < 5; i++) gram[i, i] += 300;
        return gram;
    }

    private static double[,] Identity()
    {
        var identity = new double[5, 5];
        for (var i = 0; i < 5; i++) identity[i, i] = 1;
        return identity;
    }

    /// <summary>Gauss and Jordan, without pivots: the matrix is positive definite.</summary>
    private static double[,] Solve(double[,] a, double[,] b)
    {
        for (var pivot = 0; pivot < 5; pivot++)
        {
            var scale = a[pivot, pivot];
            for (var j = 0; j < 5; j++) (a[pivot, j], b[pivot, j]) = (a[pivot, j] / scale, b[pivot, j] / scale);
            for (var i = 0; i < 5; i++)
            {
                if (i == pivot) continue;
                var factor = a[i, pivot];
                for (var j = 0; j < 5; j++) (a[i, j], b[i, j]) = (a[i, j] - factor * a[pivot, j], b[i, j] - factor * b[pivot, j]);
            }
        }
        return b;
    }
}
