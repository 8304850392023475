using BatchRec.Parquet;
using BatchRec.Publish;
using Npgsql;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class ReaderTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    [Fact]
    public async Task The_reader_role_reads_the_views_and_nothing_else()
    {
        await PublishAsync(Lists([Shard((7, [30]))], DefaultList(1)));
        foreach (var view in new[] { "recommendations", "recommendations_by_user", "default_recommendations", "items", "publication_status" })
            await AsReader($"SELECT * FROM batchrec.{view}");
        await AsReader("SELECT * FROM batchrec.recommend(7)");

        foreach (var table in new[] { "recommendation", "default_recommendation", "item", "publication", "kept_publication", "run", "run_step", "evaluation", "migration" })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await Refused($"SELECT * FROM batchrec.{table}"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await Refused("DELETE FROM batchrec.items"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await Refused("CREATE TABLE batchrec.mine ()"));
    }

    [Fact]
    public async Task A_role_without_grants_can_not_even_call_the_function()
    {
        await Execute("CREATE ROLE stranger_to_lists NOLOGIN");
        await PublishAsync(Lists((7, [30])));
        await Execute("GRANT USAGE ON SCHEMA batchrec TO stranger_to_lists");
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, await Refused("SELECT * FROM batchrec.recommend(7)", "stranger_to_lists"));
    }

    [Fact]
    public async Task Without_the_right_to_create_roles_lists_are_published_and_granted_as_soon_as_the_role_is_there()
    {
        await Execute("CREATE ROLE publishes_only LOGIN; GRANT ALL ON SCHEMA batchrec TO publishes_only; GRANT ALL ON ALL TABLES IN SCHEMA batchrec TO publishes_only; GRANT ALL ON ALL SEQUENCES IN SCHEMA batchrec TO publishes_only");
        await using var limited = NpgsqlDataSource.Create(ConnectionString.Replace("Username=batchrec", "Username=publishes_only"));
        var log = new RecordingLog();
        var options = new PublishOptions { ReaderRole = "reads_later" };
        async Task Publish()
        {
            var (run, epoch) = await NightAsync();
            await new Publication(limited, options, Clock, log).PublishAsync(run, epoch, Lists((7, [30])), new Progress<double>(), default);
        }
        await Publish();
        Assert.Contains("CREATE ROLE reads_later NOLOGIN", Assert.Single(log.Warnings));
        Assert.Equal("7 1 30", await LiveRows());

        await Execute("CREATE ROLE reads_later NOLOGIN");
        await Publish();
        Assert.Contains("GRANT USAGE ON SCHEMA batchrec TO reads_later", log.Warnings[1]);
        await Execute("GRANT USAGE ON SCHEMA batchrec TO reads_later");
        await Publish();
        Assert.Equal(2, log.Warnings.Count);
        await AsReader("SELECT * FROM batchrec.recommendations", "reads_later");
    }

    [Fact]
    public async Task Recommend_gives_a_user_their_list_else_the_default_one_without_what_is_not_available()
    {
        var items = File(Column.Long("item_id", new long[] { 10, 20, 30, 40 }), Column.Text("title", ["ten", "twenty", null, "forty"]),
            Column.Bool("available", new[] { true, false, true, true }));
        await PublishAsync(Lists([Shard((7, [30, 20, 10]))], DefaultList(20, 40, 10), items));
        Assert.Equal(["1 30", "2 10"], await Recommend("7"));
        Assert.Equal(["1 30"], await Recommend("7, 1"));
        Assert.Equal(["1 40", "2 10"], await Recommend("8"));
        Assert.Equal([], await Recommend("7, 0"));

        await Execute("UPDATE batchrec.item SET available = false WHERE item_id = 30");
        Assert.Equal(["1 10"], await Recommend("7"));

        var own = await PublishedLists.ForAsync(Results, "default", "7", 10, default);
        Assert.True(own.Own);
        Assert.Equal([(1, "10", "ten", "sasrec")], own.Items.Select(item => (item.Rank, item.ItemId, item.Title!, item.Source)));
        var other = await PublishedLists.ForAsync(Results, "default", "8", 1, default);
        Assert.False(other.Own);
        Assert.Equal([("40", "forty", "fallback")], other.Items.Select(item => (item.ItemId, item.Title!, item.Source)));
    }

    [Fact]
    public async Task Items_that_the_source_no_longer_names_keep_their_title_and_are_not_available()
    {
        string Items(params long[] ids) => File(Column.Long("item_id", ids), Column.Text("title", ids.Select(id => (string?)$"item {id}")));
        await PublishAsync(Lists([Shard((7, [1, 2]))], items: Items(1, 2)));
        Assert.Equal(["1 1", "2 2"], await Recommend("7"));
        await PublishAsync(Lists([Shard((7, [1, 2]))], items: Items(2)));
        Assert.Equal(["1 2"], await Recommend("7"));
        Assert.Equal([(1L, "item 1", false), (2L, "item 2", true)], await Query<(long, string, bool)>("SELECT item_id, title, available FROM batchrec.items ORDER BY item_id"));

        await PublishAsync(Lists((7, [1, 2])));
        Assert.Equal(["1 1", "2 2"], await Recommend("7"));
        Assert.Empty(await Query<long>("SELECT item_id FROM batchrec.items"));
    }

    [Fact]
    public async Task The_status_says_what_is_live_how_old_it_is_and_when_it_stops_being_healthy()
    {
        Assert.Null((await PublicationStatus.ReadAsync(Results, "default", Clock, default)).Live);
        Clock.Now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(-30).ToUnixTimeSeconds());
        var run = await PublishAsync(Lists((7, [30, 31]), (8, [30])), new PublishOptions { MaxAgeHours = 48 });
        var (next, epoch) = await NightAsync();
        await Runs.FinishAsync(next.RunId, epoch, BatchRec.Runs.RunState.Failed, "no space left", default);

        var status = await PublicationStatus.ReadAsync(Results, "default", Clock, default);
        Assert.Equal((next.RunId, run, 2L, 3L, TimeSpan.FromHours(1), true),
            (status.LatestRun!.RunId, status.Live!.RunId, status.Live.Users, status.Live.Rows, status.Live.Age, status.Live.Healthy));
        Assert.Equal([(run.Value, 2L, 3L, true, next.RunId.Value, "failed", "no space left")], await Query<(string, long, long, bool, string, string, string)>(
            "SELECT run_id, users, rows, healthy, newest_run_id, newest_state, newest_message FROM batchrec.publication_status"));

        Clock.Now += TimeSpan.FromHours(48);
        Assert.False((await PublicationStatus.ReadAsync(Results, "default", Clock, default)).Live!.Healthy);
        await Execute("UPDATE batchrec.kept_publication SET published_at = now() - interval '49 hours'");
        Assert.Equal([false], await Query<bool>("SELECT healthy FROM batchrec.publication_status"));
    }

    [Fact]
    public async Task Before_the_first_publication_a_user_s_list_is_a_clear_error()
    {
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => PublishedLists.ForAsync(Results, "default", "7", 10, default));
        Assert.Contains("published nothing yet", fault.Message);
    }

    private Task<List<string>> Recommend(string arguments) => Query<string>($"SELECT rank || ' ' || item_id FROM batchrec.recommend({arguments}) ORDER BY rank");

    private async Task<string> Refused(string sql, string role = "batchrec_reader") => (await Assert.ThrowsAsync<PostgresException>(() => AsReader(sql, role))).SqlState;

    private async Task AsReader(string sql, string role = "batchrec_reader")
    {
        await using var connection = await Results.OpenConnectionAsync();
        await using (var become = new NpgsqlCommand($"SET ROLE {role}", connection)) await become.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
