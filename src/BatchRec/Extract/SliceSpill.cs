using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Extract;

/// <summary>Rows of a slice that doesn't fit in memory: in a DuckDB table, which sorts them on disk.</summary>
internal sealed class SliceSpill : IDisposable
{
    private const string Table = "slice";

    // Rows that are handed over at once: memory is full already, and they stand in it twice meanwhile.
    private const int Piece = 1 << 16;

    private readonly IdKind _userKind, _itemKind;
    private readonly DuckDb _duck;
    private readonly SortedDictionary<int, long> _days = [];

    public SliceSpill(SourceColumns source, DuckDbLimits limits)
    {
        (_userKind, _itemKind, _duck) = (source.UserIdKind, source.ItemIdKind, new DuckDb(limits));
        _duck.Create(Table, Columns([], new SliceIds(_userKind, _itemKind)));
    }

    /// <summary>The days that have rows, with how many were taken of each.</summary>
    public IReadOnlyDictionary<int, long> Days => _days;

    public void Dispose() => _duck.Dispose();

    /// <summary>Takes the rows, and leaves the day empty.</summary>
    /// <exception cref="DuckDbException">The disk is full.</exception>
    public void Take(int day, DayRows rows, SliceIds ids)
    {
        if (rows.Count == 0) return;
        _days[day] = _days.GetValueOrDefault(day) + rows.Count;
        for (var first = 0; first < rows.Count; first += Piece)
        {
            var taken = new InteractionRow[Math.Min(Piece, rows.Count - first)];
            for (var row = 0; row < taken.Length; row++) taken[row] = rows[first + row];
            _duck.Append(Table, Columns(taken, ids));
        }
        rows.Clear();
    }

    /// <summary>A day's rows in the log's order, without duplicates.</summary>
    /// <exception cref="DuckDbException">The disk is full.</exception>
    public void Write(int day, DayFile file, out SliceIds last)
    {
        var from = day * PostgresTime.MicrosecondsPerDay;
        using var rows = _duck.Query(Sql.Fill("extract/day.sql", ("from", $"{from}"), ("until", $"{from + PostgresTime.MicrosecondsPerDay}")));
        var ids = new SliceIds(_userKind, _itemKind);
        while (rows.Next())
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                // A row group has its own dictionaries: more ids than its own needn't be known at a time.
                if (file.IsEmpty) ids = new SliceIds(_userKind, _itemKind);
                var its = new InteractionRow
                {
                    User = Id(ids.Users, rows, 0, row), Item = Id(ids.Items, rows, 1, row), Time = rows.Longs(3)[row],
                    Value = rows.IsMissing(4, row) ? float.NaN : rows.Floats(4)[row],
                };
                its.Set(ids.Events.GetOrAdd(rows.Utf8(2, row)), rows.IsMissing(5, row) ? null : rows.Longs(5)[row]);
                file.Add(its, ids);
            }
        }
        last = ids;
    }

    private static long Id(IdMap ids, Chunks rows, int column, int row) => ids.Kind switch
    {
        IdKind.BigInt => rows.Longs(column)[row],
        IdKind.Uuid => ids.GetOrAdd(rows.Uuids(column)[row]),
        _ => ids.GetOrAdd(rows.Utf8(column, row)),
    };

    private static IReadOnlyList<Column> Columns(InteractionRow[] rows, SliceIds ids) =>
    [
        Ids(InteractionLog.UserId, ids.Users, Array.ConvertAll(rows, row => row.User)), Ids(InteractionLog.ItemId, ids.Items, Array.ConvertAll(rows, row => row.Item)),
        ids.Events.ToColumn(InteractionLog.EventType, Array.ConvertAll(rows, row => row.Event)), Column.Long(InteractionLog.Time, Array.ConvertAll(rows, row => row.Time)),
        Column.Float(InteractionLog.Value, Array.ConvertAll(rows, row => float.IsNaN(row.Value) ? 0 : row.Value), Array.ConvertAll(rows, row => float.IsNaN(row.Value))),
        Column.Long(InteractionLog.Position, Array.ConvertAll(rows, row => row.Position), Array.ConvertAll(rows, row => row.NoPosition)),
    ];

    private static Column Ids(string name, IdMap ids, long[] values) =>
        ids.Kind == IdKind.BigInt ? Column.Long(name, values) : ids.ToColumn(name, Array.ConvertAll(values, value => (int)value));
}
