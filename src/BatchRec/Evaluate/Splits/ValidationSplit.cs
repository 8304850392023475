using BatchRec.Interactions;
using BatchRec.Recommend;

namespace BatchRec.Evaluate.Splits;

/// <summary>
/// For tuning and early stopping, out of what lies before T alone: a sample of users lose their events from V = T − horizon on, and
/// their next basket at or after V is the target; everybody else's events up to T stay in training. Or all users lose them, so that nothing that is learnt
/// or counted is younger than what is asked, as it will be in the test.
/// </summary>
public static class ValidationSplit
{
    public const string Protocol = "validation";

    /// <param name="at">V in what lies before T</param>
    /// <param name="protocol">What is asked of the sampled users: as the test will ask.</param>
    /// <param name="mostUsers">At most so many are sampled, and never more than half of those that qualify: the rest train. 0: all users.</param>
    /// <param name="seed">The sample is by hash of (seed, user index): a user keeps his place as others come.</param>
    public static Split Of(TimeCutoff at, Func<TimeCutoff, Split> protocol, int mostUsers, ulong seed)
    {
        var split = protocol(at);
        if (mostUsers == 0) return split with { Protocol = Protocol, NewUsers = 0 };
        int[] users = [.. split.Cases.Queries.Select(query => query.User).Distinct()];
        var sample = Sample.Positions(users.Length, Math.Min(mostUsers, (users.Length + 1) / 2), i => users[i], seed).Select(i => users[i]).ToHashSet();
        var ends = at.Log.Offsets[1..];
        foreach (var user in sample) ends[user] = at.Ends[user];
        int[] cases = [.. Enumerable.Range(0, split.Cases.Count).Where(i => sample.Contains(split.Cases.Queries[i].User))];
        return split with { Protocol = Protocol, Train = at.Log.Until(ends), Cases = split.Cases.Pick(cases), NewUsers = 0 };
    }
}
