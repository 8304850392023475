using BatchRec.Interactions;
using Dapper;
using Npgsql;

namespace BatchRec.Import;

/// <summary>What a shop's tables hold: <paramref name="Users"/> and <paramref name="Items"/> are those with at least one interaction.</summary>
/// <param name="First">Time of the first interaction, UTC.</param>
/// <param name="Last">Time of the last interaction, UTC.</param>
public sealed record ShopSummary(long Rows, long Users, long Items, DateTime First, DateTime Last);

/// <summary>
/// Loads <c>shop.interaction</c> and <c>shop.item</c> by binary COPY into new tables, which take the old ones' place when all of it is
/// there. One transaction: a load that fails leaves the old tables as they were.
/// </summary>
public sealed class ShopLoad : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly IdKind _user, _item;

    private ShopLoad(NpgsqlConnection connection, NpgsqlTransaction transaction, IdKind user, IdKind item) =>
        (_connection, _transaction, _user, _item) = (connection, transaction, user, item);

    public static async Task<ShopLoad> BeginAsync(string connectionString, IdKind user, IdKind item, CancellationToken ct)
    {
        // Indexing fifty million rows takes longer than the 30 s that commands have by default.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0, Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            var transaction = await connection.BeginTransactionAsync(ct);
            var sql = Sql.Fill("shop/begin.sql", ("user_id", user.SqlName()), ("item_id", item.SqlName()));
            await connection.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: ct));
            return new ShopLoad(connection, transaction, user, item);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has to be completed before the next copy begins.</summary>
    public InteractionCopy CopyInteractions() => new(Begin("shop/copy_interactions.sql"), _user, _item);

    /// <inheritdoc cref="CopyInteractions"/>
    public ItemCopy CopyItems() => new(Begin("shop/copy_items.sql"), _item);

    private NpgsqlBinaryImporter Begin(string path)
    {
        var importer = _connection.BeginBinaryImport(Sql.Read(path));
        importer.Timeout = TimeSpan.Zero;
        return importer;
    }

    /// <summary>Indexes the new tables and puts them in the old ones' place.</summary>
    /// <exception cref="BatchRecException">Views stand on the old tables, or a reader holds them.</exception>
    public async Task<ShopSummary> SwapInAsync(CancellationToken ct)
    {
        await ExecuteAsync("shop/complete.sql", ct);
        var summary = await _connection.QuerySingleAsync<ShopSummary>(new CommandDefinition(Sql.Read("shop/summary.sql"), transaction: _transaction, cancellationToken: ct));
        try
        {
            await ExecuteAsync("shop/swap.sql", ct);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.DependentObjectsStillExist)
        {
            throw new BatchRecException($"The tables shop.interaction and shop.item can't be replaced: {fault.Detail ?? fault.MessageText}. Drop what stands on them, or load into another database.", fault);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            throw new BatchRecException("The tables shop.interaction and shop.item have been in use for 60 seconds and stay as they were. Load again when their readers (an extraction?) are done.", fault);
        }
        await _transaction.CommitAsync(ct);
        return summary;
    }

    private Task<int> ExecuteAsync(string path, CancellationToken ct) =>
        _connection.ExecuteAsync(new CommandDefinition(Sql.Read(path), transaction: _transaction, cancellationToken: ct));

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
