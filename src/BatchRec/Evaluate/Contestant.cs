using BatchRec.Recommend;

namespace BatchRec.Evaluate;

/// <summary>In which capacity a recommender is evaluated.</summary>
public enum Role
{
    /// <summary>What a model has to beat; fitted on tonight's training part.</summary>
    Baseline,

    /// <summary>Tonight's holdout model.</summary>
    Model,

    /// <summary>The holdout model of the run that is live, on tonight's cases.</summary>
    Live,
}

/// <summary>A recommender that takes part in an evaluation.</summary>
public sealed record Contestant(IRecommender Recommender, Role Role)
{
    /// <summary>As it stands in reports: the live run's model has the name of tonight's, so it says which it is.</summary>
    public string Name => Role == Role.Live ? $"live {Recommender.Name}" : Recommender.Name;
}
