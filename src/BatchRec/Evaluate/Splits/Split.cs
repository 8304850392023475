using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>What may be learnt from, what is asked, and what would have been right.</summary>
public sealed record Split
{
    /// <summary>As it stands in reports: <c>nightly</c>, <c>horizon-7d</c>, <c>last</c>, <c>successive</c>, <c>leave-one-out</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>All that a model or a baseline may be fitted on. Users and vocabulary are those of <see cref="Log"/>.</summary>
    public required Sequences Train { get; init; }

    /// <summary>The sequences that the cases' queries point into.</summary>
    public required Sequences Log { get; init; }

    public required EvaluationCases Cases { get; init; }

    /// <summary>T, microseconds since 1970, UTC: training ends before it. <see cref="long.MaxValue"/> where the protocol has no such instant.</summary>
    public required long Cutoff { get; init; }

    /// <summary>Users with a target but without any history, whom no personal recommender can serve; they are no cases.</summary>
    public int NewUsers { get; init; }
}
