using BatchRec.Interactions;

namespace BatchRec.Tests.Evaluate;

/// <summary>Logs small enough to read: tables of items or of (item, day) pairs, one row a user.</summary>
public static class InlineLog
{
    public const long Day = 86_400_000_000;

    /// <summary>2026-01-01 in microseconds since 1970: day 0 of the tables below.</summary>
    public const long Start = 1_767_225_600_000_000;

    /// <summary>One event a day from day 0 on, all of type <c>view</c>.</summary>
    public static Sequences OfItems(int itemCount, params int[][] users) =>
        Of(itemCount, [.. users.Select(items => items.Select((item, day) => (item, (double)day)).ToArray())]);

    /// <summary>Events (item, day), all of type <c>view</c>.</summary>
    public static Sequences Of(int itemCount, params (int Item, double Day)[][] users) =>
        OfEvents(itemCount, ["view"], [.. users.Select(events => events.Select(e => (e.Item, e.Day, (byte)0)).ToArray())]);

    /// <summary>Events (item, day, event type).</summary>
    public static Sequences OfEvents(int itemCount, string[] eventTypes, params (int Item, double Day, byte Event)[][] users)
    {
        var all = users.SelectMany(events => events).ToArray();
        var offsets = new long[users.Length + 1];
        for (var u = 0; u < users.Length; u++) offsets[u + 1] = offsets[u] + users[u].Length;
        return new Sequences
        {
            UserCount = users.Length,
            ItemCount = itemCount,
            Offsets = offsets,
            Items = [.. all.Select(e => e.Item)],
            Times = [.. all.Select(e => At(e.Day))],
            Events = [.. all.Select(e => e.Event)],
            Values = [.. all.Select(_ => float.NaN)],
            EventTypes = eventTypes,
        };
    }

    public static long At(double day) => Start + (long)(day * Day);

    /// <summary>Asks for every user at the end of the history, a day after the last event of the log.</summary>
    public static Query[] QueriesAtTheEnd(this Sequences log) =>
        [.. Enumerable.Range(0, log.UserCount).Select(u => new Query(u, log.Offsets[u + 1], log.Times.Max() + Day))];
}
