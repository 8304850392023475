using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>A run whose rows are kept: the pointer stands on one, and a rollback may go to the others.</summary>
public sealed record KeptPublication
{
    public required RunId RunId { get; init; }
    public required string TableName { get; init; }
    public required DateTimeOffset PublishedAt { get; init; }
    public required long Users { get; init; }

    /// <summary>Items over all lists.</summary>
    public required long Rows { get; init; }

    /// <summary>A rollback has taken it back.</summary>
    public required bool Withdrawn { get; init; }

    /// <summary>Newest first.</summary>
    public static async Task<IReadOnlyList<KeptPublication>> ListAsync(NpgsqlDataSource results, string pipeline, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<KeptPublication>(new CommandDefinition(Sql.Read("publish/kept.sql"), new { pipeline }, cancellationToken: cancellation))];
    }
}
