using BatchRec.Recommend;

namespace BatchRec.Evaluate;

/// <summary>In which capacity a recommender is evaluated.</summary>
public enum Role
{
    /// <summary>What a model has to beat; fitted on tonight's training part.</summary>
    Baseline,

    /// <summary>Tonight's holdout model.</summary>
    Model,

    /// <summary>The holdout model of the run that is live, or what was published with it, on tonight's cases.</summary>
    Live,

    /// <summary>Tonight's holdout model and baselines, blended.</summary>
    Blend,

    /// <summary>The best candidates of tonight's blend, or of the model, re-ranked.</summary>
    Reranked,
}

/// <summary>A recommender that takes part in an evaluation.</summary>
public sealed record Contestant(IRecommender Recommender, Role Role);
