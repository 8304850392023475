using BatchRec.Interactions;

namespace BatchRec.Recommend;

/// <summary>Which items a user's own history excludes from his list: those with an event of certain types within a window.</summary>
/// <param name="types">The event types that exclude; a shop may exclude what was bought and keep what was only viewed.</param>
/// <param name="days">Events in the so many days before the query's time exclude; 0 for never, null for however long ago.</param>
public sealed class SeenItems(EventTypeSet types, int? days)
{
    /// <summary>Excludes nothing: what was bought once may be recommended again.</summary>
    public static SeenItems Kept(Sequences log) => new(new EventTypeSet(log, []), 0);

    /// <summary>Excludes whatever the user ever touched.</summary>
    public static SeenItems Filtered(Sequences log) => new(new EventTypeSet(log, null), null);

    /// <summary>As the pipeline's options say.</summary>
    public static SeenItems Served(Sequences log, RecommendOptions options) => new(new EventTypeSet(log, options.ExcludeSeen), options.ExcludeSeenDays);

    /// <summary>The excluded items of this query, ascending and distinct; they stand in <paramref name="room"/>, which grows as needed.</summary>
    public ReadOnlySpan<int> Of(Sequences log, Query query, ref int[] room)
    {
        if (days == 0 || types.IsEmpty) return [];
        var since = days is null ? long.MinValue : query.Time - days.Value * Sequences.MicrosecondsPerDay;
        var from = log.Offsets[query.User];
        if (room.Length < query.End - from) room = new int[Math.Max(query.End - from, 2L * room.Length)];
        var count = 0;
        for (var i = from; i < query.End; i++)
            if (types.Contains(log.Events[i]) && log.Times[i] >= since) room[count++] = log.Items[i];
        var items = room.AsSpan(0, count);
        items.Sort();
        var kept = 0;
        for (var i = 0; i < items.Length; i++)
            if (i == 0 || items[i] != items[kept - 1]) items[kept++] = items[i];
        return items[..kept];
    }
}
