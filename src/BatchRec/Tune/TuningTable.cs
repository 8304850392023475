using System.Text.Json;
using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Tune;

/// <summary>A row of <c>batchrec.tuning</c>. Times are UTC.</summary>
public sealed record TuningRow
{
    public required string TuningId { get; init; }
    public required string Pipeline { get; init; }

    /// <summary>Whose prepared sequences are trained on.</summary>
    public required RunId RunId { get; init; }

    public required TuneSearch Search { get; init; }
    public required DateTimeOffset Created { get; init; }

    /// <summary>Null while it is under way, or interrupted.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it ended.</summary>
    public string? Message { get; init; }
}

/// <summary>The table <c>batchrec.tuning</c>, and the trials of each.</summary>
public sealed class TuningTable(NpgsqlDataSource results, TimeProvider clock)
{
    public async Task<TuningRow> CreateAsync(string pipeline, RunId run, TuneOptions options, string fingerprint, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        // Sorts by age and is part of a folder's name, as a run's is.
        var tuning = RunId.New(now).Value;
        await ChangeAsync("tune/insert.sql", new { tuning, pipeline, run, search = options.Search.ToString().ToLowerInvariant(), space = JsonSerializer.Serialize(options.Space), fingerprint, now }, cancellation);
        return (await NewestAsync(pipeline, cancellation, fingerprint))!;
    }

    /// <param name="fingerprint">Of <see cref="TuneOptions.Fingerprint"/>; null: whatever was searched.</param>
    /// <returns>null where there is none</returns>
    public async Task<TuningRow?> NewestAsync(string pipeline, CancellationToken cancellation, string? fingerprint = null)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<TuningRow>(new CommandDefinition(Sql.Read("tune/newest.sql"), new { pipeline, fingerprint }, cancellationToken: cancellation));
    }

    /// <summary>All that this database knows of.</summary>
    public async Task<IReadOnlyList<string>> IdsAsync(string pipeline, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<string>(new CommandDefinition(Sql.Read("tune/ids.sql"), new { pipeline }, cancellationToken: cancellation))];
    }

    public ITrialStore Trials(TuningRow tuning) => new TrialRows(results, tuning.TuningId);

    public TuningReport Report(TuningRow tuning) => new(tuning.Search, Trials(tuning).Read(), tuning.Message ?? "It is under way, or was interrupted: the same command goes on.");

    public Task ReopenAsync(TuningRow tuning, CancellationToken cancellation) => ChangeAsync("tune/reopen.sql", new { tuning = tuning.TuningId }, cancellation);

    public Task FinishAsync(TuningRow tuning, string message, CancellationToken cancellation) =>
        ChangeAsync("tune/finish.sql", new { tuning = tuning.TuningId, message, now = clock.GetUtcNow() }, cancellation);

    private async Task ChangeAsync(string statement, object values, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(Sql.Read(statement), values, cancellationToken: cancellation));
    }
}
