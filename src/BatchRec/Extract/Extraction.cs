using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Runs;
using Npgsql;

namespace BatchRec.Extract;

/// <summary>
/// SQL rows → one immutable Parquet file a UTC day. One snapshot, read in slices of whole days at the same time. A night reads the
/// days of the overlap again and takes the others over; timestamps and ids aren't the order of commits, so an overlap it must be.
/// </summary>
public static class Extraction
{
    private const int FilesAtOnce = 8;

    // Less isn't enough for DuckDB to sort with, in half of it.
    private const int MinReaderMiB = 256;

    /// <param name="asOf">What happened before it is read; the next night's watermark.</param>
    /// <param name="previous">The log of the run that is live; null: there is none, so everything is read.</param>
    /// <param name="full">Read everything, so that rows that were deleted or corrected long after their day are found too.</param>
    /// <param name="rows">Told how many rows have been read so far, from several threads.</param>
    /// <exception cref="BatchRecException">The source's query, its rows or the disk need a person.</exception>
    /// <exception cref="NpgsqlException">The server can't be reached, or the connection broke.</exception>
    public static async Task<InteractionFacts> RunAsync(
        NpgsqlDataSource source, SourceQueries queries, SourceOptions sourceOptions, ExtractOptions options,
        DateTimeOffset asOf, Artefact? previous, bool full, ArtefactDraft draft, IProgress<long>? rows, CancellationToken cancellation)
    {
        using var capped = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        capped.CancelAfter(TimeSpan.FromMinutes(options.MaxSnapshotMinutes));
        try
        {
            return await ReadAsync(source, queries, sourceOptions, options, PostgresTime.Microseconds(asOf), previous, full, draft, rows, capped.Token);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new BatchRecException(
                $"{queries.Interactions.Path} has been read for {options.MaxSnapshotMinutes} minutes, and the snapshot holds the source's vacuum back. "
                + "Give the query an index on its time, or raise Extract:MaxSnapshotMinutes; nothing that was there has changed.", exception);
        }
    }

    /// <summary>Whether the queries can be run and yield what a night needs; reads no row.</summary>
    /// <exception cref="BatchRecException">They can't or don't.</exception>
    public static async Task CheckAsync(NpgsqlDataSource source, SourceQueries queries, SourceOptions options, CancellationToken cancellation)
    {
        await using var snapshot = await SourceSnapshot.OpenAsync(source, options.TimeZone, cancellation);
        await ColumnsAsync(snapshot, queries, cancellation);
    }

    private static async Task<SourceColumns> ColumnsAsync(SourceSnapshot snapshot, SourceQueries queries, CancellationToken cancellation) =>
        SourceColumns.Of(queries, await snapshot.DescribeAsync(queries.Interactions, cancellation),
            queries.Items is { } items ? await snapshot.DescribeAsync(items, cancellation) : null,
            queries.Users is { } users ? await snapshot.DescribeAsync(users, cancellation) : null);

    private static async Task<InteractionFacts> ReadAsync(
        NpgsqlDataSource source, SourceQueries queries, SourceOptions sourceOptions, ExtractOptions options,
        long asOf, Artefact? previous, bool full, ArtefactDraft draft, IProgress<long>? rows, CancellationToken cancellation)
    {
        await using var snapshot = await SourceSnapshot.OpenAsync(source, sourceOptions.TimeZone, cancellation);
        var columns = await ColumnsAsync(snapshot, queries, cancellation);
        var query = HashOf(queries.Interactions, sourceOptions, columns);
        var (keptDays, firstDay) = KeptDays(queries.Interactions, columns, query, options, asOf, full ? null : previous);
        foreach (var day in keptDays) draft.Reuse(day.File);
        if (firstDay is not null) draft.Parent(previous!);

        var skipped = new SkippedRows();
        var memory = MemoryBudget.Half(options.MemoryMiB);
        var readers = options.Slices > 0 ? options.Slices : Math.Clamp(memory / MinReaderMiB, 1, Environment.ProcessorCount);
        var limits = new DuckDbLimits { MemoryMiB = Math.Max(MinReaderMiB / 2, memory / readers / 2), TempFolder = draft.WorkFolder };
        var readSoFar = 0L;
        var slices = await SlicesAsync(snapshot, queries.Interactions, firstDay ?? 0, asOf, readers, SliceReader.RowsIn(((long)memory << 19) / readers), cancellation);
        // Half of the memory for rows as they come, half for sorting those that don't fit.
        var reading = Enumerable.Range(0, Math.Min(readers, slices.Count)).Select(_ => new SliceReader(snapshot, queries.Interactions, columns,
            ((long)memory << 19) / readers, limits, skipped, read => rows?.Report(Interlocked.Add(ref readSoFar, read)))).ToList();
        await Parallel.ForEachAsync(reading, new ParallelOptions { MaxDegreeOfParallelism = readers, CancellationToken = cancellation },
            async (reader, token) => await reader.ReadAsync(slices, draft.WorkFolder, token));

        var from = firstDay is { } first ? PostgresTime.Literal(first * PostgresTime.MicrosecondsPerDay) : PostgresTime.MinusInfinity;
        var faults = await snapshot.CountFaultsAsync(queries.Interactions, from, PostgresTime.Literal(asOf), cancellation);
        foreach (var (fault, count) in faults) skipped.Add(fault, count);
        var rowsRead = reading.Sum(reader => reader.RowsRead) + faults.Sum(fault => fault.Rows);
        var written = reading.SelectMany(reader => reader.Written).ToList();
        draft.Rows = written.Sum(day => day.Rows) + keptDays.Sum(day => day.File.Rows);
        RequireUsable(queries.Interactions, options, rowsRead, skipped);
        RequireAny(queries.Interactions, draft.Rows, asOf);
        // Waiting for the disk takes no processor: many files at a time.
        Parallel.ForEach(written, new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellation },
            day => draft.Share(day.Name, day.Path, day.Rows, day.Sha256));

