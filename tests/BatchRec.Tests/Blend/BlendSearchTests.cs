using System.Collections.Concurrent;
using BatchRec.Blend;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Evaluate;
using BatchRec.Tests.Recommend.Search;
using Xunit;

namespace BatchRec.Tests.Blend;

/// <summary>The lists that are found against a plain ranking of all scores: the same items, the same order, the same scores.</summary>
public class BlendSearchTests
{
    private const int Items = 900, Dimensions = 16;

    private static readonly string[] Counting = ["markov", "slit", "ease", "item-knn", "popularity", "popularity-7d", "personal-frequency"];

    // Users walk through the catalogue from places of their own; items from 850 on are in nobody's history.
    private static readonly Sequences Log = InlineLog.OfItems(Items, [.. Enumerable.Range(0, 160).Select(u =>
        Enumerable.Range(0, u % 4 == 0 ? 1 : 3 + u * 7 % 120).Select(step => (u * u + step * (1 + u % 5) + (step % 3 == 0 ? u : 0)) % 850).ToArray())]);

    private static readonly Lazy<IReadOnlyList<Baseline>> Baselines = new(() => BaselineSet.Fit(Counting, Log, InlineLog.At(80), 300));

    public static TheoryData<string, float[]> Weights => new()
    {
        { "all for something", [1, .7f, .1f, .2f, .2f, .3f, .4f, 0] },
        { "some against", [.1f, .7f, -.2f, .2f, -.1f, -.5f, .4f, 0] },
        { "all against", [-1, -.7f, -.1f, -.2f, -.2f, -.3f, -.4f, -1] },
        { "evidence only against", [2, -.5f, -.5f, -.1f, -1, .1f, 0, -.3f] },
        { "the model alone", [1, 0, 0, 0, 0, 0, 0, 0] },
        { "no model", [0, .7f, .1f, -.2f, .2f, .3f, .4f, .5f] },
        { "neither model nor popularity", [0, 1, 0, 0, .5f, 0, 0, 0] },
        { "popularity alone", [0, 0, 0, 0, 0, 1, -.2f, 0] },
        { "a faint model", [1e-6f, .7f, .1f, -.2f, .2f, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Weights))]
    public void Lists_are_those_of_the_reference(string _, float[] weights)
    {
        var blend = Blend(Model(knows: 1), weights);
        foreach (var n in (int[])[1, 20, 100]) AssertExact(blend, n, SeenItems.Filtered(Log), Unavailable(7));
        AssertExact(blend, 30, SeenItems.Kept(Log), []);
    }

    [Theory]
    [MemberData(nameof(Weights))]
    public void Items_that_the_model_does_not_know_are_ranked_too(string _, float[] weights) =>
        AssertExact(Blend(Model(knows: 3), weights), 25, SeenItems.Filtered(Log), Unavailable(5));

    [Theory]
    [MemberData(nameof(Weights))]
    public void Ties_go_by_item_index(string _, float[] weights)
    {
        // Five vectors for all items: most scores of the model are shared by many.
        var few = TestVectors.Gaussian(5, Dimensions, 3);
        AssertExact(Blend(Table([.. Enumerable.Range(0, Items).Select(i => few.AsSpan(i % 5 * Dimensions, Dimensions).ToArray())]), weights), 40, SeenItems.Filtered(Log), []);
        AssertExact(Blend(Table([.. Enumerable.Range(0, Items).Select(_ => new float[Dimensions])]), weights), 40, SeenItems.Filtered(Log), []);
    }

    [Fact]
    public void A_list_longer_than_the_catalogue_has_all_of_it()
    {
        foreach (var (_, weights) in Weights.Select(row => ((string)row[0], (float[])row[1])))
            AssertExact(Blend(Model(knows: 2), weights), 1_000, SeenItems.Filtered(Log), Unavailable(3));
    }

    [Fact]
    public void Weights_follow_the_length_of_the_history()
    {
        var one = BlendedRecommenderTests.Weights(["model", .. Counting], [1, .7f, .1f, .2f, .2f, .3f, .4f, 0]);
        AssertExact(new BlendedRecommender([Model(knows: 1), .. Baselines.Value],
            one with { Weights = [one.Weights[0], [0, 1, -1, 0, 0, 0, 0, 0], [1, 0, 0, -1, 0, 2, 0, 0], [-1, 1, 0, 0, 0, 0, -3, 0]] }, Log), 30, SeenItems.Filtered(Log), []);
    }

    [Fact]
    public void Scores_are_sums_of_what_the_parts_say_row_by_row()
    {
        var (model, queries) = (Model(knows: 4), Log.QueriesAtTheEnd());
        float[] weights = [.5f, .7f, -.2f, .3f, .2f, .3f, -.4f, .6f];
        IRecommender[] parts = [model, .. Baselines.Value];
        var unknown = BlendedRecommender.Unknown(Log, parts);
        var rows = Array.ConvertAll(parts, part => StandardScores.Of(part, Log, queries, unknown));
        var scores = new float[queries.Length * Items];
        Blend(model, weights).Score(Log, queries, scores);
        for (var at = 0; at < scores.Length; at++)
        {
            if (unknown[at % Items]) Assert.Equal(float.NegativeInfinity, scores[at]);
            else Assert.Equal(weights.Zip(rows, (weight, row) => weight * row[at]).Sum(), scores[at], 1e-3f);
        }
    }

    private static VectorTable Model(int knows) =>
        Table([.. TestVectors.Gaussian(Items, Dimensions, 2).Chunk(Dimensions).Select((vector, item) => item < 850 && (knows == 1 || item % knows != 0) ? vector : null)]);

    private static VectorTable Table(float[]?[] items) => new("model", TestVectors.Gaussian(Log.UserCount, Dimensions, 1), items, Dimensions);

    private static BlendedRecommender Blend(VectorTable model, float[] weights) =>
        new([model, .. Baselines.Value], BlendedRecommenderTests.Weights(["model", .. Counting], weights), Log);

    private static bool[] Unavailable(int every) => [.. Enumerable.Range(0, Items).Select(item => item % every == 0)];

    private static void AssertExact(BlendedRecommender blend, int n, SeenItems seen, bool[] leftOut)
    {
        // The first has no history at all.
        Query[] queries = [new Query(0, 0, InlineLog.At(200)), .. Log.QueriesAtTheEnd()];
        var lists = new ConcurrentDictionary<int, (int[] Items, float[] Scores)>();
        blend.Search(leftOut)!.Find(Log, queries, n, (int i, ref int[] room) => seen.Of(Log, queries[i], ref room), (i, items, scores) => Assert.True(lists.TryAdd(i, (items.ToArray(), scores.ToArray()))), default);
        var (ranking, terms, room) = (new double[Items], blend.NewTerms(), Array.Empty<int>());
        var row = new float[Items];
        for (var i = 0; i < queries.Length; i++)
        {
            blend.Rank(Log, queries[i], ranking, terms);
            blend.Score(Log, [queries[i]], row);
            var excluded = seen.Of(Log, queries[i], ref room).ToArray().ToHashSet();
            int[] expected = [.. Enumerable.Range(0, Items)
                .Where(item => ranking[item] > double.NegativeInfinity && !excluded.Contains(item) && (leftOut.Length == 0 || !leftOut[item]))
                .OrderByDescending(item => ranking[item]).ThenBy(item => item).Take(n)];
            Assert.Equal(expected, lists[i].Items);
            Assert.Equal(Array.ConvertAll(expected, item => row[item]), lists[i].Scores);
        }
    }
}
