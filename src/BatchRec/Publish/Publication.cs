using System.Globalization;
using System.Text.Json;
using BatchRec.Parquet;
using BatchRec.Runs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>
/// Top-N lists → result tables. The rows go into a table of their own that nobody reads, are verified and judged there, it is attached, and one transaction
/// flips the pointer: no reader waits for it, none sees half a night. Publishing a run twice changes nothing, and an attempt that died anywhere
/// leaves at most a table that the next one drops.
/// </summary>
public sealed class Publication(NpgsqlDataSource results, PublishOptions options, TimeProvider clock, ILogger log)
{
    private const int FlipAttempts = 5;

    // Between planning a query and beginning it.
    private static readonly TimeSpan PlansHaveBegun = TimeSpan.FromMilliseconds(500);

    /// <summary>Told after each part, by name: a test stops there, as a crash would.</summary>
    internal Action<string> After { get; init; } = static _ => { };

    /// <summary>Publishes the lists as the run's, unless verdict 2 refuses them; then the live tables are as they were.</summary>
    /// <param name="epoch">That this attempt was started with.</param>
    /// <param name="progress">0 to 1</param>
    /// <exception cref="SupersededException">The run was taken over or has ended: this attempt has changed nothing.</exception>
    /// <exception cref="HeldException">The pipeline is held.</exception>
    /// <exception cref="BatchRecException">The lists are damaged, or don't fit the tables.</exception>
    public async Task<RowsVerdict> PublishAsync(RunRow run, int epoch, TopNLists lists, IProgress<double> progress, CancellationToken cancellation)
    {
        var retention = new Retention(results, options, clock, log);
        if (run.State == RunState.Published)
        {
            await retention.RetireAsync(run.Pipeline, cancellation);
            return RowsVerdict.FromRun(run.Verdict) ?? throw new BatchRecException($"Run {run.RunId} is published without a verdict on its rows; another program than this one has done that.");
        }

        // Before the work, and once more when the pointer flips: a hold may come in between.
        await using (var connection = await results.OpenConnectionAsync(cancellation)) await RequireReleasedAsync(connection, run.Pipeline, cancellation);
        var tables = await EnsureTablesAsync(run, lists, cancellation);
        await retention.DropLeftoversAsync(tables, run.RunId, epoch, cancellation);
        After("leftovers");

        var names = TableNames.Of(run.RunId, epoch);
        await using var session = await ResultSession.OpenAsync(results, tables, options, cancellation);
        await session.ExecuteAsync("publish/create_table.sql", names.Places, null, cancellation);
        After("create");
        var rows = await LoadAsync(tables, names, run.RunId, lists, progress, cancellation);
        if (lists.Users is { } users && users != rows.Users)
            throw new BatchRecException($"The lists are of {rows.Users:N0} users where their manifest says {users:N0}. Nothing was published. Re-run the step that makes them: batchrec run --from recommend");
        After("copy");
        if (lists.Items is { } items)
        {
            await session.ExecuteAsync("publish/create_items.sql", names.Places, null, cancellation);
            SideTables.CopyItems(session.Connection, tables, names.Items, items, cancellation);
        }
        After("items");
        await IndexAsync(session, names, cancellation);
        After("index");
        await VerifyAsync(session, names, rows, cancellation);
        After("verify");

        var verdict = RowsVerdict.Of(rows, lists.CatalogueItems, await CompareAsync(session, tables, names, rows.Users, cancellation), options);
        progress.Report(.95);
        if (verdict.Accepted) await FlipAsync(session, tables, names, run, epoch, lists, verdict, cancellation);
        else await RefuseAsync(session, tables, names, run, epoch, verdict, cancellation);
        After("flip");
        if (verdict.Accepted) await TidyAsync(retention, run.Pipeline, cancellation);
        progress.Report(1);
        return verdict;
    }

