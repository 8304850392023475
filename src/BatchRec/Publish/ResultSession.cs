using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>A connection for bulk work on one pipeline's result tables, with timeouts of its own.</summary>
internal sealed class ResultSession : IAsyncDisposable
{
    private readonly ResultTables _tables;
    private readonly int _timeoutSeconds;

    private ResultSession(NpgsqlConnection connection, ResultTables tables, int timeoutSeconds) => (Connection, _tables, _timeoutSeconds) = (connection, tables, timeoutSeconds);

    public NpgsqlConnection Connection { get; }

    public static async Task<ResultSession> OpenAsync(NpgsqlDataSource results, ResultTables tables, PublishOptions options, CancellationToken cancellation)
    {
        var connection = await results.OpenConnectionAsync(cancellation);
        try
        {
            await connection.ExecuteAsync(Sql.Read("publish/session.sql"), new
            {
                statementTimeout = $"{options.StatementTimeoutMinutes}min", lockTimeout = $"{options.LockTimeoutSeconds}s",
            });
            return new ResultSession(connection, tables, options.StatementTimeoutMinutes * 60);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public Task<int> ExecuteAsync(string path, IReadOnlyList<(string Place, string Text)> places, object? values, CancellationToken cancellation) =>
        Connection.ExecuteAsync(Command(path, places, values, cancellation));

    public Task<T> SingleAsync<T>(string path, IReadOnlyList<(string Place, string Text)> places, object? values, CancellationToken cancellation) =>
        Connection.QuerySingleAsync<T>(Command(path, places, values, cancellation));

    public async Task<IReadOnlyList<T>> ListAsync<T>(string path, object? values, CancellationToken cancellation) =>
        [.. await Connection.QueryAsync<T>(Command(path, [], values, cancellation))];

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private CommandDefinition Command(string path, IReadOnlyList<(string Place, string Text)> places, object? values, CancellationToken cancellation) =>
        new(_tables.Fill(path, [.. places]), values, commandTimeout: _timeoutSeconds, cancellationToken: cancellation);
}
