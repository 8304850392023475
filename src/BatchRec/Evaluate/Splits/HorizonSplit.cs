using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// Production style: history frozen at T, question asked at T, and everything that the user does within the following days is right.
/// NDCG is over the achievable: its ideal list holds min(targets, K) items.
/// </summary>
public static class HorizonSplit
{
    public static string Protocol(int days) => $"horizon-{days}d";

    /// <param name="days">Targets lie in [T, T + days).</param>
    public static Split Of(TimeCutoff at, int days = 7)
    {
        var (log, cases, newUsers) = (at.Log, new EvaluationCases.Collector(), 0);
        var until = at.Time + days * Sequences.MicrosecondsPerDay;
        List<int> items = [];
        for (var u = 0; u < log.UserCount; u++)
        {
            items.Clear();
            for (var i = at.Ends[u]; i < log.Offsets[u + 1] && log.Times[i] < until; i++)
                if (at.IsTarget(i)) items.Add(log.Items[i]);
            if (items.Count == 0) continue;
            if (at.Ends[u] == log.Offsets[u]) newUsers++;
            else cases.Add(new Query(u, at.Ends[u], at.Time), items.ToArray());
        }
        return at.Split(Protocol(days), cases.Done(), newUsers);
    }
}
