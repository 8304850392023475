namespace BatchRec.Evaluate.Splits;

/// <summary>
/// The model is frozen at T; each event at or after T in turn is the target, with every earlier event of its user as input
/// ("Time to Split", Gusak et al., RecSys 2025). Averaged over events, so that busy users weigh more.
/// </summary>
/// <remarks>Query times as in <see cref="LastSplit"/>.</remarks>
public static class SuccessiveSplit
{
    public const string Protocol = "successive";

    public static Split Of(TimeCutoff at)
    {
        var (log, cases, newUsers) = (at.Log, new EvaluationCases.Collector(), 0);
        for (var u = 0; u < log.UserCount; u++)
        {
            for (var i = at.Ends[u]; i < log.Offsets[u + 1]; i++)
            {
                if (!at.IsTarget(i)) continue;
                if (i == log.Offsets[u]) newUsers++;
                else cases.Add(LastSplit.QueryBefore(at, u, i), log.Items.AsSpan((int)i, 1));
            }
        }
        return at.Split(Protocol, cases.Done(), newUsers);
    }
}
