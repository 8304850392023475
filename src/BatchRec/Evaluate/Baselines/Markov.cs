using BatchRec.Interactions;

namespace BatchRec.Evaluate.Baselines;

/// <summary>
/// A Markov chain that looks three steps ahead: counts of (item at gap g → item), g = 1..3 with weight 0.7^(g − 1), each item's row scaled
/// to sum 1, applied to the history with weight 0.7^age. Seconds to fit, and ahead of most published neural models on short histories.
/// </summary>
/// <remarks>
/// The latest 20 items of a history count; older ones would weigh less than a thousandth. On ML-1M, leave-one-out, HR@10 / NDCG@10 are
/// .269 / .157 so, and .256 / .150 if only the latest three count.
/// </remarks>
public sealed class Markov : Baseline
{
    private const int Gaps = 3;
    private const int MostItemsOfQuery = 20;
    private const float Decay = 0.7f;

    private readonly SparseRows transitions;

    private Markov(SparseRows transitions) => this.transitions = transitions;

    public static Markov Fit(Sequences train) => new(Rows(train, Occurrences.Of(train)));

    internal static Markov Of(SparseRows transitions) => new(transitions);

    internal static SparseRows Rows(Sequences train, Occurrences occurrences) =>
        SparseRows.Build(train.ItemCount, Neighbours.Most(train.ItemCount), (item, row) =>
        {
            var total = 0f;
            for (var i = occurrences.Offsets[item]; i < occurrences.Offsets[item + 1]; i++)
            {
                var (position, weight) = (occurrences.Positions[i], 1f);
                var until = Math.Min(position + 1 + Gaps, train.Offsets[occurrences.Users[i] + 1]);
                for (var next = position + 1; next < until; next++, weight *= Decay)
                {
                    row.Add(train.Items[next], weight);
                    total += weight;
                }
            }
            row.Scale((_, sum) => sum / total);
        });

    public override string Name => "markov";

    public override int ItemCount => transitions.RowCount;

    protected internal override void Score(Sequences log, Query query, Span<float> scores)
    {
        Sum(log, query, scores);
        SparseRows.ZerosToNoEvidence(scores);
    }

    /// <summary>The scores, with 0 where there is no evidence.</summary>
    internal override void Sum(Sequences log, Query query, Span<float> sums)
    {
        sums.Clear();
        var (weight, left) = (1f, MostItemsOfQuery);
        for (var i = query.End - 1; i >= log.Offsets[query.User] && left > 0; i--)
        {
            // Items newer than the fit are as if they weren't there.
            if (log.Items[i] >= ItemCount) continue;
            transitions.AddTo(sums, log.Items[i], weight);
            weight *= Decay;
            left--;
        }
    }
}
