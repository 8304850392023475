using Dapper;
using Npgsql;

namespace BatchRec.Runs;

/// <summary>
/// The truth about runs and their steps. Whatever a step writes names the epoch that it was started with, and is refused (false) when a later start,
/// a cancel or the run's end has raised it since: a process that was given up for lost can't disturb its successor.
/// </summary>
public sealed class RunTable(NpgsqlDataSource results, TimeProvider clock)
{
    // A run that failed or was refused can be opened again from any step, for as long as somebody may still be looking into it.
    private static readonly TimeSpan ContinuedWithin = TimeSpan.FromDays(7);

    // Recent enough to be of the same shop, many enough that one slow night doesn't count.
    private const int TypicalOver = 9;

    private static readonly string[] Steps = [.. Enum.GetValues<Step>().Select(Text)];

    /// <summary>The new run with its steps, all pending. A night that is there already is returned as it is, whatever its state.</summary>
    /// <exception cref="BatchRecException">Another run of the pipeline is active.</exception>
    public async Task<RunRow> CreateAsync(NewRun run, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        while (true)
        {
            var now = clock.GetUtcNow();
            var id = RunId.New(now);
            var (scheduledFor, kind) = (run.ScheduledFor?.ToUniversalTime(), Text(run.Kind));
            var inserted = await connection.ExecuteAsync(Sql.Read("runs/insert.sql"), new
            {
                run = id, run.Pipeline, kind, AsOf = run.AsOf.ToUniversalTime(), scheduledFor, run.Seed, run.Options,
                CodeVersion = CodeVersion.Text, now, steps = Steps,
            });
            if (inserted > 0) return (await GetAsync(id, cancellation))!;

            if (scheduledFor is not null
                && await connection.QuerySingleOrDefaultAsync<RunRow>(Sql.Read("runs/scheduled.sql"), new { run.Pipeline, scheduledFor }) is { } sameNight)
                return sameNight;
            if (await ActiveAsync(run.Pipeline, cancellation) is { } active)
                throw new BatchRecException(
                    $"Pipeline {run.Pipeline}: run {active.RunId} is {Text(active.State)} since {active.Created:u}, and one run at a time is what a pipeline takes. "
                    + "Wait for it (`batchrec status`), or end it: batchrec cancel");
            // Whoever was in the way has ended between the statements: once more.
        }
    }

    public Task<RunRow?> GetAsync(RunId run, CancellationToken cancellation) => FindAsync("runs/get.sql", new { run }, cancellation);

    /// <summary>The run that is queued or running; there is at most one.</summary>
    public Task<RunRow?> ActiveAsync(string pipeline, CancellationToken cancellation) => FindAsync("runs/active.sql", new { pipeline }, cancellation);

    /// <summary>Active runs of all pipelines, oldest first: what reconcile looks after.</summary>
    public Task<IReadOnlyList<RunRow>> AllActiveAsync(CancellationToken cancellation) => ListAsync<RunRow>("runs/all_active.sql", null, cancellation);

    public Task<RunRow?> LatestAsync(string pipeline, CancellationToken cancellation) => FindAsync("runs/latest.sql", new { pipeline }, cancellation);

    /// <summary>Newest first.</summary>
    /// <param name="before">Only runs older than this one; null: from the newest on.</param>
    public Task<IReadOnlyList<RunRow>> HistoryAsync(string pipeline, int count, CancellationToken cancellation, RunId? before = null) =>
        ListAsync<RunRow>("runs/history.sql", new { pipeline, count, before = before?.Value }, cancellation);

    /// <summary>The run whose lists are live: after a rollback the one rolled back to.</summary>
    public Task<RunRow?> LastPublishedAsync(string pipeline, CancellationToken cancellation) =>
        FindAsync("runs/last_published.sql", new { pipeline }, cancellation);

    /// <summary>Those of the runs with files that this database knows.</summary>
    public Task<IReadOnlyList<RunFiles>> FilesAsync(string pipeline, IReadOnlyCollection<RunId> runs, CancellationToken cancellation) =>
        ListAsync<RunFiles>("runs/files.sql", new { pipeline, runs = Values(runs), continuedSince = clock.GetUtcNow() - ContinuedWithin }, cancellation);

    /// <summary>Takes the run over: the epoch that the caller's writes must name, or null when the run is not active any more.</summary>
    public async Task<int?> RaiseEpochAsync(RunId run, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<int?>(Sql.Read("runs/raise_epoch.sql"), new { run, now = clock.GetUtcNow() });
    }

    /// <summary>In the order of the night.</summary>
    public Task<IReadOnlyList<StepRow>> StepsAsync(RunId run, CancellationToken cancellation) =>
        ListAsync<StepRow>("runs/steps.sql", new { run, steps = Steps }, cancellation);

