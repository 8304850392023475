using System.Globalization;
using BatchRec.Runs;
using DuckDB.NET.Native;

namespace BatchRec.Parquet;

/// <summary>What a <see cref="DuckDb"/> may take.</summary>
public sealed record DuckDbLimits
{
    /// <summary>A quarter of what there is at most: the rest is for what the process itself holds.</summary>
    public int MemoryMiB { get; init; } = MemoryBudget.Quarter(1024);

    /// <summary>1 keeps rows in their order and gives the same bytes for the same rows; more only pays for large queries.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Where it puts what doesn't fit in memory; null: below the system's temporary folder.</summary>
    public string? TempFolder { get; init; }

    public int TempGiB { get; init; } = 64;
}

/// <summary>
/// An in-memory DuckDB with fixed limits and no network, ever. Not thread-safe: one a thread.
/// </summary>
public sealed unsafe class DuckDb : IDisposable
{
    private readonly DuckDBDatabase _database;
    private readonly DuckDBNativeConnection _connection;
    private readonly string _temp;

    public DuckDb(DuckDbLimits? limits = null)
    {
        limits ??= new DuckDbLimits();
        _temp = Path.Combine(limits.TempFolder ?? Path.GetTempPath(), "duckdb-" + Guid.NewGuid().ToString("N"));
        _database = Open(limits, _temp);
        NativeMethods.Startup.DuckDBConnect(_database, out _connection);
        Execute(Sql.Read("parquet/limits.sql"));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
        if (Directory.Exists(_temp)) Directory.Delete(_temp, recursive: true);
    }

    /// <returns>Rows that it changed or wrote.</returns>
    /// <exception cref="DuckDbException">DuckDB refuses the statement or fails in it.</exception>
    public long Execute(string sql)
    {
        var state = NativeMethods.Query.DuckDBQuery(_connection, sql, out var result);
        try
        {
            return state.IsSuccess() ? NativeMethods.Query.DuckDBRowsChanged(ref result) : throw DuckDbException.Of(ref result);
        }
        finally
        {
            NativeMethods.Query.DuckDBDestroyResult(ref result);
        }
    }

    /// <summary>Streams a query's result, chunk by chunk.</summary>
    /// <exception cref="DuckDbException">DuckDB refuses the statement or fails in it.</exception>
    public Chunks Query(string sql) => Query(sql, files: null);

    internal Chunks Query(string sql, IReadOnlyList<string>? files)
    {
        if (!NativeMethods.PreparedStatements.DuckDBPrepare(_connection, sql, out var statement).IsSuccess())
        {
            using (statement) throw new DuckDbException(NativeMethods.PreparedStatements.DuckDBPrepareError(statement));
        }
        if (!NativeMethods.PreparedStatements.DuckDBExecutePreparedStreaming(statement, out var result).IsSuccess())
        {
            using (statement) throw DuckDbException.Of(ref result);
        }
        return new Chunks(statement, result, files);
    }

    /// <summary>Makes an empty table with these columns, in place of one that has its name.</summary>
    public void Create(string table, IReadOnlyList<Column> columns) => Execute(Sql.Fill("parquet/create.sql",
        ("table", Sql.Name(table)), ("columns", string.Join(", ", columns.Select(column => $"{Sql.Name(column.Name)} {column.SqlType}")))));

    /// <summary>Appends whole columns of equal length to a table that has the same columns.</summary>
    public void Append(string table, IReadOnlyList<Column> columns)
    {
        var rows = columns[0].Rows;
        if (columns.FirstOrDefault(column => column.Rows != rows) is { } odd)
            throw new ArgumentException($"Column {columns[0].Name} has {rows} rows and column {odd.Name} has {odd.Rows}.", nameof(columns));

        if (!NativeMethods.Appender.DuckDBAppenderCreate(_connection, null!, table, out var appender).IsSuccess()) throw ErrorOf(appender);
        using var _ = appender;
        var types = columns.Select(column => column.NativeType()).ToArray();
        try
        {
            using var chunk = NativeMethods.DataChunks.DuckDBCreateDataChunk([.. types.Select(type => type.DangerousGetHandle())], (ulong)types.Length);
            for (var from = 0; from < rows; from += Chunks.MaxRows)
            {
                var count = Math.Min(Chunks.MaxRows, rows - from);
                NativeMethods.DataChunks.DuckDBDataChunkReset(chunk);
                for (var c = 0; c < columns.Count; c++)
                    columns[c].Copy(NativeMethods.DataChunks.DuckDBDataChunkGetVector(chunk, c), from, count, at: 0);
                NativeMethods.DataChunks.DuckDBDataChunkSetSize(chunk, (ulong)count);
                if (!NativeMethods.Appender.DuckDBAppendDataChunk(appender, chunk).IsSuccess()) throw ErrorOf(appender);
            }
            if (!NativeMethods.Appender.DuckDBAppenderClose(appender).IsSuccess()) throw ErrorOf(appender);
        }
        finally
        {
            foreach (var type in types) type.Dispose();
        }
    }

    private static DuckDbException ErrorOf(DuckDBAppender appender)
    {
        using var error = NativeMethods.Appender.DuckDBAppenderErrorData(appender);
        return new DuckDbException(error.Message);
    }

    private static DuckDBDatabase Open(DuckDbLimits limits, string temp)
    {
        NativeMethods.Configuration.DuckDBCreateConfig(out var config);
        using (config)
        {
            foreach (var (name, value) in new[]
            {
                ("memory_limit", $"{limits.MemoryMiB}MiB"), ("threads", limits.Threads.ToString(CultureInfo.InvariantCulture)),
                ("temp_directory", temp), ("max_temp_directory_size", $"{limits.TempGiB}GiB"),
                ("autoinstall_known_extensions", "false"), ("autoload_known_extensions", "false"), ("allow_community_extensions", "false"),
            })
            {
                if (!NativeMethods.Configuration.DuckDBSetConfig(config, name, value).IsSuccess())
                    throw new DuckDbException($"This DuckDB doesn't take {name} = {value}.");
            }
            return NativeMethods.Startup.DuckDBOpen(":memory:", out var database, config, out var error).IsSuccess()
                ? database
                : throw new DuckDbException(error);
        }
    }
}

/// <summary>What DuckDB said. Callers who know the file turn it into a <see cref="BatchRecException"/>.</summary>
public sealed class DuckDbException(string? message) : Exception(message ?? "DuckDB failed and doesn't say why.")
{
    /// <summary>It needs more memory than its limit, or than there is.</summary>
    public bool IsOfMemory => Message.StartsWith("Out of Memory Error", StringComparison.Ordinal);

    /// <summary>It has filled the disk, be it with what didn't fit in memory.</summary>
    public bool IsOfDisk => Message.Contains("No space left on device", StringComparison.Ordinal);

    internal static DuckDbException Of(ref DuckDBResult result) => new(NativeMethods.Query.DuckDBResultError(ref result));
}
