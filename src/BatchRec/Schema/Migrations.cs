using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace BatchRec.Schema;

/// <summary>
/// Brings the control tables (schema <c>batchrec</c>) up to this program: runs <c>sql/schema/NNN_*.sql</c> in order, each once, all in one
/// transaction under an advisory lock. A library would bring a second dialect of configuration for these forty lines.
/// </summary>
public static class Migrations
{
    private const int OldestServer = 140000;

    /// <summary>Names of the migrations that were applied now; empty where the database was up to date.</summary>
    /// <exception cref="BatchRecException">The server is too old, the role may not create, or an applied migration was edited.</exception>
    public static async Task<IReadOnlyList<string>> ApplyAsync(NpgsqlDataSource results, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(Sql.Read("migrate/begin.sql"), transaction: transaction);
        var database = await connection.QuerySingleAsync<DatabaseState>(Sql.Read("migrate/state.sql"), transaction: transaction);
        if (database.Version < OldestServer)
            throw new BatchRecException($"Database {database.Database} runs on PostgreSQL {database.Version / 10000}; BatchRec needs version 14 or later. Upgrade the server, or name another one in ConnectionStrings:Results.");
        try
        {
            // Asked for only where it is missing: IF NOT EXISTS wants the privilege all the same.
            if (!database.Schema) await connection.ExecuteAsync(Sql.Read("migrate/schema.sql"), transaction: transaction);
            if (!database.Ledger) await connection.ExecuteAsync(Sql.Read("migrate/ledger.sql"), transaction: transaction);
            var applied = (await connection.QueryAsync<(string Name, string Sha256)>(Sql.Read("migrate/applied.sql"), transaction: transaction)).ToDictionary();
            var missing = new List<string>();
            foreach (var (name, text) in All())
            {
                if (applied.TryGetValue(name, out var sha256))
                {
                    if (sha256 != HashOf(text)) throw Edited(name, database.Database);
                    continue;
                }
                await connection.ExecuteAsync(text, transaction: transaction);
                await connection.ExecuteAsync(Sql.Read("migrate/record.sql"), new { name, sha256 = HashOf(text) }, transaction);
                missing.Add(name);
            }
            await transaction.CommitAsync(cancellation);
            return missing;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new BatchRecException(
                $"Role {database.Role} can't create the control tables in database {database.Database}: {fault.MessageText}. "
                + "Let its owner run what `batchrec migrate --print-sql` prints, then grant the role what it needs: "
                + $"GRANT ALL ON SCHEMA batchrec TO {database.Role}; GRANT ALL ON ALL TABLES IN SCHEMA batchrec TO {database.Role}.", fault);
        }
    }

    /// <summary>Migrations that the database lacks, and those that it has and this program doesn't know.</summary>
    public static async Task<(IReadOnlyList<string> Missing, IReadOnlyList<string> Unknown)> CompareAsync(NpgsqlDataSource results, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var database = await connection.QuerySingleAsync<DatabaseState>(Sql.Read("migrate/state.sql"));
        var applied = database.Ledger ? (await connection.QueryAsync<(string Name, string Sha256)>(Sql.Read("migrate/applied.sql"))).Select(row => row.Name).ToHashSet() : [];
        var known = All().Select(migration => migration.Name).ToHashSet();
        return ([.. known.Except(applied).Order(StringComparer.Ordinal)], [.. applied.Except(known).Order(StringComparer.Ordinal)]);
    }

    /// <summary>Everything as one script, for a database where another role owns the schema. What the database has already is left out when it runs.</summary>
    public static string Script()
    {
        var script = new StringBuilder("BEGIN;\n").Append(Sql.Read("migrate/schema.sql")).Append(Sql.Read("migrate/ledger.sql"));
        foreach (var (name, text) in All())
            script.Append("\n-- ").Append(name).Append('\n').Append(Sql.Fill("migrate/script_step.sql", ("name", Sql.Literal(name)), ("sha256", Sql.Literal(HashOf(text))), ("text", text.TrimEnd())));
        return script.Append("COMMIT;\n").ToString();
    }

    private static IEnumerable<(string Name, string Text)> All() =>
        Sql.Paths("schema").Select(path => (Path.GetFileNameWithoutExtension(path), Sql.Read(path)));

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static BatchRecException Edited(string name, string database) => new(
        $"Migration {name} was applied to database {database} with another text than this program's: the program is older than the database, or the file was "
        + "edited. Run the program that migrated it, or put the change into a new sql/schema/NNN_*.sql.");

    private sealed record DatabaseState
    {
        public required int Version { get; init; }
        public required string Database { get; init; }
        public required string Role { get; init; }
        public required bool Schema { get; init; }
        public required bool Ledger { get; init; }
    }
}