    /// <summary>The steps of several runs, without their logs, each run's in the order of the night.</summary>
    public Task<IReadOnlyList<StepRow>> StepsAsync(IReadOnlyCollection<RunId> of, CancellationToken cancellation) =>
        ListAsync<StepRow>("runs/steps_of_runs.sql", new { runs = Values(of), steps = Steps }, cancellation);

    /// <summary>How long each step has taken in recent published runs.</summary>
    public async Task<IReadOnlyDictionary<Step, TypicalStep>> TypicalStepsAsync(string pipeline, CancellationToken cancellation) =>
        (await ListAsync<TypicalStep>("runs/typical_steps.sql", new { pipeline, count = TypicalOver }, cancellation)).ToDictionary(step => step.Step);

    /// <summary>Notes the Hangfire job that is to do the step; false when the step is done or the run is not active.</summary>
    public Task<bool> StepQueuedAsync(RunId run, Step step, string job, CancellationToken cancellation) =>
        ChangeAsync("runs/step_queued.sql", new { run, step = Text(step), job }, cancellation);

    /// <summary>Another attempt begins; what the last one left in the row is cleared.</summary>
    public Task<bool> StepStartedAsync(RunId run, Step step, int epoch, CancellationToken cancellation) =>
        ChangeAsync("runs/step_started.sql", new { run, step = Text(step), epoch, now = clock.GetUtcNow() }, cancellation);

    /// <param name="fraction">Of the step, 0 to 1.</param>
    public Task<bool> StepProgressAsync(
        RunId run, Step step, int epoch, float fraction, string? message, long? peakMemoryBytes, string? logTail, CancellationToken cancellation) =>
        ChangeAsync("runs/step_progress.sql", new { run, step = Text(step), epoch, fraction = Math.Clamp(fraction, 0, 1), message, peakMemoryBytes, logTail }, cancellation);

    public Task<bool> StepDoneAsync(RunId run, Step step, int epoch, StepOutcome outcome, CancellationToken cancellation) =>
        StepFinishedAsync(run, step, epoch, StepState.Done, outcome, cancellation);

    /// <summary>This attempt failed; the run stays active, for a retry.</summary>
    public Task<bool> StepFailedAsync(RunId run, Step step, int epoch, StepOutcome outcome, CancellationToken cancellation) =>
        StepFinishedAsync(run, step, epoch, StepState.Failed, outcome, cancellation);

    /// <summary>Ends an active run as refused, held or failed: its epoch is raised, its open steps are closed. A publication ends it by itself.</summary>
    public Task<bool> FinishAsync(RunId run, int epoch, RunState state, string message, CancellationToken cancellation) => state is RunState.Refused or RunState.Held or RunState.Failed
        ? EndAsync(run, epoch, state, message, cancellation)
        : throw new ArgumentOutOfRangeException(nameof(state), state, "A run ends refused, held or failed here; CancelAsync cancels, Publication publishes.");

    /// <summary>Ends an active run whoever works on it; false when there was nothing left to cancel.</summary>
    public Task<bool> CancelAsync(RunId run, string message, CancellationToken cancellation) =>
        EndAsync(run, epoch: null, RunState.Cancelled, message, cancellation);

