using BatchRec.Configuration;
using BatchRec.Evaluate.Baselines;

namespace BatchRec.Gate;

/// <summary>What happens on a night whose model doesn't beat the best baseline.</summary>
public enum WhenBaselineWins
{
    /// <summary>That baseline's lists are published, marked so.</summary>
    Publish,

    /// <summary>The night is refused: the live lists stay.</summary>
    Refuse,
}

/// <summary>Section <c>Gate</c>, verdict 1: when a night's model is good enough.</summary>
public sealed record GateOptions : IStageOptions
{
    /// <summary>What happens on a night whose model does not beat the best baseline: its lists are published, marked so, or the night is refused.</summary>
    public WhenBaselineWins WhenBaselineWins { get; init; } = WhenBaselineWins.Publish;

    /// <summary>Confidence of every one-sided test.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>With fewer cases nothing is tested: a baseline is published, whatever the model's average.</summary>
    public int MinCases { get; init; } = 50;

    /// <summary>What is published when there is no case at all to choose a baseline by.</summary>
    public string DefaultBaseline { get; init; } = MarkovKnn.Id;

    /// <summary>A model's lift over the best baseline must not lie below this share of its median over recent runs; 0 for no such test.</summary>
    public double MinShareOfMedianLift { get; init; } = 0.8;

    /// <summary>Accepted runs that the median is taken over.</summary>
    public int LiftHistoryRuns { get; init; } = 14;

    /// <summary>With fewer accepted runs there is no usual lift yet, and slides aren't tested for.</summary>
    public int MinLiftHistoryRuns { get; init; } = 5;

    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(WhenBaselineWins)) yield return $"Gate:WhenBaselineWins is {WhenBaselineWins}; use publish or refuse.";
        if (Confidence is not (> 0.5 and < 1)) yield return $"Gate:Confidence is {Confidence}; use a share between 0.5 and 1, such as 0.95.";
        if (MinCases < 1) yield return $"Gate:MinCases is {MinCases}; use 1 or more.";
        if (!BaselineSet.Names.Contains(DefaultBaseline))
            yield return $"Gate:DefaultBaseline is '{DefaultBaseline}'; use {string.Join(", ", BaselineSet.Names)}.";
        if (MinShareOfMedianLift is not (>= 0 and <= 1)) yield return $"Gate:MinShareOfMedianLift is {MinShareOfMedianLift}; use 0 (no test) to 1, such as 0.8.";
        if (LiftHistoryRuns < 1) yield return $"Gate:LiftHistoryRuns is {LiftHistoryRuns}; use 1 or more runs.";
        if (MinLiftHistoryRuns < 1 || MinLiftHistoryRuns > LiftHistoryRuns)
            yield return $"Gate:MinLiftHistoryRuns is {MinLiftHistoryRuns}; use 1 to Gate:LiftHistoryRuns = {LiftHistoryRuns} runs.";
    }
}
