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
        var result = await Night.RunAsync(Step.Publish, Context(run, epoch, store), default);
        Assert.Equal((1L, false), (result.Rows, result.Refused));
        Assert.Contains("2 items (50.0% of the catalogue)", result.Message.Replace(" %", "%"));
        Assert.Equal("7 1 30; 7 2 10", await LiveRows());
        Assert.Equal(["thirty"], (await PublishedLists.ForAsync(Results, "default", "8", 10, default)).Items.Select(item => item.Title));
    }

    [Fact]
    public async Task The_step_says_that_verdict_2_refuses()
    {
        var (run, epoch) = await NightAsync();
        var result = await Night.RunAsync(Step.Publish, Context(run, epoch, await StoreAsync(run.RunId, lists: 0)), default);
        Assert.Equal((true, "There is no list at all."), (result.Refused, result.Message));
    }

    [Fact]
    public async Task A_shard_that_changed_after_its_manifest_is_not_published()
    {
        var (run, epoch) = await NightAsync();
        var store = await StoreAsync(run.RunId, lists: 1);
        var shard = Path.Combine(store.Find(run.RunId, Artefact.TopN)!.Folder, "part-0000.parquet");
        System.IO.File.WriteAllBytes(shard, System.IO.File.ReadAllBytes(shard)[..^1]);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Night.RunAsync(Step.Publish, Context(run, epoch, store), default));
        Assert.Contains("part-0000.parquet", fault.Message);
        Assert.Empty(await Query<string>("SELECT run_id FROM batchrec.publication"));
    }

    [Fact]
    public async Task While_the_pipeline_is_held_the_step_stops_and_says_so_and_afterwards_it_publishes()
    {
        var hold = new PublishingHold(Results, Clock);
        await hold.HoldAsync("default", "Sale until Monday.", default);
        var (run, epoch) = await NightAsync();
        var store = await StoreAsync(run.RunId, lists: 1);
        var result = await Night.RunAsync(Step.Publish, Context(run, epoch, store), default);
        Assert.Equal((true, false), (result.Held, result.Refused));
        Assert.Contains("Sale until Monday.", result.Message);
        Assert.Empty(await Query<string>("SELECT run_id FROM batchrec.publication"));
        Assert.Equal(["held", "stopped"], await Query<string>("SELECT action FROM batchrec.publication_log ORDER BY entry"));

        Assert.True(await Runs.FinishAsync(run.RunId, epoch, RunState.Held, result.Message, default));
        Assert.Equal((RunState.Held, StepState.Skipped), ((await Runs.GetAsync(run.RunId, default))!.State, (await Runs.StepsAsync(run.RunId, default))[^1].State));
        Assert.NotNull(await hold.ReleaseAsync("default", default));
        await Runs.ReopenAsync(run.RunId, Step.Publish, default);
        epoch = await RestartAsync(run.RunId);
        Assert.False((await Night.RunAsync(Step.Publish, Context((await Runs.GetAsync(run.RunId, default))!, epoch, store), default)).Held);
        Assert.Equal("7 1 30; 7 2 10", await LiveRows());
    }

    [Fact]
    public async Task What_was_built_on_a_run_that_was_withdrawn_meanwhile_is_not_published()
    {
        await PublishAsync(Lists((7, [1])));
        var withdrawn = await PublishAsync(Lists((7, [2])));
        var (run, epoch) = await NightAsync();
        var store = await StoreAsync(run.RunId, lists: 1, builtOn: withdrawn);
        await new Rollback(Results, Clock).RunAsync("default", null, default);
        await new PublishingHold(Results, Clock).ReleaseAsync("default", default);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Night.RunAsync(Step.Publish, Context(run, epoch, store), default));
        Assert.Contains($"built on run {withdrawn}", fault.Message);
        Assert.Equal("7 1 1", await LiveRows());
    }

    private async Task<ArtefactStore> StoreAsync(RunId run, int lists, RunId? builtOn = null)
    {
        var store = new ArtefactStore(Folder, "default", Clock);
        var parent = builtOn is { } other ? await store.GetOrCreateAsync(other, Artefact.Interactions, (_, _) => Task.CompletedTask, default) : null;
        await store.GetOrCreateAsync(run, Artefact.Interactions, (draft, _) =>
        {
            if (parent is not null) draft.Parent(parent);
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
            draft.RowsOf("part-0000.parquet", draft.Rows = lists);
            draft.Fact(TopNLists.CatalogueItemsFact, 4L);
            return Task.CompletedTask;
        }, default);
        return store;
    }

    private StepContext Context(RunRow run, int epoch, ArtefactStore store) => new()
    {
        Run = run, Epoch = epoch, Options = new PipelineOptions(), Store = store, Runs = Runs, Source = Results, Results = Results,
        TryLock = (name, cancellation) => RunLock.TryAcquireAsync(ConnectionString, name, TimeSpan.Zero, cancellation), Progress = new Progress<StepProgress>(), Log = NullLogger.Instance, Clock = Clock,
    };
}
