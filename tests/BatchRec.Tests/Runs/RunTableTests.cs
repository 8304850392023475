using BatchRec.Runs;
using BatchRec.Schema;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Runs;

[Collection(PostgresTests.Name)]
public sealed class RunTableTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly DateTimeOffset Night = new(2026, 3, 1, 4, 0, 0, TimeSpan.FromHours(1));

    private readonly MovableClock _clock = new(new DateTimeOffset(2026, 3, 1, 3, 0, 0, TimeSpan.Zero));
    private NpgsqlDataSource _results = null!;
    private RunTable _runs = null!;

    public async Task InitializeAsync()
    {
        _results = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());
        await Migrations.ApplyAsync(_results, default);
        _runs = new RunTable(_results, _clock);
    }

    public async Task DisposeAsync() => await _results.DisposeAsync();

    private static NewRun Nightly(DateTimeOffset? scheduledFor = null, string pipeline = "default") =>
        new() { Pipeline = pipeline, Kind = RunKind.Delta, AsOf = Night, ScheduledFor = scheduledFor, Seed = 7, Options = """{"train": {"epochs": 3}}""" };

    [Fact]
    public async Task A_new_run_is_queued_with_all_steps_pending_in_the_order_of_the_night()
    {
        var made = await _runs.CreateAsync(Nightly(Night), default);
        var run = (await _runs.GetAsync(made.RunId, default))!;
        Assert.Equal((RunState.Queued, RunKind.Delta, 0, 7L), (run.State, run.Kind, run.Epoch, run.Seed));
        Assert.Equal((Night, (DateTimeOffset?)Night, _clock.Now), (run.AsOf, run.ScheduledFor, run.Created));
        Assert.Equal("""{"train": {"epochs": 3}}""", run.Options);
        Assert.Equal((null, "{}", null), (run.Started, run.Verdict, run.Lift));

        var steps = await _runs.StepsAsync(run.RunId, default);
        Assert.Equal(Enum.GetValues<Step>(), steps.Select(step => step.Step));
        Assert.All(steps, step => Assert.Equal((StepState.Pending, 0), (step.State, step.Attempt)));
    }

    [Fact]
    public async Task A_night_that_fires_twice_is_one_run()
    {
        var first = await _runs.CreateAsync(Nightly(Night), default);
        Assert.Equal(first, await _runs.CreateAsync(Nightly(Night), default));
        Assert.True(await _runs.CancelAsync(first.RunId, "enough", default));
        Assert.Equal(RunState.Cancelled, (await _runs.CreateAsync(Nightly(Night), default)).State);
    }

    [Fact]
    public async Task A_second_active_run_of_a_pipeline_is_refused_by_name_and_another_pipeline_is_not()
    {
        var first = await _runs.CreateAsync(Nightly(), default);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => _runs.CreateAsync(Nightly(Night), default));
        Assert.Contains(first.RunId.Value, fault.Message);
        var other = await _runs.CreateAsync(Nightly(pipeline: "shop-de"), default);
        Assert.Equal([first.RunId, other.RunId], (await _runs.AllActiveAsync(default)).Select(run => run.RunId).OrderBy(run => run == other.RunId));

        await _runs.CancelAsync(first.RunId, "enough", default);
        Assert.Equal((await _runs.CreateAsync(Nightly(), default)).RunId, (await _runs.ActiveAsync("default", default))!.RunId);
    }

    [Fact]
    public async Task Two_schedulers_that_create_the_same_night_at_once_get_the_same_run()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _runs.CreateAsync(Nightly(Night), default)));
        Assert.Single(runs.Select(run => run.RunId).Distinct());
    }

    [Fact]
    public async Task A_step_goes_from_queued_to_done_and_its_row_says_what_it_made()
    {
        var run = (await _runs.CreateAsync(Nightly(), default)).RunId;
        Assert.True(await _runs.StepQueuedAsync(run, Step.Extract, "job 5", default));
        var epoch = (await _runs.RaiseEpochAsync(run, default))!.Value;
        Assert.True(await _runs.StepStartedAsync(run, Step.Extract, epoch, default));
        Assert.True(await _runs.StepProgressAsync(run, Step.Extract, epoch, .25f, "day 3 of 12", 1 << 20, "reading", default));
        var running = (await _runs.StepsAsync(run, default))[0];
        Assert.Equal((StepState.Running, 1, "job 5", .25f, "day 3 of 12", 1L << 20, "reading"),
            (running.State, running.Attempt, running.HangfireJobId, running.Fraction, running.Message, running.PeakMemoryBytes, running.LogTail));

        _clock.Now += TimeSpan.FromMinutes(1);
        Assert.True(await _runs.StepDoneAsync(run, Step.Extract, epoch, new StepOutcome { Rows = 10, Bytes = 200 }, default));
        var done = (await _runs.StepsAsync(run, default))[0];
        Assert.Equal((StepState.Done, 1f, 10L, 200L, TimeSpan.FromMinutes(1)), (done.State, done.Fraction, done.Rows, done.Bytes, done.Finished - done.Started));
        Assert.False(await _runs.StepQueuedAsync(run, Step.Extract, "job 6", default));
        Assert.Equal(RunState.Running, (await _runs.GetAsync(run, default))!.State);
    }

    [Fact]
    public async Task A_process_with_an_older_epoch_changes_nothing()
    {
        var run = (await _runs.CreateAsync(Nightly(), default)).RunId;
        var lost = (await _runs.RaiseEpochAsync(run, default))!.Value;
        await _runs.StepStartedAsync(run, Step.Train, lost, default);
        var epoch = (await _runs.RaiseEpochAsync(run, default))!.Value;
        await _runs.StepStartedAsync(run, Step.Train, epoch, default);
        var before = await _runs.StepsAsync(run, default);

        Assert.False(await _runs.StepStartedAsync(run, Step.Train, lost, default));
        Assert.False(await _runs.StepProgressAsync(run, Step.Train, lost, .9f, "I am still here", null, null, default));
        Assert.False(await _runs.StepDoneAsync(run, Step.Train, lost, new StepOutcome(), default));
        Assert.False(await _runs.StepFailedAsync(run, Step.Train, lost, new StepOutcome(), default));
        Assert.False(await _runs.RecordVerdictAsync(run, lost, "quality", "{}", 9, default));
        Assert.False(await _runs.FinishAsync(run, lost, RunState.Failed, "I fail", default));
        Assert.Equal(before, await _runs.StepsAsync(run, default));
        Assert.Equal(2, before[(int)Step.Train].Attempt);
    }

    [Fact]
    public async Task A_refused_run_skips_what_is_left_and_can_not_be_taken_over()
    {
        var run = (await _runs.CreateAsync(Nightly(), default)).RunId;
        var epoch = (await _runs.RaiseEpochAsync(run, default))!.Value;
        await _runs.StepStartedAsync(run, Step.Gate, epoch, default);
        await _runs.StepDoneAsync(run, Step.Gate, epoch, new StepOutcome(), default);
        Assert.True(await _runs.RecordVerdictAsync(run, epoch, "quality", """{"accepted": false}""", .9, default));
        Assert.True(await _runs.FinishAsync(run, epoch, RunState.Refused, "popularity is better", default));

        var refused = (await _runs.GetAsync(run, default))!;
        Assert.Equal((RunState.Refused, "popularity is better", .9), (refused.State, refused.Message, refused.Lift));
        Assert.Equal("""{"quality": {"accepted": false}}""", refused.Verdict);
        var steps = await _runs.StepsAsync(run, default);
        Assert.Equal((StepState.Done, StepState.Skipped), (steps[(int)Step.Gate].State, steps[(int)Step.Publish].State));
        Assert.Null(await _runs.RaiseEpochAsync(run, default));
        Assert.False(await _runs.CancelAsync(run, "too late", default));
    }

    [Fact]
    public async Task A_cancelled_run_fences_the_process_that_works_on_it()
    {
        var run = (await _runs.CreateAsync(Nightly(), default)).RunId;
        var epoch = (await _runs.RaiseEpochAsync(run, default))!.Value;
        await _runs.StepStartedAsync(run, Step.Train, epoch, default);
        Assert.True(await _runs.CancelAsync(run, "deleted on the dashboard", default));
        Assert.False(await _runs.StepDoneAsync(run, Step.Train, epoch, new StepOutcome(), default));
        Assert.Equal(StepState.Cancelled, (await _runs.StepsAsync(run, default))[(int)Step.Train].State);
    }

    [Fact]
    public async Task A_failed_run_opens_again_from_a_step_and_keeps_what_lies_before_it()
    {
        var run = (await _runs.CreateAsync(Nightly(), default)).RunId;
        var epoch = (await _runs.RaiseEpochAsync(run, default))!.Value;
        foreach (var step in new[] { Step.Extract, Step.Prepare })
        {
            await _runs.StepStartedAsync(run, step, epoch, default);
            await _runs.StepDoneAsync(run, step, epoch, new StepOutcome(), default);
        }
        await _runs.FinishAsync(run, epoch, RunState.Failed, "no space left", default);
        await _runs.ReopenAsync(run, Step.Prepare, default);
        Assert.Equal([StepState.Done, StepState.Pending, StepState.Pending], (await _runs.StepsAsync(run, default)).Take(3).Select(step => step.State));
        Assert.False(await _runs.StepStartedAsync(run, Step.Prepare, epoch, default));
        Assert.True(await _runs.RaiseEpochAsync(run, default) > epoch);

        await _runs.CancelAsync(run, "enough", default);
        var other = await _runs.CreateAsync(Nightly(), default);
        await Assert.ThrowsAsync<BatchRecException>(() => _runs.ReopenAsync(run, Step.Prepare, default));
        Assert.Equal(other.RunId, (await _runs.ActiveAsync("default", default))!.RunId);
    }

    [Fact]
    public async Task An_evaluation_is_replaced_whole_and_keeps_its_NaN()
    {
        var run = (await _runs.CreateAsync(Nightly(), default)).RunId;
        var row = new MetricRow("nightly", "kept", "all", "sasrec", "NDCG@10", .25, .2, .3, 40);
        await _runs.RecordEvaluationAsync(run, [row, row with { Model = "markov", Low = null, High = null }], default);
        await _runs.RecordEvaluationAsync(run, [row with { Value = double.NaN, Cases = 0, Low = null, High = null }], default);
        Assert.Equal([row with { Value = double.NaN, Cases = 0, Low = null, High = null }], await _runs.EvaluationAsync(run, default));
    }

    [Fact]
    public async Task Files_are_spent_when_nothing_keeps_their_run_and_those_of_unknown_runs_never()
    {
        var (live, retired) = (await PublishedAsync(), await PublishedAsync());
        await using (var keep = _results.CreateCommand($"INSERT INTO batchrec.kept_publication (run_id, pipeline, table_name, published_at, watermark, users, rows) VALUES ('{live}', 'default', 'r', now(), now(), 1, 1)"))
            await keep.ExecuteNonQueryAsync();
        var old = await _runs.CreateAsync(Nightly(), default);
        await _runs.CancelAsync(old.RunId, "enough", default);
        _clock.Now += TimeSpan.FromDays(8);
        var recent = await _runs.CreateAsync(Nightly(Night), default);
        var (stranger, elsewhere) = (RunId.New(Night), await _runs.CreateAsync(Nightly(pipeline: "shop-de"), default));

        var files = await _runs.FilesAsync("default", [live, retired, old.RunId, recent.RunId, stranger, elsewhere.RunId], default);
        Assert.Equal(
            new Dictionary<RunId, bool> { [live] = false, [retired] = true, [old.RunId] = true, [recent.RunId] = false },
            files.ToDictionary(run => run.RunId, run => run.Spent));

        async Task<RunId> PublishedAsync()
        {
            var run = await _runs.CreateAsync(Nightly(), default);
            await using var publish = _results.CreateCommand($"UPDATE batchrec.run SET state = 'published', started = created, finished = created WHERE run_id = '{run.RunId}'");
            await publish.ExecuteNonQueryAsync();
            return run.RunId;
        }
    }
}
