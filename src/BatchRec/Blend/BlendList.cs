using System.Numerics.Tensors;
using BatchRec.Interactions;
using BatchRec.Recommend.Search;

namespace BatchRec.Blend;

/// <summary>
/// One query's list while it is made: the n best by the product of vectors are given; of the items with evidence, those are scored that can be among the n best of
/// the blend. One thread's room.
/// </summary>
/// <remarks>
/// Let p be the product of the last that was given: all others have at most p. Hence an item with evidence t that was not given scores at most p + t, rounded as
/// the score is, and is no matter where the n-th best known so far scores more. What has no evidence scores its product, so that the given items beat it: a
/// score with evidence t ≥ 0 is never below the product, and ties go by item index in both.
/// </remarks>
internal sealed class BlendList
{
    private readonly BlendedRecommender _blend;
    private readonly int[] _nobodys;
    private readonly int _n;
    private readonly EvidenceTerms _terms;
    private readonly SortRoom _sort;
    private readonly double[] _user;

    // Items with evidence that were not given, and it.
    private readonly int[] _places;
    private readonly float[] _evidence;

    // Scored items; after Finish, the list.
    private readonly int[] _items;
    private readonly double[] _scores;
    private int _count;

    /// <param name="nobodys">items that are in nobody's list</param>
    public BlendList(BlendedRecommender blend, int[] nobodys, int n)
    {
        (_blend, _nobodys, _n, _terms) = (blend, nobodys, n, blend.NewTerms());
        (_user, _sort) = (new double[blend.Vectors.Dimensions], new SortRoom(blend.ItemCount + n + Selection.Overrun));
        (_places, _evidence) = (new int[blend.ItemCount], new float[blend.ItemCount]);
        (_items, _scores) = (new int[blend.ItemCount + n], new double[blend.ItemCount + n]);
    }

    /// <summary>Reads the query's evidence.</summary>
    /// <returns>what its scores have besides, of every item</returns>
    public double Read(Sequences log, Query query) => _terms.Read(log, query, _blend.WeightsOf(log, query));

    /// <summary>The excluded items and those that the evidence speaks against, ascending.</summary>
    public ReadOnlySpan<int> SpokenAgainst(ReadOnlySpan<int> excluded, ref int[] room)
    {
        var items = new List<int>(excluded.Length);
        items.AddRange(excluded);
        for (var item = 0; item < _terms.Terms.Length; item++)
            if (_terms.Terms[item] < 0) items.Add(item);
        items.Sort();
        return room = [.. items];
    }

    /// <param name="user">the query's vector</param>
    /// <param name="given">The n best by product that are not excluded, or all where there are fewer.</param>
    /// <returns>false where an item that was not given may yet belong into the list, because evidence speaks against those that were</returns>
    public bool Merge(ReadOnlySpan<float> user, ReadOnlySpan<int> given, ReadOnlySpan<int> excluded)
    {
        Leave(excluded);
        var isAgainst = given.Length == _n && TensorPrimitives.Min<float>(_terms.Terms) < 0;
        var last = ScoreGiven(user, given);
        if (given.Length == _n) ScoreRest(last);
        Finish();
        return !isAgainst || _scores[_n - 1] > last;
    }

    /// <param name="user">the query's vector</param>
    /// <param name="given">As for <see cref="Merge"/>, without what evidence speaks against.</param>
    public void MergeAll(ReadOnlySpan<float> user, ReadOnlySpan<int> given, ReadOnlySpan<int> excluded)
    {
        Leave(excluded);
        var last = ScoreGiven(user, given);
        if (given.Length == _n) ScoreRest(last);
        var against = 0;
        for (var item = 0; item < _terms.Terms.Length; item++)
            if (_terms.Terms[item] < 0) _places[against++] = item;
        Score(_places.AsSpan(0, against));
        Finish();
    }

    /// <param name="besides">what is added to each score</param>
    public void Hand(int query, double besides, FoundList found) =>
        found(query, _items.AsSpan(0, _count), Array.ConvertAll(_scores[.._count], score => (float)(score + besides)));

    private void Leave(ReadOnlySpan<int> excluded)
    {
        foreach (var item in _nobodys) _terms.Terms[item] = 0;
        foreach (var item in excluded)
            if (item < _terms.Terms.Length) _terms.Terms[item] = 0;
    }

    /// <returns>the product of the last of the given; without them -∞</returns>
    private double ScoreGiven(ReadOnlySpan<float> user, ReadOnlySpan<int> given)
    {
        for (var k = 0; k < _user.Length; k++) _user[k] = user[k];
        _count = 0;
        if (given.IsEmpty) return double.NegativeInfinity;
        ReferenceScore.Of(_user, _blend.Vectors.Items, given, _scores);
        var last = _scores[given.Length - 1];
        foreach (var item in given)
        {
            _items[_count] = item;
            _scores[_count++] += _terms.Terms[item];
            _terms.Terms[item] = 0;
        }
        return last;
    }

    /// <summary>Scores those that have positive evidence and can be among the n best.</summary>
    /// <param name="most">what their products are at most</param>
    private void ScoreRest(double most)
    {
        var count = Evidence.Positive(_terms.Terms, _places, _evidence);
        // The likely best first: the n-th of their scores is a closer limit for the others than that of the given.
        var likely = count <= _n ? 0f : NthLargest.Number(NthLargest.Of(_sort.Keys(_evidence.AsSpan(0, count)), _n));
        ReadOnlySpan<int> places = _places.AsSpan(0, count);
        ReadOnlySpan<float> evidence = _evidence.AsSpan(0, count);
        Score(_sort.Places.AsSpan(0, Selection.AtLeast(places, evidence, likely, _sort.Places)));
        // Of the others those whose evidence can bring them as far as that; a float may have been rounded up.
        var least = MathF.BitDecrement((float)(NthLargest.Below(NthLargest.Of(_sort.Keys(_scores.AsSpan(0, _count)), _n)) - most));
        Score(_sort.Places.AsSpan(0, Selection.AtLeast(places, evidence, likely, evidence, least, _sort.Places)));
    }

    private void Score(ReadOnlySpan<int> items)
    {
        var scores = _scores.AsSpan(_count, items.Length);
        ReferenceScore.Of(_user, _blend.Vectors.Items, items, scores);
        for (var i = 0; i < items.Length; i++) scores[i] += _terms.Terms[items[i]];
        items.CopyTo(_items.AsSpan(_count));
        _count += items.Length;
    }

    /// <summary>Keeps the n best, in order.</summary>
    private void Finish()
    {
        var best = _sort.Best(_scores.AsSpan(0, _count), _items, _n);
        for (var i = 0; i < best.Length; i++) (_sort.Items[i], _sort.Scores[i]) = (_items[(int)(uint)best[i]], _scores[(int)(uint)best[i]]);
        _count = best.Length;
        _sort.Items.AsSpan(0, _count).CopyTo(_items);
        _sort.Scores.AsSpan(0, _count).CopyTo(_scores);
    }
}
