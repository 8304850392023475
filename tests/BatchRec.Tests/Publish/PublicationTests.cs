using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Runs;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class PublicationTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    [Fact]
    public async Task Published_lists_are_read_rank_by_rank_and_by_user()
    {
        var lists = Lists([Shard((7, [30, 10]), (8, [20])), Shard((-9, []))]);
        var run = await PublishAsync(lists);
        Assert.Equal("7 1 30; 7 2 10; 8 1 20", await LiveRows());
        Assert.Equal([(1, .5f, "sasrec", run.Value, lists.GeneratedAt.UtcDateTime)],
            await Query<(int, float, string, string, DateTime)>("SELECT rank - 1, score, source, run_id, generated_at FROM batchrec.recommendations WHERE user_id = 7 AND rank = 2"));
        Assert.Equal([-9L, 7L, 8L], await Query<long>("SELECT user_id FROM batchrec.recommendations_by_user ORDER BY user_id"));
        Assert.Equal("{30,10}", Assert.Single(await Query<string>("SELECT item_ids::text FROM batchrec.recommendations_by_user WHERE user_id = 7")));
    }

    [Fact]
    public async Task A_publication_ends_the_run_and_its_step_and_says_what_it_has_done()
    {
        var run = await PublishAsync(Lists((7, [30, 10]), (8, [20])));
        var row = (await Runs.GetAsync(run, default))!;
        Assert.Equal((RunState.Published, (DateTimeOffset?)Clock.Now), (row.State, row.Finished));
        Assert.Contains("2 users, 3 rows, 3 items (30.0% of the catalogue)", row.Message!.Replace(" %", "%"));
        Assert.Contains("\"rows\"", row.Verdict);
        var step = (await Runs.StepsAsync(run, default))[(int)Step.Publish];
        Assert.Equal((StepState.Done, 2L), (step.State, step.Rows));
        Assert.True(await Runs.StepDoneAsync(run, Step.Publish, row.Epoch, new StepOutcome { Rows = 2, PeakMemoryBytes = 5 }, default));
        Assert.Equal(run, (await Runs.LastPublishedAsync("default", default))!.RunId);
    }

    [Fact]
    public async Task Publishing_the_same_run_twice_changes_nothing()
    {
        var lists = Lists((7, [30, 10]));
        var (run, epoch) = await NightAsync();
        var first = await Publication().PublishAsync(run, epoch, lists, new Progress<double>(), default);
        var before = await Everything();
        var again = await Publication().PublishAsync((await Runs.GetAsync(run.RunId, default))!, epoch, lists, new Progress<double>(), default);
        Assert.Equal(before, await Everything());
        Assert.Equal(first.Summary(), again.Summary());
    }

    [Theory]
    [InlineData("leftovers")]
    [InlineData("create")]
    [InlineData("copy")]
    [InlineData("items")]
    [InlineData("index")]
    [InlineData("verify")]
    [InlineData("attach")]
    [InlineData("pointer")]
    [InlineData("flip")]
    public async Task A_crash_after_any_part_leaves_the_live_rows_whole_and_another_attempt_ends_the_same(string part)
    {
        var first = await PublishAsync(Lists([Shard((7, [30]))], DefaultList(1), Items((30, "old", true))));
        var (run, epoch) = await NightAsync();
        var lists = Lists([Shard((7, [10, 20])), Shard((8, [40]))], DefaultList(2, 3), Items((10, "new", true), (20, null, false)));
        var crashing = Publication(after: done => { if (done == part) throw new IOException("killed"); });
        await Assert.ThrowsAsync<IOException>(() => crashing.PublishAsync(run, epoch, lists, new Progress<double>(), default));
        Assert.Equal(part == "flip" ? "7 1 10; 7 2 20; 8 1 40" : "7 1 30", await LiveRows());

        var current = (await Runs.GetAsync(run.RunId, default))!;
        if (current.State != RunState.Published) epoch = await RestartAsync(run.RunId);
        var verdict = await Publication().PublishAsync(current, epoch, lists, new Progress<double>(), default);
        Assert.True(verdict.Accepted);
        Assert.Equal($"""
            7 1 10; 7 2 20; 8 1 40
            default 1 2
            default 2 3
            item 10 new true
            item 20 - false
            item 30 old false
            pointer {run.RunId} before {first}
            kept {first} 1 1
            kept {run.RunId} 2 3
            run {first} published
            run {run.RunId} published
            step {first} done 1
            step {run.RunId} done 2
            log {first} published
            log {run.RunId} published
            table recommendation_{first}
            table recommendation_{run.RunId}
            """, await Everything());
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("verify")]
    public async Task An_attempt_that_was_given_up_for_lost_can_not_publish(string part)
    {
        var (run, lost) = await NightAsync();
        var lists = Lists((7, [30, 10]));
        var taken = 0;
        var slow = Publication(after: done =>
        {
            if (done == part) taken = RestartAsync(run.RunId).GetAwaiter().GetResult();
        });
        await Assert.ThrowsAsync<SupersededException>(() => slow.PublishAsync(run, lost, lists, new Progress<double>(), default));
        Assert.Equal([], await Query<string>("SELECT run_id FROM batchrec.publication"));

        await Publication().PublishAsync(run, taken, lists, new Progress<double>(), default);
        Assert.Equal("7 1 30; 7 2 10", await LiveRows());
        Assert.Equal([$"recommendation_{run.RunId}_{taken}"], await Tables());
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_publishes_stays_cancelled()
    {
        var (run, epoch) = await NightAsync();
        var cancelled = Publication(after: done =>
        {
            if (done == "index") Runs.CancelAsync(run.RunId, "deleted", default).GetAwaiter().GetResult();
        });
        await Assert.ThrowsAsync<SupersededException>(() => cancelled.PublishAsync(run, epoch, Lists((7, [30])), new Progress<double>(), default));
        Assert.Equal(RunState.Cancelled, (await Runs.GetAsync(run.RunId, default))!.State);
        Assert.Equal("", await LiveRows());

        await PublishAsync(Lists((7, [40])));
        Assert.Equal("7 1 40", await LiveRows());
        Assert.Single(await Tables());
    }

    [Fact]
    public async Task Readers_see_one_run_only_and_never_wait_while_the_pointer_flips()
    {
        (long, long[])[] old = [.. Enumerable.Range(1, 500).Select(user => ((long)user, new long[] { 1, 2, 3 }))];
        (long, long[])[] young = [.. Enumerable.Range(1, 500).Select(user => ((long)user, new long[] { 4, 5, 6, 7 }))];
        await PublishAsync(Lists(old));

        using var stop = new CancellationTokenSource();
        var seen = new HashSet<string>();
        var reader = Task.Run(async () =>
        {
            await using var connection = await Results.OpenConnectionAsync();
            // A lock that a reader has to wait for fails the test.
            await using (var impatient = new NpgsqlCommand("SET lock_timeout = 500", connection)) await impatient.ExecuteNonQueryAsync();
            await using var command = new NpgsqlCommand("SELECT count(DISTINCT run_id) || ' run, ' || count(DISTINCT user_id) || ' users, ' || count(*) || ' rows' FROM batchrec.recommendations", connection);
            while (!stop.IsCancellationRequested) seen.Add((string)(await command.ExecuteScalarAsync())!);
            seen.Add((string)(await command.ExecuteScalarAsync())!);
        });
        await PublishAsync(Lists(young), new PublishOptions { KeepRuns = 2 });
        await PublishAsync(Lists(old), new PublishOptions { KeepRuns = 2 });
        await PublishAsync(Lists(young), new PublishOptions { KeepRuns = 2 });
        await stop.CancelAsync();
        await reader;
        Assert.Equal(["1 run, 500 users, 1500 rows", "1 run, 500 users, 2000 rows"], seen.Order());
    }

    [Fact]
    public async Task A_table_that_someone_alters_is_asked_for_again_until_it_is_free()
    {
        await PublishAsync(Lists((7, [30])));
        var (run, epoch) = await NightAsync();
        await using var connection = await Results.OpenConnectionAsync();
        var altering = await connection.BeginTransactionAsync();
        await using (var alter = new NpgsqlCommand("LOCK TABLE batchrec.recommendation IN SHARE UPDATE EXCLUSIVE MODE", connection)) await alter.ExecuteNonQueryAsync();
        var asked = 0;
        var log = new RecordingLog(line =>
        {
            if (line.Contains("is locked") && ++asked == 1) altering.Rollback();
        });
        var verdict = await new Publication(Results, new PublishOptions { LockTimeoutSeconds = 1 }, Clock, log).PublishAsync(run, epoch, Lists((7, [31])), new Progress<double>(), default);
        Assert.True(verdict.Accepted);
        Assert.Equal(1, asked);
        Assert.Equal("7 1 31", await LiveRows());
    }

    [Fact]
    public async Task A_query_through_the_views_reads_the_live_partition_only()
    {
        await PublishAsync(Lists((7, [30])));
        await PublishAsync(Lists((7, [31])));
        var live = await PublishAsync(Lists((7, [32])));
        foreach (var query in new[] { "SELECT * FROM batchrec.recommendations WHERE user_id = 7", "SELECT * FROM batchrec.recommendations_by_user WHERE user_id = 7" })
        {
            var plan = await Query<string>("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + query);
            var scans = plan.Where(line => line.Contains(" on recommendation_2")).ToList();
            Assert.Equal(3, scans.Count);
            var executed = Assert.Single(scans, line => !line.Contains("never executed"));
            Assert.Contains($"recommendation_{live}", executed);
        }
    }

    [Fact]
    public async Task Ids_of_all_three_types_come_out_as_they_went_in()
    {
        var user = Guid.Parse("0b0e0f10-0000-4000-8000-00000000abcd");
        var item = Guid.Parse("ffffffff-0000-4000-8000-000000000001");
        await PublishAsync(Lists([Shard(Column.Uuid("user_id", new[] { user }), Column.Text("", ["ä 'quoted\"", ""]), [2])]), pipeline: "texts");
        await PublishAsync(Lists([Shard(Column.Text("user_id", ["O'Neill"]), Column.Uuid("", new[] { item }), [1])]), pipeline: "uuids");
        await PublishAsync(Lists([Shard(Column.Long("user_id", new[] { long.MinValue }), Column.Long("", new[] { long.MaxValue }), [1])]), pipeline: "longs");

        Assert.Equal([(user, 1, "ä 'quoted\""), (user, 2, "")], await Query<(Guid, int, string)>("SELECT user_id, rank, item_id FROM batchrec_texts.recommendations ORDER BY rank"));
        Assert.Equal([("O'Neill", item)], await Query<(string, Guid)>("SELECT user_id, item_id FROM batchrec_uuids.recommendations"));
        Assert.Equal([(long.MinValue, long.MaxValue)], await Query<(long, long)>("SELECT user_id, item_id FROM batchrec_longs.recommendations"));

        Assert.Equal("ä 'quoted\"", (await PublishedLists.ForAsync(Results, "texts", user.ToString().ToUpperInvariant(), 10, default)).Items[0].ItemId);
        Assert.Equal(item.ToString(), (await PublishedLists.ForAsync(Results, "uuids", "O'Neill", 10, default)).Items[0].ItemId);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => PublishedLists.ForAsync(Results, "longs", "O'Neill", 10, default));
        Assert.Contains("user ids are bigint", fault.Message);
    }

    [Fact]
    public async Task A_changed_type_of_ids_is_refused_and_the_live_lists_stay()
    {
        await PublishAsync(Lists((7, [30])));
        var before = await Everything();
        var (run, epoch) = await NightAsync();
        var texts = Lists([Shard(Column.Text("user_id", ["7"]), Column.Long("", new[] { 30L }), [1])]);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Publication().PublishAsync(run, epoch, texts, new Progress<double>(), default));
        Assert.Contains("user ids are text now, where its tables have bigint", fault.Message);
        var early = await Assert.ThrowsAsync<BatchRecException>(() => ResultTables.CheckAsync(Results, "default", IdKind.Text, IdKind.BigInt, new PublishOptions(), default));
        Assert.Equal(fault.Message, early.Message);
        await ResultTables.CheckAsync(Results, "default", IdKind.BigInt, IdKind.BigInt, new PublishOptions(), default);
        await ResultTables.CheckAsync(Results, "another", IdKind.Text, IdKind.Text, new PublishOptions(), default);
        await Runs.FinishAsync(run.RunId, epoch, RunState.Failed, fault.Message, default);
        Assert.Equal("7 1 30", await LiveRows());
        Assert.StartsWith(before.Split("\nrun")[0], await Everything());
    }

    [Fact]
    public async Task Two_pipelines_can_not_share_a_schema()
    {
        await PublishAsync(Lists((7, [30])));
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => PublishAsync(Lists((7, [30])), new PublishOptions { Schema = "batchrec" }, "shop-de"));
        Assert.Contains("Publish:Schema", fault.Message);
    }

    [Fact]
    public async Task A_user_who_stands_in_two_shards_is_an_error_and_nothing_is_published()
    {
        var (run, epoch) = await NightAsync();
        var fault = await Assert.ThrowsAsync<BatchRecException>(() =>
            Publication().PublishAsync(run, epoch, Lists([Shard((7, [30])), Shard((7, [31]))]), new Progress<double>(), default));
        Assert.Contains("(variant, user_id)=(default, 7)", fault.Message);
        Assert.Empty(await Query<string>("SELECT run_id FROM batchrec.publication"));
    }

    [Fact]
    public async Task A_shard_with_fewer_lists_than_its_manifest_says_is_an_error()
    {
        var (run, epoch) = await NightAsync();
        var shard = Shard((7, [30])) with { Rows = 2 };
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Publication().PublishAsync(run, epoch, Lists([shard]), new Progress<double>(), default));
        Assert.Contains(shard.Path, fault.Message);
        Assert.Contains("1 lists where its manifest says 2", fault.Message);
    }

    [Fact]
    public async Task A_delta_s_lists_are_published_in_the_place_of_the_shard_s()
    {
        var shard = WithIndices(0, (7, [30]), (8, [31]), (9, [32]));
        var delta = WithIndices(1, (8, [10, 11]), (20, [12]));
        // User 20 is the one of index 2 in the delta, which is user 9 in the shard: the index decides.
        await PublishAsync(Lists([shard with { Delta = delta }]));
        Assert.Equal("7 1 30; 8 1 10; 8 2 11; 20 1 12", await LiveRows());
    }

    [Fact]
    public async Task A_delta_with_fewer_lists_than_its_manifest_says_is_an_error()
    {
        var (run, epoch) = await NightAsync();
        var delta = WithIndices(0, (7, [10])) with { Rows = 3 };
        var fault = await Assert.ThrowsAsync<BatchRecException>(() =>
            Publication().PublishAsync(run, epoch, Lists([WithIndices(0, (7, [30])) with { Delta = delta }]), new Progress<double>(), default));
        Assert.Contains($"{delta.Path} holds 1 lists where its manifest says 3", fault.Message);
        Assert.Empty(await Query<string>("SELECT run_id FROM batchrec.publication"));
    }

    [Fact]
    public async Task Lists_of_fewer_users_than_the_manifest_says_are_not_published()
    {
        var (run, epoch) = await NightAsync();
        var fault = await Assert.ThrowsAsync<BatchRecException>(() =>
            Publication().PublishAsync(run, epoch, Lists((7, [30]), (8, [31])) with { Users = 3 }, new Progress<double>(), default));
        Assert.Contains("of 2 users where their manifest says 3", fault.Message);
        Assert.Empty(await Query<string>("SELECT run_id FROM batchrec.publication"));
    }

    /// <summary>A shard with the column that a delta needs: the users' indices, one after the other.</summary>
    private Shard WithIndices(int first, params (long User, long[] Items)[] lists) => Shard(
        Column.Long("user_id", lists.Select(list => list.User).ToArray()), Column.Long("", lists.SelectMany(list => list.Items).ToArray()),
        lists.Select(list => list.Items.Length).ToArray(), null, "sasrec", Column.Int(TopNLists.UserColumn, Enumerable.Range(first, lists.Length).ToArray()));

    [Fact]
    public async Task Rows_that_change_between_the_load_and_the_flip_are_noticed()
    {
        await PublishAsync(Lists((7, [30])));
        var (run, epoch) = await NightAsync();
        var tampered = Publication(after: done =>
        {
            if (done == "index") Execute($"UPDATE batchrec.recommendation_{run.RunId}_{epoch} SET item_ids = ARRAY[2, 1]").GetAwaiter().GetResult();
        });
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => tampered.PublishAsync(run, epoch, Lists((7, [1, 2])), new Progress<double>(), default));
        Assert.Contains("checksum", fault.Message);
        Assert.Equal("7 1 30", await LiveRows());
    }

    [Fact]
    public async Task A_file_without_its_columns_is_an_error_that_names_them()
    {
        var (run, epoch) = await NightAsync();
        var shard = new Shard(File(Column.Long("user_id", new[] { 7L })), 1);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Publication().PublishAsync(run, epoch, Lists([shard]), new Progress<double>(), default));
        Assert.Contains("item_ids is missing", fault.Message);
    }

    private string Items(params (long Id, string? Title, bool Available)[] items) => File(
        Column.Long("item_id", items.Select(item => item.Id).ToArray()), Column.Text("title", items.Select(item => item.Title)),
        Column.Bool("available", items.Select(item => item.Available).ToArray()));

    private Task<List<string>> Tables() => Query<string>("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(recommendation|item)_2' ORDER BY relname");
}
