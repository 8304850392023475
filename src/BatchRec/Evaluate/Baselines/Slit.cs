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
    private readonly SparseRows weights;

    private Slit(DenseItems items, SparseRows weights) => (this.items, this.weights) = (items, weights);

    /// <param name="mostItems">The most frequent so many items are fitted.</param>
    public static Slit Fit(Sequences train, int mostItems)
    {
        var items = DenseItems.Of(train, mostItems);
        return new Slit(items, Rows(train, Occurrences.Of(train), items));
    }

    internal static Slit Of(DenseItems items, SparseRows weights) => new(items, weights);

    internal static SparseRows Rows(Sequences train, Occurrences occurrences, DenseItems items)
    {
        var (gram, next) = (items.Square(), items.Square());
        items.ForRows((item, row) => Pairs(train, items, occurrences, item, items.Row(gram, row), items.Row(next, row)));
        items.Mirror(gram);
        return items.Weights(Solved(items, gram, next));
    }

    public override string Name => "slit";

    public override int ItemCount => items.ItemCount;

    public override string? Note => items.Note(Name);

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        scores.Clear();
        var history = History(log, query);
        for (var age = 0; age < Math.Min(history.Length, Reach); age++)
            if (items.RowOf(history[^(age + 1)]) >= 0) weights.AddTo(scores, history[^(age + 1)], Powers[age]);
        items.ToScores(scores);
    }

    /// <summary>Adds to the rows of <paramref name="item"/> the weight of each pair of one of its events with itself or a later one within reach.</summary>
    /// <param name="gram">of XᵀX, but for pairs with earlier events of other items</param>
    /// <param name="next">of XᵀY</param>
    private static void Pairs(Sequences train, DenseItems items, Occurrences occurrences, int item, Span<float> gram, Span<float> next)
    {
        var own = items.RowOf(item);
        for (var i = occurrences.Offsets[item]; i < occurrences.Offsets[item + 1]; i++)
        {
            var (position, end) = (occurrences.Positions[i], (int)train.Offsets[occurrences.Users[i] + 1]);
            gram[own] += Sums[Math.Min(end - 1 - position, Reach - 1)];
            for (var other = position + 1; other < Math.Min(end, position + Reach); other++)
            {
                if (items.RowOf(train.Items[other]) is not (>= 0 and var column)) continue;
                // An item's pairs with itself have no mirror image.
                gram[column] += (column == own ? 2 : 1) * Powers[other - position] * Sums[Math.Min(end - 1 - other, Reach - 1)];
                next[column] += Powers[other - position - 1];
            }
        }
    }

    private static float[] Solved(DenseItems items, float[] gram, float[] next)
    {
        if (items.Count == 0) return [];
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var solved = cholesky_solve(tensor(next, [items.Count, items.Count]), items.Factor(gram, Ridge)).contiguous();
        MemoryMarshal.Cast<byte, float>(solved.bytes).CopyTo(next);
        return next;
    }
}
