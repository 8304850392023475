using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Tests.Blend;

/// <summary>Scores written down: a row a user.</summary>
internal sealed class TableRecommender(string name, float[][] rows) : IRecommender
{
    public string Name => name;

    public int ItemCount => rows[0].Length;

    public void Score(Sequences log, ReadOnlySpan<Query> queries, Span<float> scores)
    {
        for (var i = 0; i < queries.Length; i++) rows[queries[i].User].CopyTo(scores[(i * ItemCount)..]);
    }
}
