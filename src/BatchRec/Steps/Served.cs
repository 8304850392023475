using BatchRec.Blend;
using BatchRec.Evaluate.Baselines;
using BatchRec.Rerank;
using BatchRec.Runs;

namespace BatchRec.Steps;

/// <summary>What is published beside a model's, or a baseline's, own scores.</summary>
/// <param name="Blend">null: nothing is blended</param>
/// <param name="Rerank">null: nothing is re-ranked</param>
/// <param name="Baselines">those that lists are made from: parts of the blend, or what is published itself</param>
internal sealed record Served(BlendWeights? Blend, RerankWeight? Rerank, IReadOnlyList<string> Baselines)
{
    /// <param name="published">Name of the recommender whose lists are published.</param>
    /// <param name="evaluation">Of the run that published them first.</param>
    public static Served Of(string? published, Artefact evaluation)
    {
        var rerank = published == RerankedRecommender.Id ? RerankWeight.Read(evaluation.Folder) : null;
        var list = rerank?.Base ?? published;
        var blend = list == BlendedRecommender.Id ? BlendWeights.Read(evaluation.Folder) : null;
        return new Served(blend, rerank, [.. (blend?.Used ?? (list is null ? [] : [list])).Intersect(BaselineSet.Names)]);
    }
}
