using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>Back to an earlier run whose tables are kept: the same flip of the pointer as publishing. The pipeline is held from then on.</summary>
public sealed class Rollback(NpgsqlDataSource results, TimeProvider clock)
{
    /// <summary>
    /// Makes an earlier publication live again and marks those after it as withdrawn: none of them is a reference for a later run. The watermark goes
    /// back with the pointer, so that the next night reads again what came since. Nothing is published until <see cref="PublishingHold.ReleaseAsync"/>.
    /// </summary>
    /// <param name="toRun">Any kept run, also a withdrawn one; null: the publication before the live one.</param>
    /// <returns>The run that was live, and the one that is.</returns>
    /// <exception cref="BatchRecException">Nothing is live, or there is no such run to go to.</exception>
    public async Task<(RunId From, RunId To)> RunAsync(string pipeline, RunId? toRun, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await PublishingHold.LockAsync(connection, pipeline, cancellation);
        var pointer = await connection.QuerySingleOrDefaultAsync<string>(Sql.Read("publish/lock_pointer.sql"), new { pipeline }, transaction)
            ?? throw new BatchRecException($"Pipeline {pipeline} has published nothing yet, so there is nothing to roll back. `batchrec run` publishes a first run.");
        var live = RunId.Parse(pointer);
        var kept = (await connection.QueryAsync<KeptPublication>(Sql.Read("publish/kept.sql"), new { pipeline }, transaction)).AsList();

        var target = toRun ?? EarlierThan(kept, live)
            ?? throw new BatchRecException($"Pipeline {pipeline}: there is no earlier run to go back to; {live} is the oldest whose rows are kept. Publish:KeepRuns says how many are.");
        if (target == live) throw new BatchRecException($"Pipeline {pipeline}: run {live} is live already.");
        if (kept.TrueForAll(run => run.RunId != target))
            throw new BatchRecException($"Pipeline {pipeline}: the rows of run {target} are not kept. Go to one of these: {string.Join(", ", kept.Select(run => run.RunId))}.");

        var now = clock.GetUtcNow();
        await connection.ExecuteAsync(Sql.Read("publish/rollback.sql"), new { pipeline, live, target, previous = EarlierThan(kept, target), now }, transaction);
        await PublishingHold.InsertAsync(connection, pipeline, $"Rolled back from {live} to {target}.", now, cancellation);
        await transaction.CommitAsync(cancellation);
        return (live, target);
    }

    private static RunId? EarlierThan(List<KeptPublication> newestFirst, RunId run) =>
        newestFirst.SkipWhile(kept => kept.RunId != run).Skip(1).FirstOrDefault(kept => !kept.Withdrawn)?.RunId;
}
