using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// For tuning and early stopping, out of what lies before T alone: a sample of users lose their events from V = T − horizon on, and
/// their next basket at or after V is the target; everybody else's events up to T stay in training.
/// </summary>
public static class ValidationSplit
{
    public const string Protocol = "validation";

    /// <param name="beforeCutoff">The events before T, nothing later.</param>
    /// <param name="at">V, microseconds since 1970, UTC.</param>
    /// <param name="mostUsers">At most so many are sampled, and never more than half of those that qualify: the rest train.</param>
    /// <param name="seed">The sample is by hash of (seed, user index): a user keeps his place as others come.</param>
    public static Split Of(Sequences beforeCutoff, long at, EventTypeSet targets, int mostUsers, ulong seed)
    {
        var cutoff = new TimeCutoff(beforeCutoff, at, targets);
        var nightly = NightlySplit.Of(cutoff).Cases;
        var sample = Sample.Positions(nightly.Count, Math.Min(mostUsers, (nightly.Count + 1) / 2), i => nightly.Queries[i].User, seed);
        var ends = beforeCutoff.Offsets[1..];
        foreach (var position in sample) ends[nightly.Queries[position].User] = nightly.Queries[position].End;
        return new Split
        {
            Protocol = Protocol, Train = beforeCutoff.Until(ends), Log = beforeCutoff, Cases = nightly.Pick(sample), Cutoff = at,
        };
    }
}
