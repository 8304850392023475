using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Extract;

/// <summary>Reads slices of the log: rows go into a DuckDB table, which spills to disk, and from there into one sorted file a day.</summary>
/// <param name="count">Called with the number of rows of each batch that was read.</param>
internal sealed class SliceReader(
    SourceSnapshot snapshot, SourceQuery query, SourceColumns source, DuckDbLimits limits, SkippedRows skipped, Action<long> count)
{
    private const string Table = "slice";
    private const int BatchRows = 65_536;
    private const int UserField = 0, ItemField = 1, EventField = 2, TimeField = 3;

    private long _rows, _duplicates;
    private int _days;

    /// <summary>Rows in the files written so far, by all slices.</summary>
    public long Rows => _rows;

    /// <summary>Files written so far, by all slices.</summary>
    public int Days => _days;

    /// <summary>Exact duplicates that were left out of them.</summary>
    public long Duplicates => _duplicates;

    /// <summary>Writes the files of a slice's days into the draft's pool. Slices can be read at the same time.</summary>
    /// <exception cref="BatchRecException">The query fails, or the disk is full.</exception>
    public async Task ReadAsync(Slice slice, ArtefactDraft draft, CancellationToken cancellation)
    {
        using var duck = new DuckDb(limits);
        try
        {
            foreach (var (day, rows) in await CopyAsync(slice, duck, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                Write(duck, draft, day, rows);
            }
        }
        catch (DuckDbException exception)
        {
            throw new BatchRecException(
                $"Sorting the interactions of {PostgresTime.Instant(slice.From):yyyy-MM-dd} to {PostgresTime.Instant(slice.Until - 1):yyyy-MM-dd} failed: "
                + $"{exception.Message} "
                + $"Raise Extract:MemoryMiB, or free space at {limits.TempFolder}, and re-run extract; nothing that was there has changed.", exception);
        }
    }

    /// <returns>The days that have rows, with how many were read of each.</returns>
    private async Task<IReadOnlyDictionary<int, long>> CopyAsync(Slice slice, DuckDb duck, CancellationToken cancellation)
    {
        CopiedColumn[] columns =
        [
            CopiedColumn.Id(InteractionLog.UserId, source.UserIdKind), CopiedColumn.Id(InteractionLog.ItemId, source.ItemIdKind),
            CopiedColumn.Text(InteractionLog.EventType), CopiedColumn.Time(InteractionLog.Time), CopiedColumn.Float(InteractionLog.Value),
            source.HasPosition ? CopiedColumn.Long(InteractionLog.Position) : CopiedColumn.NoLong(InteractionLog.Position),
        ];
        duck.Create(Table, [.. columns.Select(column => column.ToColumn())]);
        var (from, until) = (PostgresTime.Literal(slice.From), PostgresTime.Literal(slice.Until));
        var sql = Sql.Fill("extract/slice.sql",
            ("columns", string.Join(", ", columns.Select(column => column.Cast))), ("from", from), ("until", until), ("query", query.Between(from, until)));
        var (rowsOfDays, batch) = (new SortedDictionary<int, long>(), 0);
        var (day, rowsOfDay) = (0, 0L);
        try
        {
            await using var connection = await snapshot.JoinAsync(cancellation);
            await using var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellation);
            var rows = new BinaryRows(stream, columns.Length);
            while (await rows.FillAsync(cancellation))
            {
                while (rows.TryNext())
                {
                    if (FaultOf(rows) is { } fault)
                    {
                        skipped.Add(fault);
                        continue;
                    }
                    for (var column = 0; column < columns.Length; column++) columns[column].Add(rows.Field(column), rows.IsNull(column));
                    if (PostgresTime.DayOf(rows.Long(TimeField) + PostgresTime.Epoch) is var its && its != day) TurnTo(its);
                    rowsOfDay++;
                    if (++batch == BatchRows) Append();
                }
            }
        }
        catch (PostgresException exception)
        {
            throw SourceSnapshot.Refused(query, sql, exception);
        }
        Append();
        TurnTo(0);
        return rowsOfDays;

        // Most sources are read in the order of time, so the count of one day is kept at hand.
        void TurnTo(int next)
        {
            if (rowsOfDay > 0) rowsOfDays[day] = rowsOfDays.GetValueOrDefault(day) + rowsOfDay;
            (day, rowsOfDay) = (next, 0);
        }

        void Append()
        {
            duck.Append(Table, [.. columns.Select(column => column.ToColumn())]);
            foreach (var column in columns) column.Clear();
            count(batch);
            batch = 0;
        }
    }

    private string? FaultOf(BinaryRows row) =>
        row.IsNull(UserField) ? "user_id is null"
        : row.IsNull(ItemField) ? "item_id is null"
        : source.UserIdKind == IdKind.Text && IsBlank(row.Field(UserField)) ? "user_id is blank"
        : source.ItemIdKind == IdKind.Text && IsBlank(row.Field(ItemField)) ? "item_id is blank"
        : IsBlank(row.Field(EventField)) ? "event_type is null or blank"
        : null;

    private static bool IsBlank(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    private void Write(DuckDb duck, ArtefactDraft draft, int day, long read)
    {
        var name = InteractionLog.FileOf(day);
        var path = Path.Combine(draft.WorkFolder, name);
        var from = day * PostgresTime.MicrosecondsPerDay;
        var rows = ParquetFile.Copy(duck, Sql.Fill("extract/day.sql", ("from", $"{from}"), ("until", $"{from + PostgresTime.MicrosecondsPerDay}")), path);
        draft.Share(name, path, rows);
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _duplicates, read - rows);
        Interlocked.Increment(ref _days);
    }
}
