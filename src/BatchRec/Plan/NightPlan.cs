using System.Text.Json;
using BatchRec.Configuration;
using BatchRec.Extract;
using BatchRec.Publish;
using BatchRec.Runs;
using Dapper;
using Npgsql;

namespace BatchRec.Plan;

/// <summary>A night that is not run: what its steps would take. Made from the planner's estimates and from earlier nights; nothing is read in full, nothing is written.</summary>
public sealed record NightPlan
{
    public required string Pipeline { get; init; }

    public required RunKind Kind { get; init; }

    public required DateTimeOffset AsOf { get; init; }

    public required SourceEstimate Source { get; init; }

    /// <summary>Interactions of the whole log, old days and new.</summary>
    public required long Events { get; init; }

    public required string EventsFrom { get; init; }

    public required long Users { get; init; }

    public required string UsersFrom { get; init; }

    /// <summary>In the order of the night.</summary>
    public required IReadOnlyList<StepPlan> Steps { get; init; }

    public required DiskRoom Disk { get; init; }

    /// <summary>That tonight's lists add to the results database while the runs before are kept; null before the first publication.</summary>
    public long? ResultsBytes { get; init; }

    /// <summary>Of this machine.</summary>
    public required long MemoryBytes { get; init; }

    /// <param name="options">All of the pipeline's.</param>
    /// <param name="recorded">The same as a run records them (JSON).</param>
    /// <exception cref="BatchRecException">The source's query can't be planned.</exception>
    public static async Task<NightPlan> MakeAsync(
        NpgsqlDataSource source, NpgsqlDataSource results, RunTable runs, string pipeline, PipelineOptions options, string recorded, DateTimeOffset asOf, bool full,
        CancellationToken cancellation)
    {
        var live = await runs.LastPublishedAsync(pipeline, cancellation);
        var kind = full || live is null ? RunKind.Full : RunKind.Delta;
        var queries = SourceQueries.Read(options.Source, pipeline);
        var estimate = await SourceEstimate.ReadAsync(source, queries.Interactions, options.Source, options.Extract, asOf, live?.AsOf, kind == RunKind.Full, cancellation);

        var past = await PastNights.ReadAsync(runs, pipeline, cancellation);
        // Counted is better than planned: the live run's log, and what the planner says has come since.
        var (events, eventsFrom) = live is not null && live.AsOf <= asOf && (await runs.StepsAsync(live.RunId, cancellation)).FirstOrDefault(step => step.Step == Step.Extract)?.Rows is { } counted
            ? (counted + estimate.Since, $"run {live.RunId} has {counted:N0}; PostgreSQL's planner expects {estimate.Since:N0} since")
            : (estimate.Events, "by PostgreSQL's planner, as good as the last ANALYZE");
        var (users, usersFrom) = past.NewestRows(Step.Recommend) is { } lists ? (lists, "as in the newest run that made lists") : (estimate.Users, "by PostgreSQL's planner");

        using var sections = JsonDocument.Parse(recorded);
        var steps = Enum.GetValues<Step>().Select(step => Bounded(Expected(step), options)).ToList();
        var folder = options.Artefacts.Folder;
        return new NightPlan
        {
            Pipeline = pipeline, Kind = kind, AsOf = asOf, Source = estimate, Events = events, EventsFrom = eventsFrom, Users = users, UsersFrom = usersFrom, Steps = steps,
            Disk = DiskRoom.Of(folder, steps.Sum(step => step.DiskBytes ?? 0)), ResultsBytes = await ResultsBytesAsync(results, pipeline, users, cancellation),
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        };

        StepPlan Expected(Step step)
        {
            var (size, measuredBy) = step is Step.Recommend or Step.Publish ? (users, Step.Recommend) : (events, Step.Extract);
            RunKind? alike = step is Step.Extract or Step.Prepare ? kind : null;
            return past.Of(step, size, measuredBy, alike, SectionsOf(step, sections.RootElement), step is Step.Train or Step.Refit ? options.Train.MaxEpochs * options.Train.Members : null) ?? FirstGuess.Of(step, events, users, options);
        }
    }

    /// <summary>Of the steps together; null where one of them is not known.</summary>
    public double? Seconds => Steps.Any(step => step.Seconds is null) ? null : Steps.Sum(step => step.Seconds);

    public long? PeakMemoryBytes => Steps.Max(step => step.PeakMemoryBytes);

    /// <summary>Training ends by itself when its time is up; the refit goes on for the epochs found.</summary>
    private static StepPlan Bounded(StepPlan plan, PipelineOptions options) =>
        plan.Step == Step.Train && options.Train.MaxMinutes > 0 && plan.Seconds > 60 * options.Train.MaxMinutes
            ? plan with { Seconds = 60 * options.Train.MaxMinutes, AtMost = true, From = plan.From + ", ended by Train:MaxMinutes" }
            : plan;

    /// <summary>The options that decide what a step costs.</summary>
    private static Dictionary<string, JsonElement> SectionsOf(Step step, JsonElement recorded) => (step switch
    {
        Step.Extract => (string[])["extract"],
        Step.Train or Step.Refit => ["train", "rerank"],
        Step.Evaluate => ["evaluate", "blend", "rerank"],
        Step.Recommend => ["recommend", "rerank"],
        Step.Publish => ["publish"],
        _ => [],
    }).Where(name => recorded.TryGetProperty(name, out _)).ToDictionary(name => name, name => recorded.GetProperty(name));

    private static async Task<long?> ResultsBytesAsync(NpgsqlDataSource results, string pipeline, long users, CancellationToken cancellation)
    {
        if (await ResultTables.FindAsync(results, pipeline, cancellation) is not { } tables) return null;
        if (await KeptPublication.ListAsync(results, pipeline, cancellation) is not [{ Users: > 0 } kept, ..]) return null;
        await using var connection = await results.OpenConnectionAsync(cancellation);
        var bytes = await connection.QuerySingleAsync<long>(new CommandDefinition(
            Sql.Read("plan/published_bytes.sql"), new { tables.Schema, table = kept.TableName }, cancellationToken: cancellation));
        return bytes == 0 ? null : (long)(bytes * (users / (double)kept.Users));
    }
}
