using System.Globalization;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;

namespace BatchRec.Prepare;

/// <summary>
/// Users' events in files of so many consecutive UserIndices each, sorted by (user, time, position, item). Columns: <c>user</c> and
/// <c>item</c> (INTEGER, dense), <c>time</c> (BIGINT), <c>event</c> (UTINYINT, index into the event types), <c>value</c> (FLOAT, NaN: none).
/// </summary>
internal static class UserBuckets
{
    private const string User = "user", Item = "item", Time = "time", Event = "event", Value = "value";

    public static int Count(int users, int usersPerBucket) => (int)(((long)users + usersPerBucket - 1) / usersPerBucket);

    public static string FileOf(int bucket) => string.Create(CultureInfo.InvariantCulture, $"bucket={bucket:00000}.parquet");

    /// <param name="parts">At least one, each taken before the next one is asked for.</param>
    /// <returns>Rows written.</returns>
    /// <exception cref="BatchRecException">The disk is full.</exception>
    public static long Write(DuckDb duck, ArtefactDraft draft, int bucket, IEnumerable<EventColumns> parts)
    {
        var (path, rows) = (Path.Combine(draft.WorkFolder, FileOf(bucket)), 0L);
        ParquetFile.Write(duck, path, parts.Select(events =>
        {
            rows += events.Count;
            return (IReadOnlyList<Column>)
            [
                Column.Int(User, events.Users.AsMemory(0, events.Count)), Column.Int(Item, events.Items.AsMemory(0, events.Count)),
                Column.Long(Time, events.Times.AsMemory(0, events.Count)), Column.Byte(Event, events.Events.AsMemory(0, events.Count)),
                Column.Float(Value, events.Values.AsMemory(0, events.Count)),
            ];
        }));
        draft.Share(FileOf(bucket), path, rows);
        return rows;
    }

    /// <summary>Appends a file's rows to <paramref name="events"/>.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static void Read(DuckDb duck, string path, EventColumns events)
    {
        using var rows = ParquetFile.Read(duck, path, User, Item, Time, Event, Value);
        while (rows.Next()) events.Add(rows.Ints(0), rows.Ints(1), rows.Longs(2), rows.Bytes(3), rows.Floats(4));
    }
}
