using BatchRec.Configuration;
using BatchRec.Interactions;
using BatchRec.Parquet;
using BatchRec.Publish;
using BatchRec.Runs;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BatchRec.Tests.Publish;

public sealed class PublishStepTests(PostgresCluster cluster) : PublishTestBase(cluster)
{
    [Fact]
    public async Task The_step_publishes_the_run_s_artefacts_with_titles_and_default_list()
    {
        var (run, epoch) = await NightAsync();
        var store = await StoreAsync(run.RunId, lists: 1);
        var result = await PublishStep.RunAsync(Context(run, epoch, store), default);
        Assert.Equal((1L, false), (result.Rows, result.Refused));
        Assert.Contains("2 items (50.0% of the catalogue)", result.Message.Replace(" %", "%"));
        Assert.Equal("7 1 30; 7 2 10", await LiveRows());
        Assert.Equal(["thirty"], (await PublishedLists.ForAsync(Results, "default", "8", 10, default)).Items.Select(item => item.Title));
    }

    [Fact]
    public async Task The_step_says_that_verdict_2_refuses()
    {
        var (run, epoch) = await NightAsync();
        var result = await PublishStep.RunAsync(Context(run, epoch, await StoreAsync(run.RunId, lists: 0)), default);
        Assert.Equal((true, "There is no list at all."), (result.Refused, result.Message));
    }

    [Fact]
    public async Task A_shard_that_changed_after_its_manifest_is_not_published()
    {
        var (run, epoch) = await NightAsync();
        var store = await StoreAsync(run.RunId, lists: 1);
        var shard = Path.Combine(store.Find(run.RunId, Artefact.TopN)!.Folder, "part-0000.parquet");
        System.IO.File.WriteAllBytes(shard, System.IO.File.ReadAllBytes(shard)[..^1]);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => PublishStep.RunAsync(Context(run, epoch, store), default));
        Assert.Contains("part-0000.parquet", fault.Message);
        Assert.Empty(await Query<string>("SELECT run_id FROM batchrec.publication"));
    }

    private async Task<ArtefactStore> StoreAsync(RunId run, int lists)
    {
        var store = new ArtefactStore(Folder, "default", Clock);
        await store.GetOrCreateAsync(run, Artefact.Interactions, (draft, _) =>
        {
            ParquetFile.Write(Path.Combine(draft.Folder, InteractionLog.ItemsFile), Column.Long("item_id", new long[] { 10, 30 }), Column.Text("title", ["ten", "thirty"]));
            new InteractionFacts
            {
                UserIdKind = IdKind.BigInt, ItemIdKind = IdKind.BigInt, AsOf = 0, Query = "", Full = true, RowsRead = 0, Duplicates = 0,
                Skipped = new Dictionary<string, long>(), Days = 0, DaysReused = 0, SnapshotSeconds = 0,
            }.WriteTo(draft);
            return Task.CompletedTask;
        }, default);
        await store.GetOrCreateAsync(run, Artefact.TopN, (draft, _) =>
        {
            (long, long[])[] all = [(7, [30, 10])];
            System.IO.File.Move(Shard(all[..lists]).Path, Path.Combine(draft.Folder, "part-0000.parquet"));
            System.IO.File.Move(DefaultList(30), Path.Combine(draft.Folder, TopNLists.DefaultFile));
            draft.RowsOf("part-0000.parquet", lists);
            draft.Fact(TopNLists.CatalogueItemsFact, 4L);
            return Task.CompletedTask;
        }, default);
        return store;
    }

    private StepContext Context(RunRow run, int epoch, ArtefactStore store) => new()
    {
        Run = run, Epoch = epoch, Options = new PipelineOptions(), Store = store, Runs = Runs, Source = Results, Results = Results,
        Progress = new Progress<StepProgress>(), Log = NullLogger.Instance, Clock = Clock,
    };
}
