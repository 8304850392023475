using BatchRec.Interactions;
using BatchRec.Train;

namespace BatchRec.Tests.Train;

/// <summary>Tiny logs for the training stage; an event's time is its place in the history.</summary>
internal static class Histories
{
    public static Sequences Of(int itemCount, params int[][] histories)
    {
        var offsets = new long[histories.Length + 1];
        for (var user = 0; user < histories.Length; user++) offsets[user + 1] = offsets[user] + histories[user].Length;
        return new Sequences
        {
            UserCount = histories.Length,
            ItemCount = itemCount,
            Offsets = offsets,
            Items = [.. histories.SelectMany(history => history)],
            Times = [.. histories.SelectMany(history => Enumerable.Range(0, history.Length).Select(place => (long)place))],
            Events = new byte[offsets[^1]],
            Values = new float[offsets[^1]],
            EventTypes = ["view"],
        };
    }

    /// <summary>Even users walk over the even items in a ring, odd users over the odd ones, each from a place of their own.</summary>
    public static Sequences Checkerboard(int users, int items, int length) =>
        Of(items, [.. Enumerable.Range(0, users).Select(user => Enumerable.Range(0, length).Select(step => (user % 2 + 2 * (user / 2 + step)) % items).ToArray())]);

    public static Query Whole(Sequences log, int user) => new(user, log.Offsets[user + 1], 0);

    /// <summary>Each user's last event is the target.</summary>
    public static (Sequences Train, ValidationSet Validation) LeaveOneOut(Sequences log)
    {
        var ends = Enumerable.Range(0, log.UserCount).Select(user => log.Offsets[user + 1] - 1).ToArray();
        var queries = ends.Select((end, user) => new Query(user, end, 0)).ToArray();
        return (log.Until(ends), new ValidationSet(log, queries, Array.ConvertAll(ends, end => log.Items[end])));
    }
}
