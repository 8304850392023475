using BatchRec.Interactions;
using BatchRec.Train;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Rerank;

/// <summary>A trained re-ranker beside its model, ready to score. It knows no users.</summary>
/// <remarks>Not safe for several threads at once. One query at a time: whoever else is asked for changes no bit of its scores.</remarks>
public sealed class Reranker : IDisposable
{
    private readonly RerankModel _trained;
    private readonly CoAttention _network;
    private readonly ItemFacets _facets;
    private readonly SasrecRecommender _model;

    /// <param name="model">The one that it was trained beside.</param>
    /// <param name="device">cpu or cuda</param>
    public Reranker(RerankModel trained, SasrecRecommender model, string device)
    {
        var on = TrainDevice.Of(device);
        (_trained, _model, _facets) = (trained, model, new ItemFacets(model, trained.Predecessors, trained.Options.Predecessors, on));
        if (_facets.Count != trained.FacetCount || model.Dimensions != trained.Width)
            throw new ArgumentException($"The re-ranker was trained beside a model of {trained.Width} dimensions and {trained.FacetCount} facets an item, not {model.Dimensions} and {_facets.Count}.", nameof(model));
        _network = trained.Network();
        _network.to(on);
    }

    /// <summary>The best so many are re-ranked.</summary>
    public int Candidates => _trained.Options.Candidates;

    /// <returns>(candidates) s; -∞ where the item had no event in training, of which it has learnt nothing, and throughout where the model knows no item of the history</returns>
    public float[] Scores(Sequences log, Query query, ReadOnlySpan<int> candidates)
    {
        var scores = new float[candidates.Length];
        Array.Fill(scores, float.NegativeInfinity);
        var history = RerankBatch.History(log, query, _facets, _trained.Options.History);
        var known = new List<int>();
        for (var place = 0; place < candidates.Length; place++)
            if (_model.Learnt(candidates[place])) known.Add(place);
        if (history.Length == 0 || known.Count == 0) return scores;

        var rows = new int[known.Count * _facets.Count];
        for (var i = 0; i < known.Count; i++) _facets.Of(candidates[known[i]]).CopyTo(rows.AsSpan(i * _facets.Count));
        using var withoutGradients = no_grad();
        using var scope = NewDisposeScope();
        var found = _network.Scores(_facets.Table, new CoAttentionInput(1, history.Length, known.Count, _facets.Count, history, rows)).cpu().data<float>().ToArray();
        for (var i = 0; i < known.Count; i++) scores[known[i]] = found[i];
        return scores;
    }

    public void Dispose()
    {
        _network.Dispose();
        _facets.Dispose();
    }
}
