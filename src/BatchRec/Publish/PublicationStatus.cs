using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Publish;

/// <summary>What <c>batchrec status</c> shows of a pipeline.</summary>
/// <param name="LatestRun">Null before the first.</param>
/// <param name="Live">Null before the first publication.</param>
/// <param name="LiveMetrics">What the evaluation of the live run says.</param>
public sealed record PublicationStatus(
    string Pipeline, RunRow? LatestRun, IReadOnlyList<StepRow> LatestSteps, LivePublication? Live, IReadOnlyList<MetricRow> LiveMetrics)
{
    public static async Task<PublicationStatus> ReadAsync(NpgsqlDataSource results, string pipeline, TimeProvider clock, CancellationToken cancellation)
    {
        var runs = new RunTable(results, clock);
        var latest = await runs.LatestAsync(pipeline, cancellation);
        var live = await LivePublication.ReadAsync(results, pipeline, clock, cancellation);
        return new PublicationStatus(
            pipeline, latest, latest is null ? [] : await runs.StepsAsync(latest.RunId, cancellation),
            live, live is null ? [] : await runs.EvaluationAsync(live.RunId, cancellation));
    }
}

/// <summary>What readers read. Times are UTC.</summary>
public sealed record LivePublication
{
    public required RunId RunId { get; init; }

    /// <summary>When the pointer was set to it: a rollback sets it anew.</summary>
    public required DateTimeOffset LiveSince { get; init; }

    /// <summary>When it was published first.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>The log was read up to here.</summary>
    public required DateTimeOffset Watermark { get; init; }

    public required long Users { get; init; }

    /// <summary>Items over all lists.</summary>
    public required long Rows { get; init; }

    /// <summary>Where a rollback would go.</summary>
    public RunId? PreviousRunId { get; init; }

    public required string Schema { get; init; }
    public required int MaxAgeHours { get; init; }

    /// <summary>Since it was published first.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>Null before the first publication.</summary>
    public static async Task<LivePublication?> ReadAsync(NpgsqlDataSource results, string pipeline, TimeProvider clock, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var command = new CommandDefinition(Sql.Read("publish/status.sql"), new { pipeline }, cancellationToken: cancellation);
        return await connection.QuerySingleOrDefaultAsync<LivePublication>(command) is { } live ? live with { Age = clock.GetUtcNow() - live.PublishedAt } : null;
    }

    public bool Healthy => Age <= TimeSpan.FromHours(MaxAgeHours);
}
