using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using Xunit;

namespace BatchRec.Tests.Publish;

/// <summary>What of a history speaks for an item, from the shards to the readers.</summary>
public sealed class BecauseTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    /// <summary>One user with three items; two of them have reasons: two, and one.</summary>
    private Shard Explained(Column user, Column items, Column because) => new(File(
        user, Column.List("item_ids", new[] { 0, 3 }, items), Column.List("scores", new[] { 0, 3 }, Column.Float("", new[] { 3f, 2f, 1f })),
        Column.List("sources", new[] { 0, 3 }, Column.Text("", ["model", "model", "fallback"])),
        Column.List("because", new[] { 0, 3 }, because), Column.List("because_counts", new[] { 0, 2 }, Column.Int("", new[] { 2, 1 }))), 1);

    private async Task<List<string>> ReasonsAsync(string schema = "batchrec") =>
        await Query<string>($"SELECT item_id || ' because of ' || because::text FROM {schema}.recommendations ORDER BY rank");

    [Fact]
    public async Task Items_come_with_what_of_the_history_speaks_for_them()
    {
        await PublishAsync(Lists([Explained(Column.Long("user_id", new[] { 7L }), Column.Long("", new[] { 30L, 20, 10 }), Column.Long("", new[] { 1L, 2, 3 }))]));
        Assert.Equal(["30 because of {1,2}", "20 because of {3}", "10 because of {}"], await ReasonsAsync());
        Assert.Equal(["{{1,2},{3,NULL}}"], await Query<string>("SELECT because::text FROM batchrec.recommendations_by_user"));
        Assert.Equal(["bigint[]"], await Query<string>("SELECT DISTINCT pg_typeof(because)::text FROM batchrec.recommendations"));

        var list = await PublishedLists.ForAsync(Results, "default", "7", 2, default);
        Assert.Equal(["1", "2"], list.Items[0].Because);
        Assert.Equal(["3"], list.Items[1].Because);
    }

    [Fact]
    public async Task Ids_of_every_type_come_through()
    {
        var (a, b, c) = (Guid.Parse("00000000-0000-0000-0000-00000000000a"), Guid.Parse("00000000-0000-0000-0000-00000000000b"), Guid.Parse("ffffffff-0000-0000-0000-00000000000c"));
        await PublishAsync(Lists([Explained(Column.Text("user_id", ["u"]), Column.Uuid("", new[] { a, b, c }), Column.Uuid("", new[] { c, b, a }))]), pipeline: "uuids");
        Assert.Equal([$"{a} because of {{{c},{b}}}", $"{b} because of {{{a}}}", $"{c} because of {{}}"], await ReasonsAsync("batchrec_uuids"));
        await PublishAsync(Lists([Explained(Column.Text("user_id", ["u"]), Column.Text("", ["x", "y", "z"]), Column.Text("", ["ä 'quoted\"", "", "q"]))]), pipeline: "texts");
        Assert.Equal(["ä 'quoted\"", "", "q"], await Query<string>("SELECT unnest(because) FROM batchrec_texts.recommendations WHERE cardinality(because) > 0"));
    }

    [Fact]
    public async Task Lists_that_were_made_without_reasons_have_none()
    {
        await PublishAsync(Lists((7, [30, 20])));
        Assert.Equal(["30 because of {}", "20 because of {}"], await ReasonsAsync());
        Assert.Equal([null], await Query<string?>("SELECT because::text FROM batchrec.recommendations_by_user"));
        Assert.All((await PublishedLists.ForAsync(Results, "default", "7", 2, default)).Items, item => Assert.Empty(item.Because));
    }

    [Fact]
    public async Task Reasons_that_do_not_fit_their_list_are_not_published()
    {
        var shard = new Shard(File(
            Column.Long("user_id", new[] { 7L }), Column.List("item_ids", new[] { 0, 1 }, Column.Long("", new[] { 30L })), Column.List("scores", new[] { 0, 1 }, Column.Float("", new[] { 1f })),
            Column.List("sources", new[] { 0, 1 }, Column.Text("", ["model"])), Column.List("because", new[] { 0, 2 }, Column.Long("", new[] { 1L, 2 })),
            Column.List("because_counts", new[] { 0, 1 }, Column.Int("", new[] { 1 }))), 1);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => PublishAsync(Lists([shard])));
        Assert.Contains("has reasons for 1 of them, 1 by their counts and 2 in all", fault.Message);
    }

    [Fact]
    public async Task What_an_earlier_release_published_is_read_on_gets_the_column_and_can_be_gone_back_to()
    {
        var before = await PublishAsync(Lists((7, [30, 20])));
        // As the release before left it: no such column, and views that don't know of it.
        await Execute("""
            DROP VIEW batchrec.recommendations;
            DROP VIEW batchrec.recommendations_by_user;
            ALTER TABLE batchrec.recommendation DROP COLUMN because;
            CREATE VIEW batchrec.recommendations_by_user AS
            SELECT user_id, item_ids, scores, sources, run_id, generated_at FROM batchrec.recommendation
            WHERE variant = 'default' AND run_id = (SELECT run_id FROM batchrec.publication WHERE pipeline = 'default' AND variant = 'default');
            CREATE VIEW batchrec.recommendations AS
            SELECT list.user_id, entry.rank::integer AS rank, entry.item_id, entry.score, entry.source, list.run_id, list.generated_at
            FROM batchrec.recommendations_by_user AS list
            CROSS JOIN LATERAL unnest(list.item_ids, list.scores, list.sources) WITH ORDINALITY AS entry (item_id, score, source, rank);
            UPDATE batchrec.result_schema SET template = 'earlier';
            """);
        Assert.Equal(["30", "20"], (await PublishedLists.ForAsync(Results, "default", "7", 2, default)).Items.Select(item => item.ItemId));

        await PublishAsync(Lists([Explained(Column.Long("user_id", new[] { 7L }), Column.Long("", new[] { 3L, 2, 1 }), Column.Long("", new[] { 1L, 2, 3 }))]));
        Assert.Equal(["3 because of {1,2}", "2 because of {3}", "1 because of {}"], await ReasonsAsync());
        await new Rollback(Results, Clock).RunAsync("default", before, default);
        Assert.Equal(["30 because of {}", "20 because of {}"], await ReasonsAsync());
    }
}
