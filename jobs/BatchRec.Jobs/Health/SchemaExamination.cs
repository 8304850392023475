using BatchRec.Jobs.Configuration;
using BatchRec.Schema;
using Dapper;

namespace BatchRec.Jobs.Health;

/// <summary>Whether the control tables are this program's, whether its role may write them, and whether readers can have a role.</summary>
public sealed class SchemaExamination(Setup setup, Databases databases) : IExamination
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
        var findings = new List<Finding>();
        if (lacking.Count > 0)
        {
            findings.Add(new Finding("privilege:results", Severity.Fault, $"The role of ConnectionStrings:Results lacks: {string.Join("; ", lacking)}.",
                "Let the owner of the database grant it; `batchrec migrate --print-sql` prints what its owner can run instead."));
        }
        foreach (var reader in setup.Pipelines.Values.Select(options => options.Publish.ReaderRole).Where(reader => reader.Length > 0).Distinct())
        {
            var found = await connection.QuerySingleAsync<ReaderRole>(new CommandDefinition(Sql.Read("health/reader_role.sql"), new { reader }, cancellationToken: cancellation));
            if (found.There || found.CanCreate) continue;
            findings.Add(new Finding($"reader:{reader}", Severity.Warning, $"The role {reader}, by which readers read what is published, isn't there, and {found.Role} may not create it.",
                $"Have an administrator run CREATE ROLE {reader} NOLOGIN; the next publication grants it the views. Or set Publish:ReaderRole to a role that is there, or to nothing."));
        }
        return findings;
    }

    private sealed record ReaderRole
    {
        public required bool There { get; init; }
        public required bool CanCreate { get; init; }
        public required string Role { get; init; }
    }
}
