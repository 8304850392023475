using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Prepare;

/// <summary>The events of the days that have changed, grouped by user, each user's in the log's order.</summary>
internal sealed class DayEvents
{
    // Events of user u stand at _offsets[u] .. _offsets[u + 1].
    private readonly long[] _offsets;
    private readonly EventColumns _events;

    private DayEvents(long[] offsets, EventColumns events) => (_offsets, _events) = (offsets, events);

    /// <summary>Events of the users first .. end.</summary>
    public long CountOf(int first, int end) => _offsets[end] - _offsets[first];

    /// <summary>
    /// The events of the users first .. end: those of <paramref name="kept"/> outside the days that have changed, and these. Events of the
    /// same time are of the same day, hence all from one of the two, and keep its order.
    /// </summary>
    /// <param name="kept">Sorted by user and, within, in the log's order.</param>
    public EventColumns MergeInto(EventColumns kept, DayChanges changes, int first, int end)
    {
        var merged = new EventColumns(kept.Count + CountOf(first, end));
        var before = 0;
        for (var user = first; user < end; user++)
        {
            var (now, until) = ((int)_offsets[user], (int)_offsets[user + 1]);
            for (; before < kept.Count && kept.Users[before] == user; before++)
            {
                if (changes.Contains(kept.Times[before])) continue;
                while (now < until && _events.Times[now] < kept.Times[before]) merged.Add(_events, now++);
                merged.Add(kept, before);
            }
            while (now < until) merged.Add(_events, now++);
        }
        return merged;
    }

    /// <summary>Reads the days in two passes, the first of which only counts, so that nothing is held twice. New ids are added to the maps.</summary>
    /// <param name="days">Ascending: that is what keeps each user's events in order.</param>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed, or there are more than 256 event types.</exception>
    public static DayEvents Read(
        DuckDb duck, IReadOnlyList<InteractionLog.DayFile> days, IdMap users, IdMap items, IdMap eventTypes, CancellationToken cancellation)
    {
        var offsets = Count(duck, days, users, items, cancellation);
        var events = new EventColumns(offsets[^1]);
        var next = (long[])offsets.Clone();
        var (user, item, type) = (new int[Chunks.MaxRows], new int[Chunks.MaxRows], new int[Chunks.MaxRows]);
        foreach (var some in days.Chunk(InteractionLog.DaysAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            using var rows = ParquetFile.Read(duck, [.. some.Select(day => day.Path)],
                InteractionLog.UserId, InteractionLog.ItemId, InteractionLog.EventType, InteractionLog.Time, InteractionLog.Value);
            while (rows.Next())
            {
                users.Find(rows, 0, user);
                items.Find(rows, 1, item);
                eventTypes.GetOrAdd(rows, 2, type);
                if (eventTypes.Count > byte.MaxValue + 1)
                {
                    throw new BatchRecException(
                        $"The log has more than {byte.MaxValue + 1} event types, the last at or after {some[0].Date:yyyy-MM-dd}. "
                        + "Let interactions.sql yield broader ones, such as 'view' for all kinds of views.");
                }
                var times = rows.Longs(3);
                var values = rows.Floats(4);
                for (var row = 0; row < rows.Rows; row++)
                {
                    var at = next[user[row]]++;
                    events.Users[at] = user[row];
                    events.Items[at] = item[row];
                    events.Times[at] = times[row];
                    events.Events[at] = (byte)type[row];
                    events.Values[at] = rows.IsMissing(4, row) ? float.NaN : values[row];
                }
            }
        }
        events.Count = (int)offsets[^1];
        return new DayEvents(offsets, events);
    }

    private static long[] Count(DuckDb duck, IReadOnlyList<InteractionLog.DayFile> days, IdMap users, IdMap items, CancellationToken cancellation)
    {
        var (counts, indices) = (new long[Math.Max(16, users.Count + 1)], new int[Chunks.MaxRows]);
        foreach (var some in days.Chunk(InteractionLog.DaysAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            using var rows = ParquetFile.Read(duck, [.. some.Select(day => day.Path)], InteractionLog.UserId, InteractionLog.ItemId);
            while (rows.Next())
            {
                items.GetOrAdd(rows, 1, indices);
                users.GetOrAdd(rows, 0, indices);
                if (counts.Length < users.Count + 1) Array.Resize(ref counts, Math.Max(users.Count + 1, counts.Length * 2));
                foreach (var user in indices.AsSpan(0, rows.Rows)) counts[user + 1]++;
            }
        }
        Array.Resize(ref counts, users.Count + 1);
        for (var user = 0; user < users.Count; user++) counts[user + 1] += counts[user];
        return counts;
    }
}
