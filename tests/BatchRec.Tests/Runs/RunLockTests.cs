using BatchRec.Runs;
using Dapper;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Runs;

[Collection(PostgresTests.Name)]
public sealed class RunLockTests(PostgresCluster cluster)
{
    [Fact]
    public async Task A_lock_is_held_by_one_session_until_it_lets_go()
    {
        var database = await cluster.CreateDatabaseAsync();
        var first = (await RunLock.TryAcquireAsync(database, "default/run", TimeSpan.Zero, default))!;
        Assert.Null(await RunLock.TryAcquireAsync(database, "default/run", TimeSpan.Zero, default));
        await using (var other = await RunLock.TryAcquireAsync(database, "default/other", TimeSpan.Zero, default)) Assert.NotNull(other);

        var waiting = RunLock.TryAcquireAsync(database, "default/run", TimeSpan.FromSeconds(30), default);
        Assert.False(first.Lost.IsCancellationRequested);
        await first.DisposeAsync();
        await using var second = await waiting;
        Assert.NotNull(second);
        Assert.False(first.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_lost_connection_is_told_to_the_holder_and_frees_the_lock()
    {
        var database = await cluster.CreateDatabaseAsync();
        await using var held = (await RunLock.TryAcquireAsync(database, "default/run", TimeSpan.Zero, default))!;
        var lost = new TaskCompletionSource();
        await using var told = held.Lost.Register(lost.SetResult);
        await using (var connection = new NpgsqlConnection(database))
            await connection.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
        await lost.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await using var next = await RunLock.TryAcquireAsync(database, "default/run", TimeSpan.FromSeconds(30), default);
        Assert.NotNull(next);
    }
}
