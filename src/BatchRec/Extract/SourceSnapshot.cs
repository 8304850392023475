using System.Data;
using System.Diagnostics;
using System.Text.Json;
using BatchRec.Interactions;
using Npgsql;
using Npgsql.PostgresTypes;

namespace BatchRec.Extract;

/// <summary>
/// One consistent view of the source, exported by a coordinating transaction that stays open and joined by as many others as read
/// in parallel. It holds vacuum back for as long as it lives.
/// </summary>
internal sealed class SourceSnapshot : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _coordinator;
    private readonly string _zone;
    private readonly long _opened = Stopwatch.GetTimestamp();
    private string _id = "";

    private SourceSnapshot(NpgsqlDataSource source, NpgsqlConnection coordinator, string zone) => (_source, _coordinator, _zone) = (source, coordinator, zone);

    public TimeSpan Age => Stopwatch.GetElapsedTime(_opened);

    /// <exception cref="BatchRecException">The user, the password or the database is wrong.</exception>
    /// <exception cref="NpgsqlException">The server can't be reached.</exception>
    public static async Task<SourceSnapshot> OpenAsync(NpgsqlDataSource source, string zone, CancellationToken cancellation)
    {
        var snapshot = new SourceSnapshot(source, await ConnectAsync(source, cancellation), zone);
        try
        {
            await snapshot.BeginAsync(snapshot._coordinator, join: null, cancellation);
            await using var export = new NpgsqlCommand(Sql.Read("extract/export_snapshot.sql"), snapshot._coordinator);
            snapshot._id = (string)(await export.ExecuteScalarAsync(cancellation))!;
            return snapshot;
        }
        catch
        {
            await snapshot.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _coordinator.DisposeAsync();

    /// <summary>A further connection that sees the same.</summary>
    public async Task<NpgsqlConnection> JoinAsync(CancellationToken cancellation)
    {
        var connection = await ConnectAsync(_source, cancellation);
        try
        {
            await BeginAsync(connection, _id, cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a query yields. It is begun, which asks for its privileges too, and yields no row.</summary>
    /// <exception cref="BatchRecException">PostgreSQL refuses the query.</exception>
    public async Task<IReadOnlyList<SourceColumn>> DescribeAsync(SourceQuery query, CancellationToken cancellation)
    {
        var sql = Sql.Fill("extract/describe.sql", ("query", query.Between(PostgresTime.MinusInfinity, PostgresTime.Infinity)));
        try
        {
            await using var command = new NpgsqlCommand(sql, _coordinator);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            return [.. Enumerable.Range(0, reader.FieldCount).Select(column =>
            {
                var type = reader.GetPostgresType(column) is PostgresDomainType domain ? domain.BaseType : reader.GetPostgresType(column);
                return new SourceColumn(reader.GetName(column), type.DisplayName, type is PostgresEnumType);
            })];
        }
        catch (PostgresException exception)
        {
            throw Refused(query, sql, exception);
        }
    }

    /// <summary>When the first and the last row happened, roughly; null: there is none.</summary>
    /// <exception cref="BatchRecException">The query fails.</exception>
    public async Task<(long First, long Last)?> BoundsAsync(SourceQuery query, string from, string until, CancellationToken cancellation)
    {
        var found = await RowsAsync(query, Sql.Fill("extract/bounds.sql", ("query", query.Between(from, until))),
            reader => reader.IsDBNull(0) ? ((long, long)?)null : (reader.GetInt64(0), reader.GetInt64(1)), cancellation);
        return found[0];
    }

    /// <summary>How many rows the server's planner expects.</summary>
    /// <exception cref="BatchRecException">The query fails.</exception>
    public async Task<double> EstimateAsync(SourceQuery query, Slice slice, CancellationToken cancellation)
    {
        var sql = Sql.Fill("extract/estimate.sql", ("query", query.Between(PostgresTime.Literal(slice.From), PostgresTime.Literal(slice.Until))));
        var plan = await RowsAsync(query, sql, reader => reader.GetString(0), cancellation);
        return JsonDocument.Parse(plan[0]).RootElement[0].GetProperty("Plan").GetProperty("Plan Rows").GetDouble();
    }

    /// <summary>Counts of the rows whose time can't be, which no slice has.</summary>
    /// <exception cref="BatchRecException">The query fails.</exception>
    public async Task<IReadOnlyList<(string Fault, long Rows)>> CountFaultsAsync(SourceQuery query, string from, string until, CancellationToken cancellation)
    {
        var sql = Sql.Fill("extract/faults.sql", ("until", until), ("past", query.Between(from, "(timestamptz 'epoch')")),
            ("future", query.Between($"greatest({until}, now())", PostgresTime.Infinity)));
        return await RowsAsync(query, sql, reader => (reader.GetString(0), reader.GetInt64(1)), cancellation);
    }

    private async Task<List<T>> RowsAsync<T>(SourceQuery query, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        try
        {
            var rows = new List<T>();
            await using var command = new NpgsqlCommand(sql, _coordinator);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation)) rows.Add(read(reader));
            return rows;
        }
        catch (PostgresException exception)
        {
            throw Refused(query, sql, exception);
        }
    }

    /// <summary>The query is wrong: PostgreSQL says where, and we say in which file and line. Anything else, such as a shutdown, passes.</summary>
    public static Exception Refused(SourceQuery query, string sql, PostgresException exception)
    {
        // Classes 22 (data), 42 (syntax, missing or forbidden objects), 0A (not supported) and 2F, 38, 39, P0 (functions) lie in the query or its data.
        if (exception.SqlState[..2] is not ("22" or "42" or "0A" or "2F" or "38" or "39" or "P0")) return exception;
        var line = "";
        if (exception.Position > 0)
        {
            // The query begins after a line of ours; replaced places hold no line breaks, so lines stay the file's.
            var ours = sql.AsSpan(0, sql.IndexOf("FROM (\n", StringComparison.Ordinal)).Count('\n');
            line = $", line {Math.Max(1, sql.AsSpan(0, Math.Min(exception.Position, sql.Length)).Count('\n') - ours)}";
        }
        var hint = exception.Hint is { } said ? $" {said}" : "";
        if (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            return new BatchRecException(
                $"{query.Path}{line}: PostgreSQL says: {exception.MessageText} ({exception.SqlState}){hint} Have the owner grant it to the role of ConnectionStrings:Source: "
                + "GRANT USAGE ON SCHEMA … and GRANT SELECT ON …; nothing was read.", exception);
        return new BatchRecException(
            $"{query.Path}{line}: PostgreSQL says: {exception.MessageText} ({exception.SqlState}){hint} Correct the query; nothing was read.", exception);
    }

    private async Task BeginAsync(NpgsqlConnection connection, string? join, CancellationToken cancellation)
    {
        await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        if (join is not null) await ExecuteAsync(Sql.Fill("extract/join_snapshot.sql", ("snapshot", Sql.Literal(join))));
        await ExecuteAsync(Sql.Read("extract/read_only.sql"));
        await ExecuteAsync(Sql.Read("extract/session.sql"));

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            if (sql.Contains("@zone", StringComparison.Ordinal)) command.Parameters.AddWithValue("zone", _zone);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    private static async Task<NpgsqlConnection> ConnectAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        // The same server, user and password, but with no end to a command: a view may take long to its first row, and BeginRawBinaryCopy takes
        // its timeout from nowhere else. Not pooled: few connections, and long ones. A large buffer: each time it is empty the reader is handed to another thread.
        await using var template = source.CreateConnection();
        var connection = template.CloneWith(new NpgsqlConnectionStringBuilder(source.ConnectionString)
        {
            CommandTimeout = 0, ReadBufferSize = 1 << 20, Pooling = false, Enlist = false,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            return connection;
        }
        // 28: wrong user or password. 3D: no such database.
        catch (PostgresException exception) when (exception.SqlState[..2] is "28" or "3D")
        {
            throw new BatchRecException(
                $"The source database ({Address(source)}) refuses the connection: {exception.MessageText}. Correct ConnectionStrings:Source.", exception);
        }
        catch (NpgsqlException exception) when (exception is not PostgresException)
        {
            throw new NpgsqlException(
                $"The source database ({Address(source)}) can't be reached: {(exception.InnerException ?? exception).Message} "
                + "Is it running, and is ConnectionStrings:Source right?", exception);
        }
    }

    private static string Address(NpgsqlDataSource source)
    {
        var address = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        return $"host {address.Host}, port {address.Port}, database {address.Database}, user {address.Username}";
    }
}
