using System.Buffers;
using System.Runtime.InteropServices;
using BatchRec.Interactions;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// SLIT: ridge regression from the decayed history to the next item, in closed form. With a row x_t = Σ_{p &lt; t} 0.8^(t-1-p) e(item_p) and
/// y_t = e(item_t) for every event t that has a history, W = (XᵀX + λI)⁻¹ XᵀY (after Choi et al. 2021, "Session-aware linear item-item models
/// for session-based recommendation").
/// </summary>
/// <remarks>
/// XᵀX needs no X: events p ≤ q of one history, with m targets after q, add 0.8^(q-p) · Σ_{s &lt; m} 0.64^s, so that a pass over the pairs within
/// the decay's reach makes both matrices. λ of 100, 300, 1,000 and 3,000 give .1671, .1681, .1652 and .1618 on ML-1M's validation.
/// </remarks>
public sealed class Slit : Baseline
{
    private const float Decay = 0.8f;
    private const float Ridge = 300;

    /// <summary>How far the decay reaches: beyond it weighs less than 10⁻⁴.</summary>
    private const int Reach = 42;

    private static readonly float[] Powers = [.. Enumerable.Range(0, Reach).Select(age => MathF.Pow(Decay, age))];

    /// <summary>Σ_{s &lt; m} 0.64^s by m.</summary>
    private static readonly float[] Sums = [.. Enumerable.Range(0, Reach).Select(targets => (1 - MathF.Pow(Decay * Decay, targets)) / (1 - Decay * Decay))];

    private readonly DenseItems items;
    private readonly float[] weights;

    private Slit(DenseItems items, float[] weights) => (this.items, this.weights) = (items, weights);

    /// <param name="mostItems">The most frequent so many items are fitted.</param>
    public static Slit Fit(Sequences train, int mostItems)
    {
        var items = DenseItems.Of(train, mostItems);
        var occurrences = Occurrences.Of(train);
        var gram = items.Fill((item, row) => Pairs(train, items, occurrences, item, row, Gram));
        var next = items.Fill((item, row) => Pairs(train, items, occurrences, item, row, Next));
        return new Slit(items, Weights(items, gram, next));
    }

    public override string Name => "slit";

    public override int ItemCount => items.ItemCount;

    public override string? Note => items.Note(Name);

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        var rented = ArrayPool<float>.Shared.Rent(items.Count);
        var sums = rented.AsSpan(0, items.Count);
        sums.Clear();
        var history = History(log, query);
        for (var age = 0; age < Math.Min(history.Length, Reach); age++)
            if (items.RowOf(history[^(age + 1)]) is >= 0 and var row) items.AddTo(sums, weights, row, Powers[age]);
        items.ToScores(sums, scores);
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Adds to the row of <paramref name="item"/> the weight of each pair of one of its events with an event within reach.</summary>
    /// <param name="weight">of (position, other position, targets after the later one)</param>
    private static void Pairs(Sequences train, DenseItems items, Occurrences occurrences, int item, Span<float> row, Func<long, long, long, float> weight)
    {
        for (var i = occurrences.Offsets[item]; i < occurrences.Offsets[item + 1]; i++)
        {
            long position = occurrences.Positions[i];
            var (start, end) = (train.Offsets[occurrences.Users[i]], train.Offsets[occurrences.Users[i] + 1]);
            for (var other = Math.Max(start, position - Reach + 1); other < Math.Min(end, position + Reach); other++)
                if (items.RowOf(train.Items[other]) is >= 0 and var column)
                    row[column] += weight(position, other, end - 1 - Math.Max(position, other));
        }
    }

    private static float Gram(long position, long other, long targets) =>
        Powers[Math.Abs(other - position)] * Sums[Math.Min(targets, Reach - 1)];

    private static float Next(long position, long other, long targets) => other > position ? Powers[other - position - 1] : 0;

    private static float[] Weights(DenseItems items, float[] gram, float[] next)
    {
        if (items.Count == 0) return [];
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var solved = cholesky_solve(tensor(next, [items.Count, items.Count]), items.Factor(gram, Ridge)).contiguous();
        MemoryMarshal.Cast<byte, float>(solved.bytes).CopyTo(next);
        return next;
    }
}
