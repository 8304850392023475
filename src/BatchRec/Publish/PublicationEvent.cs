using System.Text.Json;
using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>A row of <c>batchrec.publication_log</c>. Times are UTC.</summary>
public sealed record PublicationEvent
{
    public required DateTimeOffset At { get; init; }

    /// <summary><c>published</c>, <c>rolled back</c>, <c>refused</c>, <c>held</c>, <c>released</c>, or <c>stopped</c>: by a hold.</summary>
    public required string Action { get; init; }

    /// <summary>Null: it is of the pipeline and not of a run.</summary>
    public RunId? RunId { get; init; }

    /// <summary>The run that was live before.</summary>
    public RunId? FromRun { get; init; }

    /// <summary>A JSON array of sentences.</summary>
    public required string Reasons { get; init; }

    public string Why => string.Join(' ', JsonSerializer.Deserialize<string[]>(Reasons) ?? []);

    /// <summary>Newest first.</summary>
    public static async Task<IReadOnlyList<PublicationEvent>> ListAsync(NpgsqlDataSource results, string pipeline, int count, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<PublicationEvent>(new CommandDefinition(Sql.Read("publish/log.sql"), new { pipeline, count }, cancellationToken: cancellation))];
    }
}
