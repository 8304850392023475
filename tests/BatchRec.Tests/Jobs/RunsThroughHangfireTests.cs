using System.Collections.Concurrent;
using BatchRec.Jobs;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Dapper;
using Hangfire;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;
using static BatchRec.Tests.Jobs.TestJobs;

namespace BatchRec.Tests.Jobs;

[Collection(PostgresTests.Name)]
public sealed class RunsThroughHangfireTests(PostgresCluster cluster) : IAsyncLifetime
{
    private TestJobs _jobs = null!;

    public async Task InitializeAsync() => _jobs = await TestJobs.CreateAsync(cluster);

    public async Task DisposeAsync() => await _jobs.DisposeAsync();

    [Fact]
    public async Task A_run_goes_through_all_steps_in_their_order_and_is_published()
    {
        var did = new ConcurrentQueue<Step>();
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) =>
        {
            did.Enqueue(step);
            return Task.FromResult<StepResult?>(null);
        }))).Services;
        var run = await StartAsync(server);
        Assert.Equal(RunState.Published, (await EndAsync(server, run.RunId)).State);
        Assert.Equal(FakeNight.Steps, did);

        var steps = await server.GetRequiredService<RunTable>().StepsAsync(run.RunId, default);
        Assert.All(steps, step => Assert.Equal((StepState.Done, 1, 1f), (step.State, step.Attempt, step.Fraction)));
        var prepare = steps[(int)Step.Prepare];
        Assert.Equal((10L, 100L, "made sequences"), (prepare.Rows, prepare.Bytes, prepare.Message));
        Assert.True(prepare.PeakMemoryBytes > 1 << 20);
        Assert.Equal([EnqueuedState.StateName, ProcessingState.StateName, SucceededState.StateName], HistoryOf(server, prepare.HangfireJobId!).Take(3));
    }

    [Fact]
    public async Task A_run_records_the_options_that_it_started_with_and_no_connection_string()
    {
        var services = _jobs.Services(FakeNight.Of());
        var run = await StartAsync(services);
        Assert.Contains("\"maxLength\": 200", run.Options);
        Assert.DoesNotContain("Host=", run.Options);
        Assert.Equal(7, run.Seed);
    }

    [Fact]
    public async Task Settings_of_the_command_line_that_started_a_run_hold_for_its_steps_on_another_server()
    {
        var setup = _jobs.Setup(("Recommend:TopN", "33"));
        var starter = JobServer.Build(setup, FakeNight.Of(), Roles.None);
        var run = await StartAsync(starter.Services);
        starter.Dispose();

        var seen = 0;
        var server = (await _jobs.ServeAsync(FakeNight.Of((_, context, _) =>
        {
            seen = context.Options.Recommend.TopN;
            return Task.FromResult<StepResult?>(null);
        }))).Services;
        Assert.Equal(RunState.Published, (await EndAsync(server, run.RunId)).State);
        Assert.Equal(33, seen);
    }

    [Fact]
    public async Task A_night_that_fires_twice_is_one_run()
    {
        var server = (await _jobs.ServeAsync(FakeNight.Of())).Services;
        var nights = server.GetRequiredService<Nights>();
        var fired = new DateTimeOffset(2026, 3, 1, 4, 0, 3, TimeSpan.Zero);
        var both = await Task.WhenAll(nights.StartDueAsync("default", fired, default), nights.StartDueAsync("default", fired.AddSeconds(20), default));
        Assert.Equal(both[0].RunId, both[1].RunId);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 4, 0, 0, TimeSpan.Zero), both[0].ScheduledFor);
        Assert.Equal(both[0].ScheduledFor, both[0].AsOf);

        await EndAsync(server, both[0].RunId);
        Assert.Equal(both[0].RunId, (await nights.StartDueAsync("default", fired.AddHours(5), default)).RunId);
        Assert.All(await server.GetRequiredService<RunTable>().StepsAsync(both[0].RunId, default), step => Assert.Equal(1, step.Attempt));
    }

    [Fact]
    public async Task The_schedule_fires_the_night_and_a_press_on_trigger_starts_a_run_of_its_own()
    {
        var server = (await _jobs.ServeAsync(FakeNight.Of(), Roles.Cpu | Roles.Scheduler, ("Schedule:Enabled", "true"), ("Schedule:Cron", "0 4 * * *"))).Services;
        var job = server.GetRequiredService<IRecurringJobManagerV2>().TriggerJob(NightJob.IdOf("default"));
        var runs = server.GetRequiredService<RunTable>();
        while (await runs.LatestAsync("default", default) is null) await Task.Delay(50);
        var byHand = await EndAsync(server, (await runs.LatestAsync("default", default))!.RunId);
        Assert.Equal((RunState.Published, (DateTimeOffset?)null), (byHand.State, byHand.ScheduledFor));

        // As the scheduler does it, down to the reason.
        server.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job, new ScheduledState(TimeSpan.FromDays(1)));
        await using (var connection = new NpgsqlConnection(_jobs.Database))
        {
            await connection.ExecuteAsync("DELETE FROM hangfire.state WHERE jobid = @id", new { id = long.Parse(job) });
        }
        server.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job, new EnqueuedState { Reason = "Triggered by recurring job scheduler" });
        while ((await runs.LatestAsync("default", default))!.RunId == byHand.RunId) await Task.Delay(50);
        var due = await EndAsync(server, (await runs.LatestAsync("default", default))!.RunId);
        Assert.Equal(4, due.ScheduledFor!.Value.Hour);
        Assert.Equal(due.ScheduledFor, due.AsOf);
    }

    [Fact]
    public async Task A_night_supersedes_one_that_waits_since_long_and_not_one_that_works()
    {
        var services = _jobs.Services(FakeNight.Of());
        var (nights, runs) = (services.GetRequiredService<Nights>(), services.GetRequiredService<RunTable>());
        var waiting = await StartAsync(services);
        var tonight = DateTimeOffset.UtcNow.AddDays(3);
        await using (await RunLock.TryAcquireAsync(_jobs.Database, StepQueue.LockOf(waiting), TimeSpan.Zero, default))
            Assert.Contains(waiting.RunId.Value, (await Assert.ThrowsAsync<BatchRecException>(() => nights.StartDueAsync("default", tonight, default))).Message);
        var next = await nights.StartDueAsync("default", tonight, default);
        Assert.NotEqual(waiting.RunId, next.RunId);
        Assert.StartsWith("Superseded by the night of", (await runs.GetAsync(waiting.RunId, default))!.Message);
    }

    [Fact]
    public async Task A_refused_run_ends_there_and_is_not_tried_again()
    {
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) =>
            Task.FromResult(step == Step.Gate ? new StepResult(0, 0, "worse than popularity", Refused: true) : null)))).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        Assert.Equal((RunState.Refused, "worse than popularity"), (run.State, run.Message));
        var steps = await server.GetRequiredService<RunTable>().StepsAsync(run.RunId, default);
        Assert.Equal(
            [StepState.Done, StepState.Done, StepState.Done, StepState.Done, StepState.Done, StepState.Skipped, StepState.Skipped, StepState.Skipped],
            steps.Select(step => step.State));
        Assert.Equal(("worse than popularity", 1), (steps[(int)Step.Gate].Message, steps[(int)Step.Gate].Attempt));
        Assert.DoesNotContain(FailedState.StateName, HistoryOf(server, steps[(int)Step.Gate].HangfireJobId!));
    }

    [Fact]
    public async Task A_step_that_fails_once_is_tried_again()
    {
        var attempts = 0;
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) =>
            step == Step.Prepare && Interlocked.Increment(ref attempts) == 1 ? throw new IOException("the disk burns") : Task.FromResult<StepResult?>(null)))).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        Assert.Equal(RunState.Published, run.State);
        Assert.Equal(2, (await StepAsync(server, run.RunId, Step.Prepare)).Attempt);
    }

    [Fact]
    public async Task Retries_used_up_fail_the_run_and_say_why()
    {
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) => step == Step.Train ? throw new IOException("the disk burns") : Task.FromResult<StepResult?>(null)))).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        Assert.Equal((RunState.Failed, "Train: the disk burns"), (run.State, run.Message));
        var train = await StepAsync(server, run.RunId, Step.Train);
        Assert.Equal((StepState.Failed, 3, "the disk burns"), (train.State, train.Attempt, train.Message));
        Assert.Equal(StepState.Cancelled, (await StepAsync(server, run.RunId, Step.Publish)).State);
    }

    [Fact]
    public async Task A_fault_that_a_person_has_to_mend_is_not_tried_again()
    {
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) => step == Step.Extract ? throw new BatchRecException("Mend me.") : Task.FromResult<StepResult?>(null)))).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        Assert.Equal((RunState.Failed, "Extract: Mend me."), (run.State, run.Message));
        Assert.Equal(1, (await StepAsync(server, run.RunId, Step.Extract)).Attempt);
    }

    [Fact]
    public async Task Reconcile_gives_a_stranded_run_a_job_and_a_run_that_has_one_none()
    {
        var services = _jobs.Services(FakeNight.Of());
        var (nights, runs) = (services.GetRequiredService<Nights>(), services.GetRequiredService<RunTable>());
        // A crash between the run's row and its job.
        var run = await runs.CreateAsync(new NewRun { Pipeline = "default", Kind = RunKind.Full, AsOf = DateTimeOffset.UtcNow, Seed = 1, Options = "{}" }, default);
        Assert.Equal(1, await nights.ReconcileAsync(default));
        var job = (await StepAsync(services, run.RunId, Step.Extract)).HangfireJobId;
        Assert.NotNull(job);
        await nights.ReconcileAsync(default);
        Assert.Equal(job, (await StepAsync(services, run.RunId, Step.Extract)).HangfireJobId);

        // A job whose server was killed a while ago: "processing" still, and nobody holds the run's lock.
        services.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job!, new SucceededState(null, 0, 0));
        await nights.ReconcileAsync(default);
        Assert.NotEqual(job, (await StepAsync(services, run.RunId, Step.Extract)).HangfireJobId);

        var server = (await _jobs.ServeAsync(FakeNight.Of())).Services;
        Assert.Equal(RunState.Published, (await EndAsync(server, run.RunId)).State);
    }

    [Fact]
    public async Task A_run_whose_own_settings_cannot_be_used_any_more_fails_and_the_others_go_on()
    {
        var services = _jobs.Services(FakeNight.Of());
        var (nights, runs) = (services.GetRequiredService<Nights>(), services.GetRequiredService<RunTable>());
        var run = await runs.CreateAsync(new NewRun
        {
            Pipeline = "default", Kind = RunKind.Full, AsOf = DateTimeOffset.UtcNow, Seed = 1, Options = """{"overrides": {"Train:Epocs": "3"}}""",
        }, default);
        await nights.ReconcileAsync(default);
        var failed = (await runs.GetAsync(run.RunId, default))!;
        Assert.Equal(RunState.Failed, failed.State);
        Assert.StartsWith("Train:Epocs is not an option", failed.Message);
    }

    [Fact]
    public async Task Two_jobs_for_a_step_do_it_once()
    {
        var did = new ConcurrentQueue<Step>();
        var services = _jobs.Services(FakeNight.Of());
        var run = await StartAsync(services);
        services.GetRequiredService<IBackgroundJobClientV2>().Create<StepJob>(
            Queues.Default, job => job.Work(run.RunId.Value, "extract", null!, CancellationToken.None), new EnqueuedState(Queues.Default));
        var server = (await _jobs.ServeAsync(FakeNight.Of(async (step, _, cancellation) =>
        {
            did.Enqueue(step);
            await Task.Delay(300, cancellation);
            return null;
        }))).Services;
        Assert.Equal(RunState.Published, (await EndAsync(server, run.RunId)).State);
        Assert.Equal(FakeNight.Steps, did);
    }

    [Fact]
    public async Task Deleting_the_job_on_the_dashboard_cancels_the_run_and_stops_its_step()
    {
        var stopped = new TaskCompletionSource();
        var server = (await _jobs.ServeAsync(FakeNight.Of(async (step, _, cancellation) =>
        {
            if (step != Step.Train) return null;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                stopped.SetResult();
            }
            return null;
        }))).Services;
        var run = await StartAsync(server);
        await WaitAsync(server, run.RunId, (_, steps) => steps[(int)Step.Train].State == StepState.Running);
        var job = (await StepAsync(server, run.RunId, Step.Train)).HangfireJobId!;
        server.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job, new DeletedState { Reason = "Triggered via Dashboard UI" });

        Assert.Equal(RunState.Cancelled, (await EndAsync(server, run.RunId)).State);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(StepState.Cancelled, (await StepAsync(server, run.RunId, Step.Publish)).State);
    }

    [Fact]
    public async Task Requeueing_a_failed_step_on_the_dashboard_goes_on_with_its_run_with_all_its_retries()
    {
        var (failures, attempts) = (3, 0);
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) =>
            step == Step.Evaluate && Interlocked.Increment(ref attempts) <= failures ? throw new IOException("the disk burns") : Task.FromResult<StepResult?>(null)))).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        Assert.Equal(RunState.Failed, run.State);
        failures = 5;
        var job = (await StepAsync(server, run.RunId, Step.Evaluate)).HangfireJobId!;
        await WaitForStateAsync(server, job, FailedState.StateName);
        server.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job, new EnqueuedState { Reason = "Triggered via Dashboard UI" });

        await WaitAsync(server, run.RunId, (row, _) => row.State == RunState.Published);
        Assert.Equal(6, (await StepAsync(server, run.RunId, Step.Evaluate)).Attempt);
        Assert.Equal(1, (await StepAsync(server, run.RunId, Step.Train)).Attempt);
    }

    [Fact]
    public async Task Requeueing_a_step_that_succeeded_does_it_and_all_later_ones_anew()
    {
        var refuse = true;
        var server = (await _jobs.ServeAsync(FakeNight.Of((step, _, _) =>
            Task.FromResult(step == Step.Gate && refuse ? new StepResult(0, 0, "worse", Refused: true) : null)))).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        var store = new ArtefactStore(Path.Combine(_jobs.Folder, "artefacts"), "default", TimeProvider.System);
        string Made(string artefact) => File.ReadAllText(store.Find(run.RunId, artefact)!.PathOf("content"));
        Assert.Equal(("Prepare in epoch 2", "Train in epoch 3"), (Made(Artefact.Sequences), Made(Artefact.HoldoutModel)));

        refuse = false;
        var job = (await StepAsync(server, run.RunId, Step.Train)).HangfireJobId!;
        await WaitForStateAsync(server, job, SucceededState.StateName);
        server.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job, new EnqueuedState { Reason = "Triggered via Dashboard UI" });
        await WaitAsync(server, run.RunId, (row, _) => row.State == RunState.Published);
        Assert.Equal("Prepare in epoch 2", Made(Artefact.Sequences));
        Assert.NotEqual("Train in epoch 3", Made(Artefact.HoldoutModel));
        Assert.Equal(1, (await StepAsync(server, run.RunId, Step.Prepare)).Attempt);
    }

    [Fact]
    public async Task Requeueing_a_step_of_a_published_run_is_refused_on_its_page()
    {
        var server = (await _jobs.ServeAsync(FakeNight.Of())).Services;
        var run = await EndAsync(server, (await StartAsync(server)).RunId);
        var job = (await StepAsync(server, run.RunId, Step.Train)).HangfireJobId!;
        server.GetRequiredService<IBackgroundJobClientV2>().ChangeState(job, new EnqueuedState { Reason = "Triggered via Dashboard UI" });
        Assert.Equal(FailedState.StateName, HistoryOf(server, job)[^1]);
        var failed = server.GetRequiredService<JobStorage>().GetMonitoringApi().JobDetails(job).History[0];
        Assert.Contains("Start a new run: batchrec run", failed.Data["ExceptionMessage"]);
        Assert.Equal(RunState.Published, (await server.GetRequiredService<RunTable>().GetAsync(run.RunId, default))!.State);
    }

    [Fact]
    public async Task A_step_whose_lock_is_lost_is_stopped_and_tried_again()
    {
        var attempts = 0;
        var server = (await _jobs.ServeAsync(FakeNight.Of(async (step, _, cancellation) =>
        {
            if (step == Step.Prepare && Interlocked.Increment(ref attempts) == 1) await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        }))).Services;
        var run = await StartAsync(server);
        await WaitAsync(server, run.RunId, (_, steps) => steps[(int)Step.Prepare].State == StepState.Running);
        await using (var connection = new NpgsqlConnection(_jobs.Database))
            await connection.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
        Assert.Equal(RunState.Published, (await EndAsync(server, run.RunId)).State);
        Assert.Equal((2, 2), (attempts, (await StepAsync(server, run.RunId, Step.Prepare)).Attempt));
    }

    [Fact]
    public async Task What_an_attempt_does_after_it_was_taken_over_does_not_count()
    {
        var go = new TaskCompletionSource();
        var server = (await _jobs.ServeAsync(FakeNight.Of(async (step, context, _) =>
        {
            // Deaf to its cancellation.
            if (step == Step.Prepare && !go.Task.IsCompleted) await go.Task;
            return null;
        }))).Services;
        var runs = server.GetRequiredService<RunTable>();
        var run = await StartAsync(server);
        await WaitAsync(server, run.RunId, (_, steps) => steps[(int)Step.Prepare].State == StepState.Running);
        Assert.True(await runs.CancelAsync(run.RunId, "enough", default));
        go.SetResult();
        await WaitForStateAsync(server, (await StepAsync(server, run.RunId, Step.Prepare)).HangfireJobId!, SucceededState.StateName);
        Assert.Equal(StepState.Cancelled, (await StepAsync(server, run.RunId, Step.Prepare)).State);
        Assert.Equal(RunState.Cancelled, (await runs.GetAsync(run.RunId, default))!.State);
    }

    [Fact]
    public async Task A_server_that_is_asked_to_stop_gives_its_step_back_and_the_next_one_goes_on()
    {
        var first = await _jobs.ServeAsync(FakeNight.Of(async (step, _, cancellation) =>
        {
            if (step == Step.Train) await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        }));
        var run = await StartAsync(first.Services);
        await WaitAsync(first.Services, run.RunId, (_, steps) => steps[(int)Step.Train].State == StepState.Running);
        var job = (await StepAsync(first.Services, run.RunId, Step.Train)).HangfireJobId;
        await first.StopAsync();

        var second = (await _jobs.ServeAsync(FakeNight.Of())).Services;
        Assert.Equal(RunState.Published, (await EndAsync(second, run.RunId)).State);
        var train = await StepAsync(second, run.RunId, Step.Train);
        Assert.Equal((job, 2), (train.HangfireJobId, train.Attempt));
    }

    [Fact]
    public async Task Progress_reaches_the_row_while_the_step_runs()
    {
        var seen = new TaskCompletionSource();
        var server = (await _jobs.ServeAsync(FakeNight.Of(async (step, context, _) =>
        {
            if (step != Step.Extract) return null;
            for (var i = 0; i < 1000; i++) context.Progress.Report(new StepProgress(0.25 + 0.0005 * i, $"row {i}"));
            await seen.Task;
            return null;
        }))).Services;
        var run = await StartAsync(server);
        await WaitAsync(server, run.RunId, (_, steps) => steps[0] is { Fraction: > 0.7f, Message: "row 999" });
        seen.SetResult();
        Assert.Equal(RunState.Published, (await EndAsync(server, run.RunId)).State);
    }

    [Fact]
    public async Task Steps_on_cuda_wait_for_a_gpu_server()
    {
        var work = FakeNight.OfFolder(_jobs.Folder) with { OnGpu = (step, _) => step is Step.Train or Step.Refit };
        var cpu = (await _jobs.ServeAsync(work)).Services;
        var run = await StartAsync(cpu);
        await WaitAsync(cpu, run.RunId, (_, steps) => steps[(int)Step.Train].State == StepState.Queued);
        await Task.Delay(500);
        Assert.Equal(0, (await StepAsync(cpu, run.RunId, Step.Train)).Attempt);
        Assert.DoesNotContain(Queues.Gpu, Liveness.QueuesWithServer(cpu.GetRequiredService<JobStorage>()));

        Environment.SetEnvironmentVariable(FakeNight.Folder, _jobs.Folder);
        await _jobs.ServeAsync(work, Roles.Gpu);
        Assert.Equal(RunState.Published, (await EndAsync(cpu, run.RunId)).State);
        Assert.Contains(Queues.Gpu, Liveness.QueuesWithServer(cpu.GetRequiredService<JobStorage>()));
    }

    private static async Task WaitForStateAsync(IServiceProvider services, string job, string state)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (HistoryOf(services, job)[^1] != state)
        {
            if (DateTime.UtcNow > deadline) throw new TimeoutException($"Job {job}: {string.Join(", ", HistoryOf(services, job))}");
            await Task.Delay(50);
        }
    }
}
