using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// Each user's last event is the target, whenever it was (Kang and McAuley 2018, "Self-attentive sequential recommendation"). It leaks
/// the future, other users' later events are trained on, so it is only for comparison with the literature.
/// </summary>
/// <remarks>
/// <see cref="Split.Train"/> is everything but the last event of each user who has two: what the baselines are fitted on. A model that
/// wants a validation target takes the split of that once more: <c>LeaveOneOutSplit.Of(split.Train)</c> holds out the last but one.
/// </remarks>
public static class LeaveOneOutSplit
{
    public const string Protocol = "leave-one-out";

    public static Split Of(Sequences log)
    {
        var cases = new EvaluationCases.Collector();
        var ends = new long[log.UserCount];
        for (var u = 0; u < log.UserCount; u++)
        {
            var (from, until) = (log.Offsets[u], log.Offsets[u + 1]);
            ends[u] = until - from < 2 ? until : until - 1;
            if (ends[u] < until) cases.Add(new Query(u, ends[u], log.Times[ends[u] - 1]), log.Items.AsSpan((int)ends[u], 1));
        }
        return new Split { Protocol = Protocol, Train = log.Until(ends), Log = log, Cases = cases.Done(), Cutoff = long.MaxValue };
    }
}
