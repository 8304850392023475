using BatchRec.Configuration;
using BatchRec.Evaluate.Splits;

namespace BatchRec.Evaluate;

/// <summary>Section <c>Evaluate</c>: what is held out and what is measured on it.</summary>
public sealed record EvaluateOptions : IStageOptions
{
    /// <summary>Days before as-of at which training ends for the holdout model: T.</summary>
    public int HoldoutDays { get; init; } = 7;

    /// <summary>Targets of <c>horizon-…d</c> lie within so many days from T on.</summary>
    public int HorizonDays { get; init; } = 7;

    /// <summary>Days before T from which on validation users' events are held out, for tuning and early stopping.</summary>
    public int ValidationDays { get; init; } = 7;

    /// <summary>Validation users at most; never more than half of those that qualify. 0: all users, so that training for validation ends there for everybody.</summary>
    public int ValidationUsers { get; init; } = 1_024;

    /// <summary>Protocols measured every night: <c>nightly</c>, which the gate judges by, and any of <c>horizon</c>, <c>last</c>, <c>successive</c>.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [NightlySplit.Protocol, "horizon"];

    /// <summary>Event types that a recommendation is meant to bring about, by name; null (left out) for all.</summary>
    public IReadOnlyList<string>? TargetEvents { get; init; }

    /// <summary>
    /// Whether a user's events of one instant are a basket, all of which is the target of <c>nightly</c>; false: they come in the order of the log, and the first is.
    /// </summary>
    public bool Baskets { get; init; } = true;

    /// <summary>Cases a protocol at most, sampled by user: 20,000 give HR@10 to within ±0.007.</summary>
    public int MaxCases { get; init; } = 20_000;

    /// <summary>Memory for one block of scores (cases × items × 4 bytes) a thread, in MiB.</summary>
    public int ScoreBlockMiB { get; init; } = 64;

    /// <summary>
    /// Items that slit and ease are fitted over, the most frequent ones. While it is fitted either takes six times so many squared × 4 bytes,
    /// and time by their cube: 8,000 take 1.5 GB and a quarter of a minute on two cores.
    /// </summary>
    public int DenseItems { get; init; } = 8_000;

    /// <summary>Bootstrap resamples.</summary>
    public int Resamples { get; init; } = 2_000;

    /// <summary>Of the samples: of cases, validation users and bootstrap resamples.</summary>
    public ulong Seed { get; init; } = 1;

    public IEnumerable<string> Faults()
    {
        if (HoldoutDays < 1) yield return $"Evaluate:HoldoutDays is {HoldoutDays}; use 1 or more days.";
        if (HorizonDays < 1) yield return $"Evaluate:HorizonDays is {HorizonDays}; use 1 or more days.";
        if (HorizonDays > HoldoutDays)
            yield return $"Evaluate:HorizonDays is {HorizonDays}, but only Evaluate:HoldoutDays = {HoldoutDays} days are held out; use a horizon up to that.";
        if (ValidationDays < 1) yield return $"Evaluate:ValidationDays is {ValidationDays}; use 1 or more days.";
        if (ValidationUsers < 0) yield return $"Evaluate:ValidationUsers is {ValidationUsers}; use 1 or more, or 0 for all users.";
        foreach (var protocol in Protocols.Except(Splits.Protocols.Names))
            yield return $"Evaluate:Protocols has '{protocol}'; use {string.Join(", ", Splits.Protocols.Names)}.";
        if (!Protocols.Contains(NightlySplit.Protocol)) yield return "Evaluate:Protocols lacks 'nightly', which the gate judges by; add it.";
        if (TargetEvents is { Count: 0 }) yield return "Evaluate:TargetEvents is empty; name an event type, or leave it out for all.";
        if (MaxCases < 1) yield return $"Evaluate:MaxCases is {MaxCases}; use 1 or more.";
        if (ScoreBlockMiB is < 1 or > 16_384) yield return $"Evaluate:ScoreBlockMiB is {ScoreBlockMiB}; use 1 to 16384 MiB.";
        if (DenseItems is < 1 or > 20_000) yield return $"Evaluate:DenseItems is {DenseItems}; use 1 to 20000 items (20000 take 5 GB while they are fitted).";
        if (Resamples < 100) yield return $"Evaluate:Resamples is {Resamples}; use 100 or more, 2000 for steady percentiles.";
    }
}
