using BatchRec.Interactions;

namespace BatchRec.Recommend;

/// <summary>
/// A recommender whose score is a product of two vectors, so that the best items can be searched without ever writing down a row of scores
/// (<see cref="Search.VectorSearch"/>).
/// </summary>
public interface IVectorRecommender : ISearchedRecommender
{
    /// <summary>Width D of user and item vectors.</summary>
    int Dimensions { get; }

    /// <summary>(ItemCount × D) row-major, by item index; user vector · item vector is the score of an item that <see cref="Knows"/> names.</summary>
    ReadOnlySpan<float> ItemVectors { get; }

    /// <summary>Whether an item can be scored.</summary>
    bool Knows(int item);

    /// <summary>Whether a query's user can be scored.</summary>
    bool CanScore(Sequences log, Query query);

    /// <param name="log">The sequences that the queries point into; later events are never read.</param>
    /// <returns>(queries × D) user vectors, row-major; zeros where <see cref="CanScore"/> is false</returns>
    float[] Encode(Sequences log, ReadOnlySpan<Query> queries);

    IListSearch ISearchedRecommender.Search(ReadOnlySpan<bool> leftOut) => new ModelSearch(this, leftOut);
}
