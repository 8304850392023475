using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Recommend.Search;

namespace BatchRec.Blend;

/// <summary>
/// The weighted sum of several recommenders' standardised scores: what the model sees in a sequence, and what counting sees where histories are
/// short or items rare. The score is a product of vectors (<see cref="BlendVectors"/>) and a sum over the few items that baselines have evidence of
/// (<see cref="EvidenceTerms"/>), so that lists are found without rows of scores, exactly.
/// </summary>
/// <remarks>Blending scores rather than probabilities, per user standardised: Lee 1997, "Analyses of multiple evidence combination".</remarks>
public sealed class BlendedRecommender : ISearchedRecommender
{
    public const string Id = "blend";

    private readonly IReadOnlyList<IRecommender> parts;
    private readonly BlendWeights weights;
    private readonly int[] known;
    private readonly bool[] unknown;
    private readonly BlendVectors vectors;

    // Places among the parts: of the model of vectors, -1 where there is none; of those that are the same for all; of the other baselines; and of those that only score rows.
    private readonly int model;
    private readonly int[] constants, evidence, others;

    /// <param name="parts">One for each name in the weights, in any order; those that weigh nothing may be missing.</param>
    /// <param name="train">What the baselines among the parts were fitted on: items that neither it nor the model knows can't be scored.</param>
    public BlendedRecommender(IEnumerable<IRecommender> parts, BlendWeights weights, Sequences train)
    {
        var given = parts.ToDictionary(part => part.Name);
        var used = Enumerable.Range(0, weights.Parts.Count).Where(weights.IsUsed).ToArray();
        this.parts = [.. used.Select(k => given[weights.Parts[k]])];
        this.weights = weights with { Parts = [.. used.Select(k => weights.Parts[k])], Weights = Array.ConvertAll(weights.Weights, row => Array.ConvertAll(used, k => row[k])) };
        ItemCount = train.ItemCount;
        if (this.parts.FirstOrDefault(part => part.ItemCount != ItemCount) is { } other)
            throw new ArgumentException($"{other.Name} scores {other.ItemCount:N0} items, the blend's other parts {ItemCount:N0}.", nameof(parts));
        unknown = Unknown(train, this.parts);
        known = [.. Enumerable.Range(0, ItemCount).Where(item => !unknown[item])];
        model = Array.IndexOf([.. this.parts.Select(part => part is IVectorRecommender)], true);
        (constants, evidence) = (PlacesOf(part => part is Baseline { IsSameForAll: true }), PlacesOf(part => part is Baseline { IsSameForAll: false }));
        others = [.. Enumerable.Range(0, this.parts.Count).Except([model, .. constants, .. evidence])];
        vectors = new BlendVectors(model < 0 ? null : (IVectorRecommender)this.parts[model],
            [.. constants.Select(k => StandardScores.Of(this.parts[k], train, [new Query(0, 0, 0)], unknown))], known, ItemCount);
    }

    /// <summary>What a blend is made of: the model, if there is one, and baselines.</summary>
    internal static IReadOnlyList<IRecommender> PartsOf(IRecommender? model, IEnumerable<IRecommender> baselines) => model is null ? [.. baselines] : [model, .. baselines];

    public string Name => Id;

    public int ItemCount { get; }

    /// <summary>(items) those that a log lacks, unless a model knows them by something else</summary>
    internal static bool[] Unknown(Sequences train, IReadOnlyList<IRecommender> parts)
    {
        var unknown = Array.ConvertAll(Popularity.Counts(train), count => count == 0);
        foreach (var model in parts.OfType<IVectorRecommender>())
            for (var item = 0; item < unknown.Length; item++) unknown[item] &= !model.Knows(item);
        return unknown;
    }

    /// <returns>null where a part can only score rows</returns>
    public IListSearch? Search(ReadOnlySpan<bool> leftOut)
    {
        if (others.Length > 0) return null;
        var left = (bool[])unknown.Clone();
        for (var item = 0; item < leftOut.Length; item++) left[item] |= leftOut[item];
        return new BlendSearch(this, left);
    }

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        if (scores.Length != (long)queries.Length * ItemCount)
            throw new ArgumentException($"{queries.Length} queries × {ItemCount} items need as many scores; there is room for {scores.Length}.", nameof(scores));
        var (ranking, terms) = (new double[ItemCount], NewTerms());
        for (var i = 0; i < queries.Length; i++)
        {
            var besides = Rank(log, queries[i], ranking, terms);
            for (var item = 0; item < ItemCount; item++) scores[i * ItemCount + item] = (float)(ranking[item] + besides);
        }
    }

    /// <summary>What a query's list is ranked by, the highest first, ties by item index: the reference for <see cref="Search"/>.</summary>
    /// <param name="ranking">(items) -∞ where an item can't be scored</param>
    /// <returns>what the score has besides, of every item</returns>
    internal double Rank(Sequences log, Query query, double[] ranking, EvidenceTerms terms)
    {
        var (user, besides) = Users(log, [query]);
        var (own, product) = (WeightsOf(log, query), new double[known.Length]);
        var offset = besides[0] + terms.Read(log, query, own);
        ReferenceScore.Of(Array.ConvertAll(user, value => (double)value), vectors.Items, known, product);
        Array.Fill(ranking, double.NegativeInfinity);
        for (var at = 0; at < known.Length; at++) ranking[known[at]] = product[at] + terms.Terms[known[at]];
        foreach (var k in others)
        {
            var row = StandardScores.Of(parts[k], log, [query], unknown);
            foreach (var item in known) ranking[item] += own[k] * row[item];
        }
        return offset;
    }

    internal BlendVectors Vectors => vectors;

    /// <summary>(parts)</summary>
    internal float[] WeightsOf(Sequences log, Query query) => weights.Of(query.End - log.Offsets[query.User]);

    /// <returns>the queries' vectors, and what their scores have besides</returns>
    internal (float[] Users, double[] Constants) Users(Sequences log, Query[] queries)
    {
        var besides = new double[queries.Length];
        var users = vectors.Users(log, queries, query =>
        {
            var own = WeightsOf(log, query);
            return (model < 0 ? 0 : own[model], Array.ConvertAll(constants, k => own[k]));
        }, besides);
        return (users, besides);
    }

    internal EvidenceTerms NewTerms() => new([.. evidence.Select(k => ((Baseline)parts[k], k))], ItemCount, known.Length);

    private int[] PlacesOf(Predicate<IRecommender> which) => [.. Enumerable.Range(0, parts.Count).Where(k => which(parts[k]))];
}