    /// <summary>The run is published: whatever goes wrong with old tables now doesn't make it a failure.</summary>
    private async Task TidyAsync(Retention retention, string pipeline, CancellationToken cancellation)
    {
        try
        {
            await retention.RetireAsync(pipeline, cancellation);
        }
        catch (Exception fault)
        {
            log.LogWarning(fault, "Old tables of {Pipeline} stay until its next publication", pipeline);
        }
    }

    private async Task<ResultTables> EnsureTablesAsync(RunRow run, TopNLists lists, CancellationToken cancellation)
    {
        using var duck = new DuckDb();
        var (user, item) = lists.IdKinds(duck);
        return await ResultTables.EnsureAsync(results, run.Pipeline, user, item, options, log, cancellation);
    }

    private async Task<LoadedRows> LoadAsync(
        ResultTables tables, TableNames names, RunId run, TopNLists lists, IProgress<double> progress, CancellationToken cancellation)
    {
        var (total, loaded) = (Math.Max(1, lists.Shards.SelectMany(shard => shard.Files).Sum(file => file.Rows)), 0L);
        return await RowsLoad.CopyAsync(results, tables, names.Table, run, lists, options, count => progress.Report(.8 * Interlocked.Add(ref loaded, count) / total), cancellation);
    }

    private static async Task IndexAsync(ResultSession session, TableNames names, CancellationToken cancellation)
    {
        try
        {
            await session.ExecuteAsync("publish/index_table.sql", names.Places, null, cancellation);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new BatchRecException($"A user stands twice in the lists: {fault.Detail ?? fault.MessageText}. Nothing was published. Re-run the step that makes them: batchrec run --from recommend", fault);
        }
        await session.ExecuteAsync("publish/analyze.sql", names.Places, null, cancellation);
    }

    private static async Task VerifyAsync(ResultSession session, TableNames names, LoadedRows rows, CancellationToken cancellation)
    {
        var (users, items, digest) = await session.SingleAsync<(long, long, string)>("publish/verify.sql", names.Places, null, cancellation);
        if (users != rows.Users || items != rows.Rows || UInt128.Parse(digest, CultureInfo.InvariantCulture) != rows.Digest)
            throw new InvalidDataException(
                $"Table {names.Table} holds {users:N0} lists and {items:N0} items with checksum {digest}, where {rows.Users:N0} and {rows.Rows:N0} with {rows.Digest} were sent. Nothing was published; another attempt loads them anew.");
    }

    private async Task<LiveComparison?> CompareAsync(ResultSession session, ResultTables tables, TableNames names, long users, CancellationToken cancellation)
    {
        if (await session.ListAsync<(string RunId, long Users)>("publish/live.sql", new { tables.Pipeline }, cancellation) is not [var live]) return null;
        var percent = users == 0 ? 100 : Math.Min(100, 100.0 * options.ChurnUsers / users);
        var (_, overlap) = await session.SingleAsync<(long, double?)>("publish/overlap.sql", names.Places, new { percent, live = live.RunId }, cancellation);
        return new LiveComparison(live.Users, overlap);
    }

