using BatchRec.Runs;

namespace BatchRec.Parquet;

/// <summary>Parquet files (zstd, unless said otherwise) by way of DuckDB: whole columns in, chunks of spans out.</summary>
public static class ParquetFile
{
    private const string Table = "content", Zstd = "zstd";

    /// <summary>For what is read as a whole, and soon: it takes more disk than zstd, and a fraction of its time to unpack.</summary>
    public const string Lz4 = "lz4_raw";

    internal static readonly KeyValuePair<string, string> Format = new("batchrec.format", "1");

    /// <summary>
    /// Writes the rows in the order given, under a temporary name that is renamed when its content is on disk.
    /// The same rows give the same bytes.
    /// </summary>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    public static void Write(DuckDb duck, string path, IReadOnlyList<Column> columns) => Write(duck, path, [columns]);

    /// <inheritdoc cref="Write(DuckDb, string, IReadOnlyList{Column})"/>
    /// <param name="parts">At least one; they have the same columns and follow one upon the other. Each is taken before the next one is asked for.</param>
    internal static void Write(DuckDb duck, string path, IEnumerable<IReadOnlyList<Column>> parts, string codec = Zstd)
    {
        // Its own: two workers that make the same file may not meet in it.
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        IReadOnlyList<Column>? first = null;
        try
        {
            foreach (var columns in parts)
            {
                if (first is null) duck.Create(Table, first = columns);
                duck.Append(Table, columns);
            }
            Export(duck, Sql.Name(Table), temporary, codec);
            Durable.Move(temporary, path);
            duck.Create(Table, first!);
        }
        catch (Exception exception) when (exception is DuckDbException or IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, temporary, exception);
        }
    }

    /// <inheritdoc cref="Write(DuckDb, string, IReadOnlyList{Column})"/>
    public static void Write(string path, params IReadOnlyList<Column> columns) => Write(path, Zstd, columns);

    /// <inheritdoc cref="Write(DuckDb, string, IReadOnlyList{Column})"/>
    public static void Write(string path, string codec, params IReadOnlyList<Column> columns)
    {
        using var duck = new DuckDb();
        Write(duck, path, [columns], codec);
    }

    /// <summary>Writes what a table or a query in parentheses yields, without waiting for the disk: <see cref="ArtefactDraft.Share(string, string, long)"/> does that.</summary>
    /// <returns>Rows written.</returns>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    internal static long Copy(DuckDb duck, string source, string path)
    {
        try
        {
            return Export(duck, source, path, Zstd);
        }
        catch (DuckDbException exception)
        {
            throw Unwritable(path, path, exception);
        }
    }

    /// <summary>Reads the columns named, numbered in that order, in the file's order of rows, chunk by chunk.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated, changed, or lacks a column.</exception>
    public static Chunks Read(DuckDb duck, string path, params IReadOnlyList<string> columns) => Read(duck, [path], columns);

    /// <summary>Reads files of the same columns one after the other: for many small ones, a query for each costs more than its rows.</summary>
    /// <exception cref="BatchRecException">A file is missing, truncated, changed, or lacks a column.</exception>
    public static Chunks Read(DuckDb duck, IReadOnlyList<string> paths, params IReadOnlyList<string> columns)
    {
        try
        {
            return duck.Query(Sql.Fill("parquet/read.sql", ("columns", string.Join(", ", columns.Select(Sql.Name))), ("paths", ListOf(paths))), paths);
        }
        catch (DuckDbException exception)
        {
            throw Unreadable(paths, exception);
        }
    }

    /// <summary>Column names and DuckDB's names of their types (<c>BIGINT</c>, <c>FLOAT[]</c>), in the file's order.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static IReadOnlyList<(string Name, string Type)> Schema(DuckDb duck, string path)
    {
        try
        {
            var columns = new List<(string, string)>();
            using var chunks = duck.Query(Sql.Fill("parquet/schema.sql", ("path", Sql.Literal(path))));
            while (chunks.Next())
                for (var row = 0; row < chunks.Rows; row++)
                    columns.Add((chunks.Text(0, row)!, chunks.Text(1, row)!));
            return columns;
        }
        catch (DuckDbException exception)
        {
            throw Unreadable([path], exception);
        }
    }

    internal static BatchRecException Unreadable(IReadOnlyList<string> paths, DuckDbException exception)
    {
        if (paths.FirstOrDefault(path => !File.Exists(path)) is { } missing)
            return new BatchRecException(
                $"{missing} is missing. Is Artefacts:Folder the one that all workers share? Else run the night again: batchrec run --full", exception);
        if (exception.IsOfMemory || exception.IsOfDisk)
            return new BatchRecException($"{string.Join(" or ", paths)} can't be read: {exception.Message} {ShortOf(exception)}, then re-run the step; nothing that was there has changed.", exception);
        var damaged = paths.FirstOrDefault(path => exception.Message.Contains(path, StringComparison.Ordinal)) ?? string.Join(" or ", paths);
        return new BatchRecException(
            $"{damaged} can't be read: {exception.Message} It was truncated or changed after it was written, or is of another version. "
            + "Remove its run's folder and run the night again: batchrec run --full", exception);
    }

    private static long Export(DuckDb duck, string source, string path, string codec) => duck.Execute(Sql.Fill("parquet/write.sql",
        ("source", source), ("path", Sql.Literal(path)), ("metadata", $"{{{Sql.Name(Format.Key)}: {Sql.Literal(Format.Value)}}}"), ("codec", codec)));

    internal static BatchRecException Unwritable(string path, string temporary, Exception exception)
    {
        if (File.Exists(temporary)) File.Delete(temporary);
        return new BatchRecException(
            $"{path} can't be written: {exception.Message.TrimEnd('.')}. {(exception is DuckDbException { IsOfMemory: true } fault ? ShortOf(fault) : "Free space there or give this user the right to write")}, "
            + "then re-run the step; nothing that was there has changed.", exception);
    }

    private static string ShortOf(DuckDbException fault) => fault.IsOfDisk ? "Free space there" : "Give the machine or its container more memory";

    private static string ListOf(IReadOnlyList<string> paths) => $"[{string.Join(", ", paths.Select(Sql.Literal))}]";
}
