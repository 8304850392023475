using BatchRec.Runs;

namespace BatchRec.Parquet;

/// <summary>Parquet files (zstd) by way of DuckDB: whole columns in, chunks of spans out.</summary>
public static class ParquetFile
{
    private const string Table = "content";

    private static readonly KeyValuePair<string, string> Format = new("batchrec.format", "1");

    /// <summary>
    /// Writes the rows in the order given, under a temporary name that is renamed when its content is on disk.
    /// The same rows give the same bytes.
    /// </summary>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    public static void Write(DuckDb duck, string path, IReadOnlyList<Column> columns, IReadOnlyDictionary<string, string>? metadata = null)
    {
        duck.Create(Table, columns);
        duck.Append(Table, columns);
        Copy(duck, Sql.Name(Table), path, metadata);
        duck.Create(Table, columns);
    }

    /// <inheritdoc cref="Write(DuckDb, string, IReadOnlyList{Column}, IReadOnlyDictionary{string, string}?)"/>
    public static void Write(string path, params IReadOnlyList<Column> columns)
    {
        using var duck = new DuckDb();
        Write(duck, path, columns);
    }

    /// <summary>Writes what a table or a query in parentheses yields.</summary>
    /// <returns>Rows written.</returns>
    /// <exception cref="BatchRecException">The disk is full or the folder can't be written.</exception>
    internal static long Copy(DuckDb duck, string source, string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var temporary = path + ".tmp";
        var pairs = string.Join(", ", (metadata ?? new Dictionary<string, string>()).Append(Format).OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{Sql.Name(pair.Key)}: {Sql.Literal(pair.Value)}"));
        try
        {
            var rows = duck.Execute(Sql.Fill("parquet/write.sql", ("source", source), ("path", Sql.Literal(temporary)), ("metadata", $"{{{pairs}}}")));
            Durable.Move(temporary, path);
            return rows;
        }
        catch (Exception exception) when (exception is DuckDbException or IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw new BatchRecException(
                $"{path} can't be written: {exception.Message} Free space there or give this user the right to write, then re-run the step; nothing that was there has changed.", exception);
        }
    }

    /// <summary>Reads the columns named, numbered in that order, in the file's order of rows, chunk by chunk.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated, changed, or lacks a column.</exception>
    public static Chunks Read(DuckDb duck, string path, params IReadOnlyList<string> columns)
    {
        try
        {
            return duck.Query(Sql.Fill("parquet/read.sql",
                ("columns", string.Join(", ", columns.Select(Sql.Name))), ("path", Sql.Literal(path))), path);
        }
        catch (DuckDbException exception)
        {
            throw Unreadable(path, exception);
        }
    }

    /// <summary>Column names and DuckDB's names of their types (<c>BIGINT</c>, <c>FLOAT[]</c>), in the file's order.</summary>
    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static IReadOnlyList<(string Name, string Type)> Schema(DuckDb duck, string path) => Pairs(duck, path, "parquet/schema.sql");

    /// <exception cref="BatchRecException">The file is missing, truncated or changed.</exception>
    public static IReadOnlyDictionary<string, string> Metadata(DuckDb duck, string path) =>
        Pairs(duck, path, "parquet/metadata.sql").ToDictionary(pair => pair.Name, pair => pair.Text);

    internal static BatchRecException Unreadable(string path, DuckDbException exception) => new(File.Exists(path)
        ? $"{path} can't be read: {exception.Message} It was truncated or changed after it was written, or is of another version. Remove its run's folder and run the night again: batchrec run --full"
        : $"{path} is missing. Is Artefacts:Folder the one that all workers share? Else run the night again: batchrec run --full", exception);

    private static List<(string Name, string Text)> Pairs(DuckDb duck, string path, string statement)
    {
        try
        {
            var pairs = new List<(string, string)>();
            using var chunks = duck.Query(Sql.Fill(statement, ("path", Sql.Literal(path))));
            while (chunks.Next())
                for (var row = 0; row < chunks.Rows; row++)
                    pairs.Add((chunks.Text(0, row)!, chunks.Text(1, row) ?? ""));
            return pairs;
        }
        catch (DuckDbException exception)
        {
            throw Unreadable(path, exception);
        }
    }
}
