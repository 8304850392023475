namespace BatchRec.Tune;

public enum TrialState
{
    /// <summary>Being trained, or interrupted in it.</summary>
    Running,

    /// <summary>Trained up to its rung; may yet be trained on.</summary>
    Paused,

    /// <summary>The time was up before its rung.</summary>
    Stopped,

    /// <summary>Its training has ended.</summary>
    Done,

    /// <summary>Its options were refused, or its loss diverged.</summary>
    Failed,
}

/// <summary>One training of a tuning.</summary>
public sealed record Trial
{
    /// <summary>Of the trial with the configured options.</summary>
    public const int Configured = 1;

    /// <summary>Counted from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The searched options, by name: <c>Train:Dropout</c>.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    public required TrialState State { get; init; }

    /// <summary>That it is trained to, or was; counted from 0.</summary>
    public required int Rung { get; init; }

    /// <summary>Epochs of its whole schedule: its <c>Train:MaxEpochs</c>.</summary>
    public required int Schedule { get; init; }

    /// <summary>(epochs) validation NDCG@10 after each, of the weights or their average, whichever is better.</summary>
    public IReadOnlyList<double> Curve { get; init; } = [];

    /// <summary>Spent on it.</summary>
    public double Seconds { get; init; }

    /// <summary>Why it failed or was stopped.</summary>
    public string? Message { get; init; }

    /// <summary>The best validation NDCG@10; NaN where there is none.</summary>
    public double Ndcg => State == TrialState.Failed ? double.NaN : BestOf(Curve.Count);

    /// <summary>The best within the first epochs; NaN where there is none.</summary>
    internal double BestOf(int epochs) => Curve.Take(epochs).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();
}
