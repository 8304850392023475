using BatchRec.Jobs.Configuration;
using BatchRec.Schema;
using Dapper;

namespace BatchRec.Jobs.Health;

/// <summary>Whether the control tables are this program's, and whether its role may write them.</summary>
public sealed class SchemaExamination(Databases databases) : IExamination
{
    public string Name => "schema";

    public async Task<IReadOnlyList<Finding>> FindAsync(CancellationToken cancellation)
    {
        var (missing, unknown) = await Migrations.CompareAsync(databases.Results, cancellation);
        if (missing.Count > 0) return [new Finding("schema:old", Severity.Fault, $"The results database lacks {string.Join(", ", missing)}.", "Run: batchrec migrate")];
        if (unknown.Count > 0)
            return [new Finding("schema:new", Severity.Fault, $"The results database has {string.Join(", ", unknown)}, which this program doesn't know.", "Install the program that migrated it, here too.")];

        await using var connection = await databases.Results.OpenConnectionAsync(cancellation);
        var lacking = (await connection.QueryAsync<string>(new CommandDefinition(Sql.Read("health/privileges.sql"), cancellationToken: cancellation))).ToList();
        return lacking.Count == 0 ? [] :
        [
            new Finding("privilege:results", Severity.Fault, $"The role of ConnectionStrings:Results lacks: {string.Join("; ", lacking)}.",
                "Let the owner of the database grant it; `batchrec migrate --print-sql` prints what its owner can run instead."),
        ];
    }
}