    /// <summary>Opens a run that was refused, held, failed or cancelled (or is active) once more: <paramref name="from"/> and all later steps are pending again.</summary>
    /// <exception cref="BatchRecException">It was published, there is no such run, or another run of its pipeline is active.</exception>
    public async Task ReopenAsync(RunId run, Step from, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await results.OpenConnectionAsync(cancellation);
            var reopened = await connection.ExecuteScalarAsync<long>(Sql.Read("runs/reopen.sql"), new { run, steps = Steps[(int)from..] });
            if (reopened > 0) return;
        }
        catch (PostgresException fault) when (fault.ConstraintName == "run_one_active")
        {
            throw new BatchRecException($"Run {run} can't start again while another run of its pipeline is active (`batchrec status` shows it). Wait for that one, or cancel it.", fault);
        }
        throw new BatchRecException(await GetAsync(run, cancellation) is null
            ? $"There is no run {run}; `batchrec status` shows the newest."
            : $"Run {run} was published, and a publication is never changed. Start a new run: batchrec run");
    }

    /// <summary>Stores a verdict (JSON) under <paramref name="part"/>: <c>quality</c> with the lift over the best baseline, or <c>rows</c>.</summary>
    public Task<bool> RecordVerdictAsync(RunId run, int epoch, string part, string verdict, double? lift, CancellationToken cancellation) =>
        ChangeAsync("runs/record_verdict.sql", new { run, epoch, part, verdict, lift }, cancellation);

    /// <summary>Lifts over the best baseline of the last published runs that were not withdrawn, newest first.</summary>
    public Task<IReadOnlyList<double>> AcceptedLiftsAsync(string pipeline, int count, CancellationToken cancellation) =>
        ListAsync<double>("runs/accepted_lifts.sql", new { pipeline, count }, cancellation);

    /// <summary>Replaces the run's evaluation.</summary>
    public async Task RecordEvaluationAsync(RunId run, IReadOnlyCollection<MetricRow> rows, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(Sql.Read("runs/evaluation_delete.sql"), new { run }, transaction);
        await connection.ExecuteAsync(Sql.Read("runs/evaluation_insert.sql"), new
        {
            run, protocols = rows.Select(row => row.Protocol).ToArray(), repeats = rows.Select(row => row.Repeats).ToArray(),
            segments = rows.Select(row => row.Segment).ToArray(), models = rows.Select(row => row.Model).ToArray(),
            metrics = rows.Select(row => row.Metric).ToArray(), values = rows.Select(row => row.Value).ToArray(),
            lows = rows.Select(row => row.Low).ToArray(), highs = rows.Select(row => row.High).ToArray(), cases = rows.Select(row => row.Cases).ToArray(),
        }, transaction);
        await transaction.CommitAsync(cancellation);
    }

    public Task<IReadOnlyList<MetricRow>> EvaluationAsync(RunId run, CancellationToken cancellation) =>
        ListAsync<MetricRow>("runs/evaluation.sql", new { run }, cancellation);

    /// <summary>One metric of every model over several runs, all users together.</summary>
    public Task<IReadOnlyList<RunMetric>> MetricHistoryAsync(IReadOnlyCollection<RunId> of, string protocol, string repeats, string metric, CancellationToken cancellation) =>
        ListAsync<RunMetric>("runs/metric_history.sql", new { runs = Values(of), protocol, repeats, metric }, cancellation);

    /// <summary>Replaces a learning curve of the run.</summary>
    /// <param name="artefact"><see cref="Artefact.HoldoutModel"/> or <see cref="Artefact.Model"/></param>
    public async Task RecordCurveAsync(RunId run, string artefact, IReadOnlyCollection<CurvePoint> curve, CancellationToken cancellation) =>
        await ChangeAsync("runs/record_curve.sql", new
        {
            run, artefact, epochs = curve.Select(point => point.Epoch).ToArray(), losses = curve.Select(point => point.Loss).ToArray(),
            ndcgs = curve.Select(point => point.Ndcg).ToArray(), averages = curve.Select(point => point.AveragedNdcg).ToArray(), seconds = curve.Select(point => point.Seconds).ToArray(),
        }, cancellation);

    public Task<IReadOnlyList<CurvePoint>> CurveAsync(RunId run, string artefact, CancellationToken cancellation) =>
        ListAsync<CurvePoint>("runs/curve.sql", new { run, artefact }, cancellation);

    /// <summary>Notes a finished artefact: what its files must be, should anyone doubt them.</summary>
    public async Task ArtefactMadeAsync(RunId run, Artefact artefact, CancellationToken cancellation)
    {
        var manifest = artefact.Manifest;
        await ChangeAsync("runs/artefact_made.sql", new
        {
            run, artefact = manifest.Artefact, manifest = artefact.Sha256, manifest.Rows, bytes = manifest.Files.Sum(file => file.Bytes),
        }, cancellation);
    }

    private Task<bool> StepFinishedAsync(RunId run, Step step, int epoch, StepState state, StepOutcome outcome, CancellationToken cancellation) =>
        ChangeAsync("runs/step_finished.sql", new
        {
            run, step = Text(step), epoch, state = Text(state), now = clock.GetUtcNow(),
            outcome.Rows, outcome.Bytes, outcome.PeakMemoryBytes, outcome.Message, outcome.LogTail,
        }, cancellation);

    private async Task<bool> EndAsync(RunId run, int? epoch, RunState state, string message, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<long>(Sql.Read("runs/finish.sql"), new { run, epoch, state = Text(state), message, now = clock.GetUtcNow() }) > 0;
    }

    private async Task<bool> ChangeAsync(string statement, object values, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(Sql.Read(statement), values, cancellationToken: cancellation)) > 0;
    }

    private async Task<RunRow?> FindAsync(string statement, object values, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return await connection.QuerySingleOrDefaultAsync<RunRow>(new CommandDefinition(Sql.Read(statement), values, cancellationToken: cancellation));
    }

    private async Task<IReadOnlyList<T>> ListAsync<T>(string statement, object? values, CancellationToken cancellation)
    {
        await using var connection = await results.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<T>(new CommandDefinition(Sql.Read(statement), values, cancellationToken: cancellation))];
    }

    private static string[] Values(IReadOnlyCollection<RunId> runs) => [.. runs.Select(run => run.Value)];

    private static string Text<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
