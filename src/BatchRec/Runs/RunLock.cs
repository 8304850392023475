using Npgsql;

namespace BatchRec.Runs;

/// <summary>
/// A session advisory lock: one process at a time works on what it names, and when that process dies, its connection and so its lock go with it. On a
/// connection of its own that no pool takes back; it must be a direct one, since a transaction-pooling PgBouncer drops session locks.
/// </summary>
public sealed class RunLock : IAsyncDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _released = new();
    private readonly Task _watch;

    private RunLock(NpgsqlConnection connection)
    {
        _connection = connection;
        Lost = _lost.Token;
        _watch = WatchAsync();
    }

    /// <summary>Cancelled when the connection is lost: someone else may hold the lock now, so stop.</summary>
    public CancellationToken Lost { get; }

    /// <summary>The lock, or null when another session held it all the while.</summary>
    /// <param name="connectionString">Of the results database, direct.</param>
    /// <param name="name">What is locked: <c>default/20261122_020000_3f9a</c>.</param>
    /// <param name="wait">How long to try; zero tries once.</param>
    public static async Task<RunLock?> TryAcquireAsync(string connectionString, string name, TimeSpan wait, CancellationToken cancellation)
    {
        // Pings find out within seconds that the server or the way to it has gone.
        var direct = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = 10, ApplicationName = "batchrec lock" };
        var connection = new NpgsqlConnection(direct.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            await using (var session = new NpgsqlCommand(Sql.Read("runs/lock_session.sql"), connection)) await session.ExecuteNonQueryAsync(cancellation);
            await using var attempt = new NpgsqlCommand(Sql.Read("runs/try_lock.sql"), connection) { Parameters = { new("name", "batchrec/" + name) } };
            for (var waited = TimeSpan.Zero; ; waited += Between)
            {
                if (await attempt.ExecuteScalarAsync(cancellation) is true) return new RunLock(connection);
                if (waited >= wait) break;
                await Task.Delay(Between, cancellation);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        await connection.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync();
        await _watch;
        await _connection.DisposeAsync();
        _released.Dispose();
        _lost.Dispose();
    }

    /// <summary>Waits for messages that never come: what comes is the end of the connection.</summary>
    private async Task WatchAsync()
    {
        try
        {
            while (true) await _connection.WaitAsync(_released.Token);
        }
        catch (OperationCanceledException) when (_released.IsCancellationRequested)
        {
            // The holder has let go.
        }
        catch (Exception)
        {
            await _lost.CancelAsync();
        }
    }
}
