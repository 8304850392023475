using System.Numerics.Tensors;

namespace BatchRec.Evaluate;

/// <summary>
/// The bootstrap over users (Efron 1979; for ranking, Sakai 2006, "Evaluating evaluation metrics based on the bootstrap"): users are drawn
/// with replacement, each with all his cases, and the means are taken again. All columns see the same draws, so the difference of two
/// columns' resampled means is paired.
/// </summary>
public sealed class PairedBootstrap
{
    private const int ResamplesABlock = 16, UsersAPiece = 1_024;

    private readonly double[] means;
    private readonly double[][] resampled;

    private PairedBootstrap(double[] means, double[][] resampled) => (this.means, this.resampled) = (means, resampled);

    /// <param name="users">(cases) whose case it is; cases of one user stand together.</param>
    /// <param name="columns">One (cases) array a recommender; a case that is NaN in one, having no target, is NaN in all and is left out.</param>
    /// <param name="resamples">2,000 give a 5 % percentile to about half a percent.</param>
    /// <param name="seed">Same seed, same draws, whatever the thread count.</param>
    public static PairedBootstrap Of(ReadOnlySpan<int> users, IReadOnlyList<float[]> columns, int resamples, ulong seed)
    {
        var (sizes, sums) = SumsOfUsers(users, columns);
        var means = Array.ConvertAll(sums, sum => TensorPrimitives.Sum<double>(sum) / TensorPrimitives.Sum<double>(sizes));
        var resampled = Array.ConvertAll(sums, _ => new double[resamples]);
        var blocks = (resamples + ResamplesABlock - 1) / ResamplesABlock;
        Parallel.For(0, blocks, () => (Draws: new double[ResamplesABlock][].Select(_ => new double[sizes.Length]).ToArray(), Drawn: new double[ResamplesABlock]), (block, _, room) =>
        {
            var (first, count) = (block * ResamplesABlock, Math.Min(ResamplesABlock, resamples - block * ResamplesABlock));
            for (var i = 0; i < count; i++)
            {
                Draw(room.Draws[i], Splits.Sample.Hash(seed, (ulong)(first + i)));
                room.Drawn[i] = TensorPrimitives.Dot<double>(room.Draws[i], sizes);
            }
            // A piece of a column at a time: a column passes through the cache once a block, not once a resample.
            for (var from = 0; from < sizes.Length; from += UsersAPiece)
            {
                var until = Math.Min(from + UsersAPiece, sizes.Length);
                for (var c = 0; c < sums.Length; c++)
                    for (var i = 0; i < count; i++) resampled[c][first + i] += TensorPrimitives.Dot<double>(room.Draws[i].AsSpan(from..until), sums[c].AsSpan(from..until));
            }
            for (var c = 0; c < sums.Length; c++)
                for (var i = 0; i < count; i++) resampled[c][first + i] /= room.Drawn[i];
            return room;
        }, _ => { });
        return new PairedBootstrap(means, resampled);
    }

    /// <summary>Mean over cases; NaN without any.</summary>
    public double Mean(int column) => means[column];

    /// <summary>The two-sided 95 % percentile interval of a column's mean.</summary>
    public (double Low, double High) Interval(int column)
    {
        var sorted = resampled[column].Order().ToArray();
        return (Percentile(sorted, 0.025), Percentile(sorted, 0.975));
    }

    /// <summary>How much better <paramref name="column"/> is than <paramref name="than"/>.</summary>
    /// <param name="confidence">Of either one-sided bound: 0.95.</param>
    public Comparison Difference(int column, int than, double confidence) =>
        Compared(means[column] - means[than], confidence, b => resampled[column][b] - resampled[than][b]);

    /// <summary>Lift: column / than − 1. Not finite where the other has nothing right at all.</summary>
    public Comparison Lift(int column, int than, double confidence) =>
        Compared(means[column] / means[than] - 1, confidence, b => resampled[column][b] / resampled[than][b] - 1);

    private Comparison Compared(double value, double confidence, Func<int, double> statistic)
    {
        var sorted = Enumerable.Range(0, resampled[0].Length).Select(statistic).Order().ToArray();
        return new Comparison(value, Percentile(sorted, 1 - confidence), Percentile(sorted, confidence), sorted.Count(v => v <= 0) / (double)sorted.Length);
    }

    /// <summary>Cases and sums a user: (users), (columns × users).</summary>
    private static (double[] Sizes, double[][] Sums) SumsOfUsers(ReadOnlySpan<int> users, IReadOnlyList<float[]> columns)
    {
        var sizes = new List<double>();
        var sums = columns.Select(_ => new List<double>()).ToArray();
        var previous = -1;
        for (var i = 0; i < users.Length; i++)
        {
            if (float.IsNaN(columns[0][i])) continue;
            if (users[i] != previous || sizes.Count == 0)
            {
                sizes.Add(0);
                foreach (var sum in sums) sum.Add(0);
                previous = users[i];
            }
            sizes[^1]++;
            for (var c = 0; c < sums.Length; c++) sums[c][^1] += columns[c][i];
        }
        return ([.. sizes], Array.ConvertAll(sums, sum => sum.ToArray()));
    }

    /// <summary>How often each user comes in as many draws as there are users.</summary>
    private static void Draw(Span<double> draws, ulong seed)
    {
        draws.Clear();
        for (var i = 0; i < draws.Length; i++)
        {
            // The high half of random × users is uniform below users, but for 2^-64 · users (Lemire 2019).
            var user = Math.BigMul(Splits.Sample.Hash(seed, (ulong)i), (ulong)draws.Length, out _);
            draws[(int)user]++;
        }
    }

    private static double Percentile(double[] sorted, double share) =>
        sorted[Math.Clamp((int)Math.Round(share * (sorted.Length - 1)), 0, sorted.Length - 1)];
}
