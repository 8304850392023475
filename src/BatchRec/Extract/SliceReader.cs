using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using BatchRec.Interactions;
using BatchRec.Parquet;
using Npgsql;

namespace BatchRec.Extract;

/// <summary>
/// One of the connections that read the log: takes slice after slice, gathers a slice's rows by day, orders them, and writes one file a day. What
/// doesn't fit in memory goes by way of the disk.
/// </summary>
/// <param name="memory">bytes that rows and ids may take</param>
/// <param name="limits">What a slice that doesn't fit is sorted with.</param>
/// <param name="count">Called with the number of rows of each batch that was read.</param>
internal sealed class SliceReader(
    SourceSnapshot snapshot, SourceQuery query, SourceColumns source, long memory, DuckDbLimits limits, SkippedRows skipped, Action<long> count)
{
    private const int UserField = 0, ItemField = 1, EventField = 2, TimeField = 3, ValueField = 4, PositionField = 5;

    private static readonly int BlockBytes = RowBlocks.BlockRows * Unsafe.SizeOf<InteractionRow>();

    /// <summary>Rows that so many bytes hold and order, an id or two beside each.</summary>
    public static long RowsIn(long memory) => memory / (2 * Unsafe.SizeOf<InteractionRow>() + DayOrder.RowBytes);

    private readonly RowBlocks _blocks = new();
    private readonly DayOrder _order = new();
    private readonly DayFile.Group _group = new();
    private readonly List<WrittenDay> _written = [];

    /// <summary>Rows of its slices, unusable ones and duplicates included.</summary>
    public long RowsRead { get; private set; }

    /// <summary>Exact duplicates that were left out of the files.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Slices that didn't fit in memory.</summary>
    public int Spilled { get; private set; }

    /// <summary>The files that it has written: not on disk for certain yet.</summary>
    public IReadOnlyList<WrittenDay> Written => _written;

    /// <summary>Reads slices until there is none left.</summary>
    /// <param name="folder">for the files</param>
    /// <exception cref="BatchRecException">The query fails, or the disk is full.</exception>
    public async Task ReadAsync(ConcurrentQueue<Slice> slices, string folder, CancellationToken cancellation)
    {
        await using var connection = await snapshot.JoinAsync(cancellation);
        while (slices.TryDequeue(out var slice))
        {
            SliceSpill? spill = null;
            try
            {
                var (ids, days) = (NewIds(), new SortedDictionary<int, DayRows>());
                await CopyAsync(connection, slice, days, () => ids, () =>
                {
                    if (spill is null) Spilled++;
                    spill ??= new SliceSpill(source, limits);
                    foreach (var (day, rows) in days) spill.Take(day, rows, ids);
                    _blocks.Trim();
                    _order.Trim();
                    ids = NewIds();
                }, cancellation);
                if (spill is null)
                {
                    foreach (var (day, rows) in days) Write(folder, day, rows, ids, cancellation);
                }
                else
                {
                    foreach (var (day, rows) in days) spill.Take(day, rows, ids);
                    foreach (var (day, rows) in spill.Days) Write(folder, day, rows, spill, cancellation);
                }
            }
            catch (DuckDbException exception)
            {
                throw new BatchRecException(
                    $"Sorting the interactions of {PostgresTime.Instant(slice.From):yyyy-MM-dd} to {PostgresTime.Instant(slice.Until - 1):yyyy-MM-dd} failed: "
                    + $"{exception.Message} "
                    + $"Raise Extract:MemoryMiB, or free space at {limits.TempFolder}, and re-run extract; nothing that was there has changed.", exception);
            }
            finally
            {
                spill?.Dispose();
            }
        }
    }

    private SliceIds NewIds() => new(source.UserIdKind, source.ItemIdKind);

    private async Task CopyAsync(
        NpgsqlConnection connection, Slice slice, SortedDictionary<int, DayRows> days, Func<SliceIds> current, Action makeRoom, CancellationToken cancellation)
    {
        var (from, until) = (PostgresTime.Literal(slice.From), PostgresTime.Literal(slice.Until));
        var sql = Sql.Fill("extract/slice.sql",
            ("user", source.UserIdKind.SqlName()), ("item", source.ItemIdKind.SqlName()), ("position", source.HasPosition ? "\"position\"" : "NULL"), ("query", query.Between(from, until)));
        try
        {
            await using var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellation);
            var rows = new BinaryRows(new CopyMessages(stream), fields: 6);
            while (await rows.FillAsync(cancellation))
            {
                var read = Decode(rows, slice, days, current());
                RowsRead += read;
                count(read);
                if ((long)_blocks.Taken * BlockBytes + current().Bytes + _order.Bytes > memory) makeRoom();
            }
        }
        catch (PostgresException exception)
        {
            throw SourceSnapshot.Refused(query, sql, exception);
        }
    }

    /// <returns>Rows of the slice among those that the buffer holds.</returns>
    private int Decode(BinaryRows rows, Slice slice, SortedDictionary<int, DayRows> days, SliceIds ids)
    {
        var (read, day, its) = (0, -1, (DayRows?)null);
        while (rows.TryNext())
        {
            // A query may include its upper bound, and rows without a time: the first are another slice's, the others are counted elsewhere.
            if (rows.IsNull(TimeField)) continue;
            var time = rows.Long(TimeField) + PostgresTime.Epoch;
            if (time < slice.From || time >= slice.Until) continue;
            read++;
            var type = ids.FirstEventOf(rows.Field(EventField));
            if (FaultOf(rows, ofKnownType: type >= 0) is { } fault)
            {
                skipped.Add(fault);
                continue;
            }
            // Most sources are read in the order of time, so the day is kept at hand.
            if (its is null || (ulong)(time - day * PostgresTime.MicrosecondsPerDay) >= PostgresTime.MicrosecondsPerDay)
            {
                day = PostgresTime.DayOf(time);
                if (!days.TryGetValue(day, out its)) days[day] = its = new DayRows(_blocks);
            }
            ref var row = ref its.Add();
            row.User = SliceIds.Read(ids.Users, rows.Field(UserField));
            row.Item = SliceIds.Read(ids.Items, rows.Field(ItemField));
            row.Time = time;
            row.Value = rows.IsNull(ValueField) ? float.NaN : ValueOf(rows.Field(ValueField));
            row.Set(type >= 0 ? type : ids.EventOf(rows.Field(EventField)), rows.IsNull(PositionField) ? null : rows.Long(PositionField));
        }
        return read;
    }

    /// <summary>NaN and the infinities count as missing. Adding 0 turns -0 into 0, so that equal values have equal bytes.</summary>
    private static float ValueOf(ReadOnlySpan<byte> field)
    {
        var value = (float)BinaryPrimitives.ReadDoubleBigEndian(field) + 0f;
        return float.IsFinite(value) ? value : float.NaN;
    }

    private string? FaultOf(BinaryRows row, bool ofKnownType) =>
        row.IsNull(UserField) ? "user_id is null"
        : row.IsNull(ItemField) ? "item_id is null"
        : source.UserIdKind == IdKind.Text && IsBlank(row.Field(UserField)) ? "user_id is blank"
        : source.ItemIdKind == IdKind.Text && IsBlank(row.Field(ItemField)) ? "item_id is blank"
        : !ofKnownType && IsBlank(row.Field(EventField)) ? "event_type is null or blank"
        : null;

    private static bool IsBlank(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    private void Write(string folder, int day, DayRows rows, SliceIds ids, CancellationToken cancellation)
    {
        var read = rows.Count;
        if (read == 0) return;
        Write(folder, day, read, ids, file =>
        {
            _order.Write(rows, file, ids);
            return ids;
        }, cancellation);
        rows.Clear();
    }

    private void Write(string folder, int day, long rows, SliceSpill spill, CancellationToken cancellation) => Write(folder, day, rows, NewIds(), file =>
    {
        spill.Write(day, file, out var last);
        return last;
    }, cancellation);

    private void Write(string folder, int day, long read, SliceIds ids, Func<DayFile, SliceIds> fill, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var name = InteractionLog.FileOf(day);
        var path = Path.Combine(folder, name);
        try
        {
            using var file = new DayFile(path, ids, _group);
            var sha256 = file.Finish(fill(file));
            _written.Add(new WrittenDay(name, path, file.Rows, sha256));
            Duplicates += read - file.Rows;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw ParquetFile.Unwritable(path, path, exception);
        }
    }
}

/// <param name="Sha256">of the file</param>
internal sealed record WrittenDay(string Name, string Path, long Rows, string Sha256);
