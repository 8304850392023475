namespace BatchRec.Runs;

/// <summary>The steps of a night, in their order. The order of the members is the order of the night.</summary>
public enum Step
{
    /// <summary>SQL rows → one Parquet file a day.</summary>
    Extract,

    /// <summary>Day files → users' sequences and the id maps.</summary>
    Prepare,

    /// <summary>Sequences before T → the holdout model.</summary>
    Train,

    /// <summary>The holdout model, the baselines and the live run's holdout model, on events after T.</summary>
    Evaluate,

    /// <summary>Evaluation × live publication → verdict 1.</summary>
    Gate,

    /// <summary>All sequences → the model that is published.</summary>
    Refit,

    /// <summary>Top-N lists for every user → Parquet shards.</summary>
    Recommend,

    /// <summary>Verdict 2 on the rows, then the pointer flips.</summary>
    Publish,
}