    private async Task FlipAsync(
        ResultSession session, ResultTables tables, TableNames names, RunRow run, int epoch, TopNLists lists, RowsVerdict verdict, CancellationToken cancellation)
    {
        var attached = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // Attached some time before the pointer names it: a query is planned with the partitions of that moment, but sees the pointer of the
                // moment it begins. One transaction for both, and a reader in between would find no row at all.
                if (!attached) await AttachAsync(session, names, run.RunId, epoch, cancellation);
                attached = true;
                await using var transaction = await session.Connection.BeginTransactionAsync(cancellation);
                await PublishingHold.LockAsync(session.Connection, run.Pipeline, cancellation);
                await RequireReleasedAsync(session.Connection, run.Pipeline, cancellation);
                await RequireEpochAsync(session, run.RunId, epoch, cancellation);
                if (lists.Items is null) await session.ExecuteAsync("publish/forget_items.sql", [], null, cancellation);
                else await session.ExecuteAsync("publish/merge_items.sql", names.Places, null, cancellation);
                if (lists.DefaultList is not null) SideTables.CopyDefaultList(session.Connection, tables, run.RunId, lists, cancellation);
                await session.ExecuteAsync("publish/flip.sql", [], new
                {
                    run = run.RunId, run.Pipeline, names.Table, now = clock.GetUtcNow(), verdict.Users, verdict.Rows, message = verdict.Summary(), verdict = verdict.ToJson(),
                }, cancellation);
                After("pointer");
                await transaction.CommitAsync(cancellation);
                return;
            }
            catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected && attempt < FlipAttempts)
            {
                // Someone is altering the tables or items: give way, so that no reader queues up behind us, and ask again.
                log.LogInformation("Run {Run}: {Table} is locked, attempt {Attempt} of {Attempts} to publish", run.RunId, fault.TableName ?? names.Table, attempt, FlipAttempts);
                await Task.Delay(TimeSpan.FromSeconds(attempt), clock, cancellation);
            }
        }
    }

    private async Task AttachAsync(ResultSession session, TableNames names, RunId run, int epoch, CancellationToken cancellation)
    {
        await using (var transaction = await session.Connection.BeginTransactionAsync(cancellation))
        {
            await RequireEpochAsync(session, run, epoch, cancellation);
            await session.ExecuteAsync("publish/attach.sql", names.Places, null, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        After("attach");
        await Task.Delay(PlansHaveBegun, clock, cancellation);
    }

    /// <summary>Records why; the run's end is the caller's, as with the other verdict.</summary>
    private async Task RefuseAsync(
        ResultSession session, ResultTables tables, TableNames names, RunRow run, int epoch, RowsVerdict verdict, CancellationToken cancellation)
    {
        await using var transaction = await session.Connection.BeginTransactionAsync(cancellation);
        await RequireEpochAsync(session, run.RunId, epoch, cancellation);
        await session.ExecuteAsync("publish/refuse.sql", [], new
        {
            run = run.RunId, tables.Pipeline, now = clock.GetUtcNow(), verdict = verdict.ToJson(), reasons = JsonSerializer.Serialize(verdict.Reasons),
        }, cancellation);
        await session.ExecuteAsync("publish/drop.sql", names.Places, null, cancellation);
        await session.ExecuteAsync("publish/drop.sql", [("table", Sql.Name(names.Items))], null, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task RequireReleasedAsync(NpgsqlConnection connection, string pipeline, CancellationToken cancellation)
    {
        if (await PublishingHold.FindAsync(connection, pipeline, cancellation) is { } hold) throw new HeldException(pipeline, hold);
    }

    private static async Task RequireEpochAsync(ResultSession session, RunId run, int epoch, CancellationToken cancellation)
    {
        var (current, state) = await session.SingleAsync<(int, string)>("publish/lock_run.sql", [], new { run }, cancellation);
        if (current != epoch || state is not ("queued" or "running"))
            throw new SupersededException($"Run {run} is {state} at epoch {current}, and this attempt was started at epoch {epoch}: another has taken over, or the run was ended. This one has changed nothing.");
    }
}

/// <summary>A run was taken over or has ended while this attempt was at work: it has changed nothing, and is not to be tried again.</summary>
public sealed class SupersededException(string message) : BatchRecException(message);

/// <summary>The tables of one attempt. The epoch keeps an attempt that was given up for lost away from its successor's.</summary>
internal sealed record TableNames(string Table, string Items, IReadOnlyList<(string Place, string Text)> Places)
{
    public static TableNames Of(RunId run, int epoch)
    {
        var (table, items) = ($"recommendation_{run}_{epoch}", $"item_{run}_{epoch}");
        return new TableNames(table, items, [("table", Sql.Name(table)), ("items", Sql.Name(items)), ("run", Sql.Literal(run.Value))]);
    }
}
