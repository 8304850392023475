using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>
/// Keeps what is live as it is until a person lets go: while a pipeline is held its runs do all their steps but publish. A rollback holds too, so that the
/// next night doesn't bring back what a person has just taken away.
/// </summary>
public sealed class PublishingHold(NpgsqlDataSource results, TimeProvider clock)
{
    /// <summary>Null: the pipeline publishes.</summary>
    public async Task<Hold?> FindAsync(string pipeline, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await FindAsync(connection, pipeline, cancellation);
    }

    /// <summary>Holds the pipeline; one that is held already stays so for its first reason.</summary>
    public async Task<Hold> HoldAsync(string pipeline, string reason, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, pipeline, cancellation);
        await InsertAsync(connection, pipeline, reason, clock.GetUtcNow(), cancellation);
        var hold = await FindAsync(connection, pipeline, cancellation);
        await transaction.CommitAsync(cancellation);
        return hold!;
    }

    /// <returns>The hold that was; null: there was none.</returns>
    public async Task<Hold?> ReleaseAsync(string pipeline, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<Hold>(
            new CommandDefinition(Sql.Read("publish/hold_delete.sql"), new { pipeline, now = clock.GetUtcNow() }, cancellationToken: cancellation));
    }

    /// <summary>Notes that a run was kept from being published.</summary>
    internal async Task NoteStoppedAsync(RunRow run, string reason, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            Sql.Read("publish/stopped.sql"), new { run.Pipeline, run = run.RunId, reason, now = clock.GetUtcNow() }, cancellationToken: cancellation));
    }

    /// <summary>Within a transaction: nobody holds, rolls back or flips the pipeline until it is over.</summary>
    internal static Task LockAsync(NpgsqlConnection connection, string pipeline, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(Sql.Read("publish/lock_publishing.sql"), new { pipeline }, cancellationToken: cancellation));

    internal static Task<Hold?> FindAsync(NpgsqlConnection connection, string pipeline, CancellationToken cancellation) =>
        connection.QuerySingleOrDefaultAsync<Hold>(new CommandDefinition(Sql.Read("publish/hold.sql"), new { pipeline }, cancellationToken: cancellation));

    internal static Task InsertAsync(NpgsqlConnection connection, string pipeline, string reason, DateTimeOffset now, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(Sql.Read("publish/hold_insert.sql"), new { pipeline, reason, now }, cancellationToken: cancellation));
}

/// <summary>Why a pipeline publishes nothing, and since when (UTC).</summary>
public sealed record Hold
{
    public required DateTimeOffset Since { get; init; }
    public required string Reason { get; init; }
}

/// <summary>The pipeline is held: what is live is as it was.</summary>
public sealed class HeldException(string pipeline, Hold hold)
    : BatchRecException($"Publishing of pipeline {pipeline} is held since {hold.Since:u}: {hold.Reason} The lists are made and wait. `batchrec release`, then `batchrec run --from publish`.");
