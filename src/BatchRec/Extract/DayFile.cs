using BatchRec.Interactions;
using BatchRec.Parquet;

namespace BatchRec.Extract;

/// <summary>One day's file, written from rows in their order. A row group is gathered here before it is encoded.</summary>
internal sealed class DayFile : IDisposable
{
    private readonly ParquetWriter _writer;
    private readonly Group _group;

    /// <param name="group">Room that one file after the other uses.</param>
    public DayFile(string path, SliceIds ids, Group group) => (_writer, _group) = (new ParquetWriter(path, group.Room,
        new(InteractionLog.UserId, TypeOf(ids.Users)), new(InteractionLog.ItemId, TypeOf(ids.Items)), new(InteractionLog.EventType, ColumnType.Text),
        new(InteractionLog.Time, ColumnType.Long), new(InteractionLog.Value, ColumnType.Float, Optional: true),
        new(InteractionLog.Position, ColumnType.Long, Optional: true)), group);

    public long Rows => _writer.Rows;

    /// <summary>The next row begins a row group.</summary>
    public bool IsEmpty => _group.Count == 0;

    public void Dispose() => _writer.Dispose();

    public void Add(in InteractionRow row, SliceIds ids)
    {
        _group.Add(row);
        if (_group.Count == ParquetWriter.GroupRows) Write(ids);
    }

    /// <returns>SHA-256 of the file</returns>
    public string Finish(SliceIds ids)
    {
        if (_group.Count > 0) Write(ids);
        return _writer.Finish();
    }

    private void Write(SliceIds ids)
    {
        _writer.Begin(_group.Count);
        Ids(_group.Users, ids.Users);
        Ids(_group.Items, ids.Items);
        _writer.Ids(_group.Of(_group.Events), ids.Events);
        _writer.Longs(_group.Of(_group.Times));
        _writer.Floats(_group.Of(_group.Values), _group.Of(_group.NoValue));
        _writer.Longs(_group.Of(_group.Positions), _group.Of(_group.NoPosition));
        _group.Clear();
    }

    private void Ids(long[] values, IdMap ids)
    {
        if (ids.Kind == IdKind.BigInt) _writer.Longs(_group.Of(values));
        else _writer.Ids(_group.Of(values), ids);
    }

    private static ColumnType TypeOf(IdMap ids) => ids.Kind switch { IdKind.BigInt => ColumnType.Long, IdKind.Uuid => ColumnType.Uuid, _ => ColumnType.Text };

    /// <summary>The columns of a row group.</summary>
    internal sealed class Group
    {
        public readonly long[] Users = new long[ParquetWriter.GroupRows], Items = new long[ParquetWriter.GroupRows], Events = new long[ParquetWriter.GroupRows];
        public readonly long[] Times = new long[ParquetWriter.GroupRows], Positions = new long[ParquetWriter.GroupRows];
        public readonly float[] Values = new float[ParquetWriter.GroupRows];
        public readonly bool[] NoValue = new bool[ParquetWriter.GroupRows], NoPosition = new bool[ParquetWriter.GroupRows];

        public ParquetWriter.Room Room { get; } = new();

        public int Count { get; private set; }

        public ReadOnlySpan<T> Of<T>(T[] column) => column.AsSpan(0, Count);

        public void Clear() => Count = 0;

        public void Add(in InteractionRow row)
        {
            var at = Count++;
            (Users[at], Items[at], Events[at], Times[at], Positions[at]) = (row.User, row.Item, row.Event, row.Time, row.Position);
            (Values[at], NoValue[at], NoPosition[at]) = (row.Value, float.IsNaN(row.Value), row.NoPosition);
        }
    }
}
