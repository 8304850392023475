using BatchRec.Interactions;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// What a nightly batch faces, and so the primary measure: each user's history is frozen at T, the question is asked at T, the right
/// answer is the next event. Where several events carry that next instant, a basket without an order, all of it is the target (unless
/// <see cref="TimeCutoff.Baskets"/> says otherwise).
/// </summary>
public static class NightlySplit
{
    public const string Protocol = "nightly";

    public static Split Of(TimeCutoff at)
    {
        var (log, cases, newUsers) = (at.Log, new EvaluationCases.Collector(), 0);
        for (var u = 0; u < log.UserCount; u++)
        {
            var basket = NextBasket(at, at.Ends[u], log.Offsets[u + 1]);
            if (basket.Length == 0) continue;
            if (at.Ends[u] == log.Offsets[u]) newUsers++;
            else cases.Add(new Query(u, at.Ends[u], at.Time), basket);
        }
        return at.Split(Protocol, cases.Done(), newUsers);
    }

    /// <summary>The items of the first instant that has a target event, among positions from .. until.</summary>
    internal static int[] NextBasket(TimeCutoff at, long from, long until)
    {
        var first = from;
        while (first < until && !at.IsTarget(first)) first++;
        List<int> items = [];
        for (var i = first; i < until && at.Log.Times[i] == at.Log.Times[first] && (at.Baskets || items.Count == 0); i++)
            if (at.IsTarget(i)) items.Add(at.Log.Items[i]);
        return [.. items];
    }
}
