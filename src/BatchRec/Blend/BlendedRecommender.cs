using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Train;

namespace BatchRec.Blend;

/// <summary>
/// The weighted sum of several recommenders' standardised scores: what the model sees in a sequence, and what counting sees where histories are
/// short or items rare. The whole catalogue is scored, so that lists are exact.
/// </summary>
/// <remarks>Blending scores rather than probabilities, per user standardised: Lee 1997, "Analyses of multiple evidence combination".</remarks>
public sealed class BlendedRecommender : IRecommender
{
    public const string Id = "blend";

    private readonly IReadOnlyList<IRecommender> parts;
    private readonly BlendWeights weights;
    private readonly int[] known;

    /// <param name="parts">One for each name in the weights, in any order; those that weigh nothing may be missing.</param>
    /// <param name="train">What the baselines among the parts were fitted on: items that it doesn't hold can't be scored.</param>
    public BlendedRecommender(IEnumerable<IRecommender> parts, BlendWeights weights, Sequences train)
    {
        var given = parts.ToDictionary(part => part.Name);
        var used = Enumerable.Range(0, weights.Parts.Count).Where(weights.IsUsed).ToArray();
        this.parts = [.. used.Select(k => given[weights.Parts[k]])];
        this.weights = weights with { Parts = [.. used.Select(k => weights.Parts[k])], Weights = Array.ConvertAll(weights.Weights, row => Array.ConvertAll(used, k => row[k])) };
        known = Known(train);
        ItemCount = train.ItemCount;
        if (this.parts.FirstOrDefault(part => part.ItemCount != ItemCount) is { } other)
            throw new ArgumentException($"{other.Name} scores {other.ItemCount:N0} items, the blend's other parts {ItemCount:N0}.", nameof(parts));
    }

    public string Name => Id;

    public int ItemCount { get; }

    /// <summary>(known items) the items that a log holds, ascending</summary>
    internal static int[] Known(Sequences train) => Vocabulary.Of(train).Items;

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        var asked = queries.ToArray();
        scores.Fill(float.NegativeInfinity);
        for (var i = 0; i < asked.Length; i++)
            foreach (var item in known) scores[i * ItemCount + item] = 0;
        for (var k = 0; k < parts.Count; k++)
        {
            var rows = StandardScores.Of(parts[k], log, asked, known);
            for (var i = 0; i < asked.Length; i++)
            {
                var weight = weights.Of(asked[i].End - log.Offsets[asked[i].User])[k];
                foreach (var item in known) scores[i * ItemCount + item] += weight * rows[i * ItemCount + item];
            }
        }
    }
}
