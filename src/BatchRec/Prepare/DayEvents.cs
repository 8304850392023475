using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Prepare;

/// <summary>The events of the days that have changed, grouped by user, each user's in the log's order: for some consecutive users at a time.</summary>
internal sealed class DayEvents
{
    // Merged events that are handed over at once.
    private const int PartRows = 1 << 18;

    private readonly IReadOnlyList<InteractionLog.DayFile> _days;
    private readonly IdMap _users, _items, _eventTypes;

    // Events of user u, had all of them been read, stand at _offsets[u] .. _offsets[u + 1].
    private readonly long[] _offsets;

    // Those that have been read, from _offsets[_first] on.
    private EventColumns _events = new(0);
    private int _first;

    private DayEvents(IReadOnlyList<InteractionLog.DayFile> days, IdMap users, IdMap items, IdMap eventTypes, long[] offsets) =>
        (_days, _users, _items, _eventTypes, _offsets) = (days, users, items, eventTypes, offsets);

    /// <summary>Counts the events of each user, and adds new ids to the maps; <see cref="Read"/> brings them.</summary>
    /// <param name="days">Ascending: that is what keeps each user's events in order.</param>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed.</exception>
    public static DayEvents Count(
        DuckDb duck, IReadOnlyList<InteractionLog.DayFile> days, IdMap users, IdMap items, IdMap eventTypes, CancellationToken cancellation)
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
        return new DayEvents(days, users, items, eventTypes, counts);
    }

    /// <summary>Events of the users first .. end.</summary>
    public long CountOf(int first, int end) => _offsets[end] - _offsets[first];

    /// <summary>Reads the events of the users first .. end, in the place of those that were read before.</summary>
    /// <exception cref="BatchRecException">A file is missing, truncated or changed, there are more than 256 event types, or the users have too many events for an array.</exception>
    public void Read(DuckDb duck, int first, int end, CancellationToken cancellation)
    {
        var count = CountOf(first, end);
        _first = first;
        // What is there already is used again where it is large enough.
        if (_events.Items.Length < count)
        {
            _events = new EventColumns(0);
            _events = new EventColumns(count);
        }
        _events.Count = (int)count;
        if (count == 0) return;
        var next = Array.ConvertAll(_offsets[first..end], offset => (int)(offset - _offsets[first]));
        var (user, item, type) = (new int[Chunks.MaxRows], new int[Chunks.MaxRows], new int[Chunks.MaxRows]);
        foreach (var some in _days.Chunk(InteractionLog.DaysAtOnce))
        {
            cancellation.ThrowIfCancellationRequested();
            using var rows = ParquetFile.Read(duck, [.. some.Select(day => day.Path)],
                InteractionLog.UserId, InteractionLog.ItemId, InteractionLog.EventType, InteractionLog.Time, InteractionLog.Value);
            while (rows.Next())
            {
                _users.Find(rows, 0, user);
                _items.Find(rows, 1, item);
                _eventTypes.GetOrAdd(rows, 2, type);
                if (_eventTypes.Count > byte.MaxValue + 1)
                {
                    throw new BatchRecException(
                        $"The log has more than {byte.MaxValue + 1} event types, the last at or after {some[0].Date:yyyy-MM-dd}. "
                        + "Let interactions.sql yield broader ones, such as 'view' for all kinds of views.");
                }
                var times = rows.Longs(3);
                var values = rows.Floats(4);
                for (var row = 0; row < rows.Rows; row++)
                {
                    if (user[row] < first || user[row] >= end) continue;
                    var at = next[user[row] - first]++;
                    _events.Users[at] = user[row];
                    _events.Items[at] = item[row];
                    _events.Times[at] = times[row];
                    _events.Events[at] = (byte)type[row];
                    _events.Values[at] = rows.IsMissing(4, row) ? float.NaN : values[row];
                }
            }
        }
    }

    /// <summary>
    /// The events of the users first .. end, who have been read: those of <paramref name="kept"/> outside the days that have changed, and these. Events of the
    /// same time are of the same day, hence all from one of the two, and keep its order.
    /// </summary>
    /// <param name="kept">Sorted by user and, within, in the log's order.</param>
    /// <returns>At least one part; each stands until the next one is asked for.</returns>
    public IEnumerable<EventColumns> MergeInto(EventColumns kept, DayChanges changes, int first, int end)
    {
        var part = new EventColumns(Math.Min(PartRows, kept.Count + CountOf(first, end)));
        var before = 0;
        for (var user = first; user < end; user++)
        {
            var (now, until) = ((int)(_offsets[user] - _offsets[_first]), (int)(_offsets[user + 1] - _offsets[_first]));
            while (now < until || before < kept.Count && kept.Users[before] == user)
            {
                var isKept = before < kept.Count && kept.Users[before] == user;
                if (isKept && changes.Contains(kept.Times[before])) before++;
                else if (isKept && (now == until || _events.Times[now] >= kept.Times[before])) part.Add(kept, before++);
                else part.Add(_events, now++);
                if (part.Count < PartRows) continue;
                yield return part;
                part.Count = 0;
            }
        }
        yield return part;
    }
}
