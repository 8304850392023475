using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// The model is frozen at T, its input is not: the target is the user's last event, if that lies at or after T, the input every earlier
/// one, those after T too. As in "Time to Split" (Gusak et al., RecSys 2025), whose numbers it is here to be compared with.
/// </summary>
/// <remarks>The question is asked at T or at the input's last event, whichever is later; the target's own time is never shown.</remarks>
public static class LastSplit
{
    public const string Protocol = "last";

    public static Split Of(TimeCutoff at)
    {
        var (log, cases, newUsers) = (at.Log, new EvaluationCases.Collector(), 0);
        for (var u = 0; u < log.UserCount; u++)
        {
            var last = log.Offsets[u + 1] - 1;
            while (last >= at.Ends[u] && !at.IsTarget(last)) last--;
            if (last < at.Ends[u]) continue;
            if (last == log.Offsets[u]) newUsers++;
            else cases.Add(QueryBefore(at, u, last), log.Items.AsSpan((int)last, 1));
        }
        return at.Split(Protocol, cases.Done(), newUsers);
    }

    /// <summary>What comes at <paramref name="target"/>, given all that stands before it?</summary>
    internal static Query QueryBefore(TimeCutoff at, int user, long target) =>
        new(user, target, Math.Max(at.Time, at.Log.Times[target - 1]));
}