        var attributes = new AttributeReader(snapshot, limits, skipped);
        if (queries.Items is not null)
            await attributes.ReadAsync(queries.Items, columns.Items, InteractionLog.ItemId, InteractionLog.ItemsFile, draft, cancellation);
        if (queries.Users is not null)
            await attributes.ReadAsync(queries.Users, columns.Users, InteractionLog.UserId, InteractionLog.UsersFile, draft, cancellation);

        var facts = new InteractionFacts
        {
            UserIdKind = columns.UserIdKind, ItemIdKind = columns.ItemIdKind, AsOf = asOf, Query = query, Full = firstDay is null,
            RowsRead = rowsRead, Duplicates = reading.Sum(reader => reader.Duplicates), Skipped = skipped.Counts,
            Spilled = reading.Sum(reader => reader.Spilled), Days = written.Count + keptDays.Count, DaysReused = keptDays.Count, SnapshotSeconds = Math.Round(snapshot.Age.TotalSeconds, 1),
        };
        facts.WriteTo(draft);
        return facts;
    }

    private static async Task<ConcurrentQueue<Slice>> SlicesAsync(
        SourceSnapshot snapshot, SourceQuery query, int firstDay, long asOf, int readers, long most, CancellationToken cancellation)
    {
        var from = firstDay * PostgresTime.MicrosecondsPerDay;
        if (await snapshot.BoundsAsync(query, PostgresTime.Literal(from), PostgresTime.Literal(asOf), cancellation) is not var (first, last)) return [];
        // A day more on either side: local times that the clock's change skips or repeats needn't be in the order of instants.
        (first, last) = (Math.Max(from, first - PostgresTime.MicrosecondsPerDay), Math.Min(asOf, last + PostgresTime.MicrosecondsPerDay));
        return new(await Slice.PlanAsync(first, last, readers, most, slice => snapshot.EstimateAsync(query, slice, cancellation)));
    }

    /// <summary>The days of the live run's log that lie before the overlap, and the first day to be read; none and null: everything is read.</summary>
    private static (IReadOnlyList<InteractionLog.DayFile> Days, int? FirstDay) KeptDays(
        SourceQuery query, SourceColumns now, string hash, ExtractOptions options, long asOf, Artefact? previous)
    {
        if (previous is null) return ([], null);
        var log = InteractionLog.Open(previous);
        var (before, path) = (log.Facts, query.Path);
        if ((now.UserIdKind, now.ItemIdKind) != (before.UserIdKind, before.ItemIdKind))
        {
            throw new BatchRecException(
                $"{path} yields user_id as {now.UserIdKind.SqlName()} and item_id as {now.ItemIdKind.SqlName()}; "
                + $"the live run has {before.UserIdKind.SqlName()} and {before.ItemIdKind.SqlName()}. "
                + "If the change is meant, start anew with it: batchrec run --full. Else cast the ids to what they were; nothing that was there has changed.");
        }
        if (before.Query != hash) return ([], null);
        var first = Math.Max(0, PostgresTime.DayOf(Math.Min(before.AsOf, asOf)) - options.OverlapDays);
        return ([.. log.Days.Where(day => day.Number < first)], first);
    }

    private static void RequireUsable(SourceQuery query, ExtractOptions options, long rowsRead, SkippedRows skipped)
    {
        if (skipped.Total <= options.MaxSkippedShare * rowsRead) return;
        throw new BatchRecException(
            $"{query.Path}: {skipped.Total:N0} of {rowsRead:N0} rows can't be used ({skipped}), "
            + $"more than Extract:MaxSkippedShare = {options.MaxSkippedShare} allows. "
            + "Correct the query, or leave such rows out of it, or raise the limit; nothing that was there has changed.");
    }

    private static void RequireAny(SourceQuery query, long rows, long asOf)
    {
        if (rows > 0) return;
        throw new BatchRecException(
            $"{query.Path} yields no interaction before {PostgresTime.Instant(asOf):yyyy-MM-dd HH:mm:ss}Z. "
            + "Is it the right table, and does ConnectionStrings:Source name the right database? "
            + "Fill the table, or choose another instant with --as-of; nothing that was there has changed.");
    }

    /// <summary>Days are taken over from a log that the same query made; another query would have made other ones.</summary>
    private static string HashOf(SourceQuery query, SourceOptions options, SourceColumns columns) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{options.TimeZone}\0{columns.UserIdKind}\0{columns.ItemIdKind}\0{columns.HasPosition}\0{query.Text}")));
}
