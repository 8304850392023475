using BatchRec.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>
/// Takes tables away that nobody may go back to. It goes by what is there, not by what was meant to be done: whatever an earlier attempt left
/// undone is done by the next.
/// </summary>
internal sealed class Retention(NpgsqlDataSource results, PublishOptions options, TimeProvider clock, ILogger log)
{
    private const int Attempts = 3;

    /// <summary>Retires the pipeline's runs beyond <see cref="PublishOptions.KeepRuns"/>, but never the live one nor the one before it.</summary>
    public async Task RetireAsync(string pipeline, CancellationToken cancellation)
    {
        if (await ResultTables.FindAsync(results, pipeline, cancellation) is not { } tables) return;
        await using (var session = await ResultSession.OpenAsync(results, tables, options, cancellation))
            await session.ExecuteAsync("publish/retire.sql", [], new { pipeline, keep = options.KeepRuns, now = clock.GetUtcNow() }, cancellation);
        await DropLeftoversAsync(tables, run: null, epoch: 0, cancellation);
        await using (var session = await ResultSession.OpenAsync(results, tables, options, cancellation))
            await session.ExecuteAsync("publish/drop_defaults.sql", [], null, cancellation);
    }

    /// <summary>Drops the tables of retired runs and of attempts that never got to publish; those of <paramref name="run"/> up to its <paramref name="epoch"/> too.</summary>
    public async Task DropLeftoversAsync(ResultTables tables, RunId? run, int epoch, CancellationToken cancellation)
    {
        IReadOnlyList<Leftover> leftovers;
        await using (var session = await ResultSession.OpenAsync(results, tables, options, cancellation))
            leftovers = await session.ListAsync<Leftover>("publish/leftovers.sql", new { tables.Schema, tables.Pipeline, run = run?.Value ?? "", epoch }, cancellation);
        foreach (var leftover in leftovers) await DropAsync(tables, leftover, cancellation);
    }

    private async Task DropAsync(ResultTables tables, Leftover leftover, CancellationToken cancellation)
    {
        (string, string)[] places = [("table", Sql.Name(leftover.Table))];
        var (attached, pending) = (leftover.Attached, leftover.DetachPending);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            // Outside a transaction, as CONCURRENTLY wants it. A session of its own: one whose DETACH failed is not worth keeping.
            await using var session = await ResultSession.OpenAsync(results, tables, options, cancellation);
            try
            {
                if (attached) await session.ExecuteAsync(pending ? "publish/finish_detach.sql" : "publish/detach.sql", places, null, cancellation);
                attached = false;
                await session.ExecuteAsync("publish/drop.sql", places, null, cancellation);
                return;
            }
            catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                // Long readers. A DETACH CONCURRENTLY that gives up has detached for new readers already, and has to be finished.
                if (attached) pending = await IsPendingAsync(session, tables, leftover.Table, cancellation);
            }
            if (attempt < Attempts) await Task.Delay(TimeSpan.FromSeconds(attempt), clock, cancellation);
        }
        log.LogInformation("{Schema}.{Table} is still being read; the next publication drops it", tables.Schema, leftover.Table);
    }

    private static async Task<bool> IsPendingAsync(ResultSession session, ResultTables tables, string table, CancellationToken cancellation) =>
        await session.SingleAsync<bool>("publish/detach_pending.sql", [], new { tables.Schema, table }, cancellation);

    private sealed record Leftover
    {
        public required string Table { get; init; }
        public required bool Attached { get; init; }
        public required bool DetachPending { get; init; }
    }
}
