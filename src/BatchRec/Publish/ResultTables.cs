using System.Security.Cryptography;
using System.Text;
using BatchRec.Interactions;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>
/// The result tables and views of one pipeline: a schema of their own, made from the template below <c>sql/publish/results/</c> with the types
/// that the source's ids have. Schema and types are fixed for as long as the pipeline lives, since readers build on them.
/// </summary>
public sealed record ResultTables(string Pipeline, string Schema, IdKind UserId, IdKind ItemId)
{
    /// <summary>The pipeline's tables, made or brought up to this program where that is due.</summary>
    /// <exception cref="BatchRecException">The ids' types or the schema have changed, another pipeline has the schema, or the role may not create.</exception>
    public static async Task<ResultTables> EnsureAsync(
        NpgsqlDataSource results, string pipeline, IdKind userId, IdKind itemId, PublishOptions options, ILogger log, CancellationToken cancellation)
    {
        var wanted = new ResultTables(pipeline, options.SchemaOf(pipeline), userId, itemId);
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(Sql.Read("publish/results/lock.sql"), new { lockTimeout = $"{options.LockTimeoutSeconds}s" }, transaction);
        var present = await connection.QuerySingleOrDefaultAsync<Record>(Sql.Read("publish/results/find.sql"), new { pipeline }, transaction);
        if (present is not null) wanted.RequireSame(present.Tables(pipeline));

        var exists = await connection.QuerySingleAsync<Existing>(Sql.Read("publish/results/exists.sql"), new { wanted.Schema, reader = options.ReaderRole }, transaction);
        if (exists.Owner is not null && exists.Owner != pipeline)
            throw new BatchRecException($"Schema {wanted.Schema} holds the results of pipeline {exists.Owner}; give pipeline {pipeline} another one in Publish:Schema.");
        try
        {
            var reader = options.ReaderRole.Length > 0 && (exists.Reader || await CreateReaderAsync(transaction, options.ReaderRole, exists.Role, log)) ? options.ReaderRole : null;
            var template = wanted.Template(reader);
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(template)));
            if (present?.Template != hash || present.MaxAgeHours != options.MaxAgeHours)
            {
                if (!exists.Schema) await connection.ExecuteAsync(wanted.Fill("publish/results/schema.sql"), transaction: transaction);
                if (present?.Template != hash) await connection.ExecuteAsync(template, transaction: transaction);
                await connection.ExecuteAsync(Sql.Read("publish/results/record.sql"), new
                {
                    pipeline, wanted.Schema, userIdType = userId.SqlName(), itemIdType = itemId.SqlName(), template = hash, options.MaxAgeHours,
                }, transaction);
            }
            if (reader is not null && !await connection.ExecuteScalarAsync<bool>(Sql.Read("publish/results/reads.sql"), new { reader, wanted.Schema }, transaction))
                log.LogWarning("Role {Reader} can't read the results: {Role} doesn't own the schema {Schema}, so it can't let others in. Have its owner run GRANT USAGE ON SCHEMA {Schema} TO {Reader};", reader, exists.Role, wanted.Schema, wanted.Schema, reader);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new BatchRecException(
                $"Role {exists.Role} can't make the result tables in schema {wanted.Schema} of database {exists.Database}: {fault.MessageText}. "
                + $"Let the database's owner run: CREATE SCHEMA IF NOT EXISTS {wanted.Schema}; GRANT ALL ON SCHEMA {wanted.Schema} TO {exists.Role};", fault);
        }
        await transaction.CommitAsync(cancellation);
        return wanted;
    }

    /// <summary>To be asked early in the night: would its lists fit the tables that the pipeline has?</summary>
    /// <exception cref="BatchRecException">The ids' types or the schema have changed since the first publication.</exception>
    public static async Task CheckAsync(
        NpgsqlDataSource results, string pipeline, IdKind userId, IdKind itemId, PublishOptions options, CancellationToken cancellation)
    {
        if (await FindAsync(results, pipeline, cancellation) is { } present)
            new ResultTables(pipeline, options.SchemaOf(pipeline), userId, itemId).RequireSame(present);
    }

    /// <summary>The pipeline's tables as its last publication left them; null before the first.</summary>
    public static async Task<ResultTables?> FindAsync(NpgsqlDataSource results, string pipeline, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var command = new CommandDefinition(Sql.Read("publish/results/find.sql"), new { pipeline }, cancellationToken: cancellation);
        return (await connection.QuerySingleOrDefaultAsync<Record>(command))?.Tables(pipeline);
    }

    /// <summary>A statement with the names and types of these tables in their places.</summary>
    internal string Fill(string path, params ReadOnlySpan<(string Place, string Text)> places) => Sql.Fill(path,
    [
        .. places, ("schema", Sql.Name(Schema)), ("pipeline", Sql.Literal(Pipeline)), ("user_id", UserId.SqlName()), ("item_id", ItemId.SqlName()),
        ("user_send", UserId switch { IdKind.BigInt => "int8send", IdKind.Uuid => "uuid_send", _ => "textsend" }),
    ]);

    private string Template(string? reader) =>
        Fill("publish/results/tables.sql") + Fill("publish/results/views.sql") + (reader is null ? "" : Fill("publish/results/grants.sql", ("reader", Sql.Name(reader))));

    /// <summary>False where this role may not create roles: then an administrator has to, and the next publication grants.</summary>
    private static async Task<bool> CreateReaderAsync(NpgsqlTransaction transaction, string reader, string role, ILogger log)
    {
        await transaction.SaveAsync("reader");
        try
        {
            await transaction.Connection!.ExecuteAsync(Sql.Fill("publish/results/reader.sql", ("reader", Sql.Name(reader))), transaction: transaction);
            return true;
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            await transaction.RollbackAsync("reader");
            log.LogWarning("Nobody but {Role} can read the results yet: it may not create the role {Reader}. Have an administrator run CREATE ROLE {Reader} NOLOGIN; the next publication grants it the views. Or set Publish:ReaderRole to a role that is there, or to nothing.", role, reader, reader);
            return false;
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation)
        {
            // Roles belong to the whole server: another database's publication has just made it.
            await transaction.RollbackAsync("reader");
            return true;
        }
    }

    private void RequireSame(ResultTables present)
    {
        var changes = new List<string>();
        if (present.UserId != UserId) changes.Add($"user ids are {UserId.SqlName()} now, where its tables have {present.UserId.SqlName()}");
        if (present.ItemId != ItemId) changes.Add($"item ids are {ItemId.SqlName()} now, where its tables have {present.ItemId.SqlName()}");
        if (present.Schema != Schema) changes.Add($"Publish:Schema says {Schema} now, where its tables stand in {present.Schema}");
        if (changes.Count == 0) return;
        throw new BatchRecException(
            $"Pipeline {Pipeline}: {string.Join("; ", changes)}. Readers build on both, so a pipeline never changes them. Put it back as it was, or give the new results a pipeline "
            + "of another name: it gets a schema of its own, readers move over one by one, and the lists of the old one stay live until then.");
    }

    private sealed record Record
    {
        public required string Schema { get; init; }
        public required string UserIdType { get; init; }
        public required string ItemIdType { get; init; }
        public required string Template { get; init; }
        public required int MaxAgeHours { get; init; }

        public ResultTables Tables(string pipeline) => new(pipeline, Schema, IdKinds.Parse(UserIdType), IdKinds.Parse(ItemIdType));
    }

    private sealed record Existing
    {
        public required bool Schema { get; init; }
        public required bool Reader { get; init; }
        public string? Owner { get; init; }
        public required string Role { get; init; }
        public required string Database { get; init; }
    }
}
