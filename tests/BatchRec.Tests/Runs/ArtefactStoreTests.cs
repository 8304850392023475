using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Runs;

public sealed class ArtefactStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("batchrec-store-").FullName;
    private readonly RunId _run = RunId.New(DateTimeOffset.UnixEpoch.AddYears(56));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private ArtefactStore Store => new(_root, "default", TimeProvider.System);

    private static Task Text(ArtefactDraft draft, string content) => File.WriteAllTextAsync(Path.Combine(draft.Folder, "a.txt"), content);

    [Fact]
    public async Task A_finished_artefact_is_not_made_again()
    {
        var first = await Store.GetOrCreateAsync(_run, Artefact.Model, (draft, _) => Text(draft, "one"), default);
        var second = await Store.GetOrCreateAsync(_run, Artefact.Model, (_, _) => throw new InvalidOperationException("made twice"), default);
        Assert.Equal(first.Sha256, second.Sha256);
        Assert.Equal("one", await File.ReadAllTextAsync(second.PathOf("a.txt")));
    }

    [Fact]
    public async Task An_attempt_that_fails_leaves_no_artefact_and_keeps_its_work_folder()
    {
        await Assert.ThrowsAsync<IOException>(() => Store.GetOrCreateAsync(_run, Artefact.Model, async (draft, _) =>
        {
            await Text(draft, "half");
            await File.WriteAllTextAsync(Path.Combine(draft.WorkFolder, "checkpoint"), "epoch 3");
            throw new IOException("No space left on device");
        }, default));
        Assert.Null(Store.Find(_run, Artefact.Model));

        var made = await Store.GetOrCreateAsync(_run, Artefact.Model, async (draft, _) =>
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(draft.Folder));
            await Text(draft, await File.ReadAllTextAsync(Path.Combine(draft.WorkFolder, "checkpoint")));
        }, default);
        Assert.Equal("epoch 3", await File.ReadAllTextAsync(made.PathOf("a.txt")));
    }

    [Fact]
    public async Task An_attempt_taken_for_dead_that_wakes_up_does_no_harm_to_its_successor()
    {
        var successorIsIn = new TaskCompletionSource();
        var firstMayGoOn = new TaskCompletionSource();
        var first = Store.GetOrCreateAsync(_run, Artefact.Model, async (draft, _) =>
        {
            await Text(draft, "one");
            await firstMayGoOn.Task;
            await Text(draft, "late");
        }, default);
        var second = Store.GetOrCreateAsync(_run, Artefact.Model, async (draft, _) =>
        {
            await Text(draft, "two");
            successorIsIn.SetResult();
            firstMayGoOn.SetResult();
            await Assert.ThrowsAnyAsync<IOException>(() => first);
        }, default);
        await successorIsIn.Task;
        Assert.Equal("two", await File.ReadAllTextAsync((await second).PathOf("a.txt")));
        Assert.Equal("two", await File.ReadAllTextAsync((await Store.OpenAsync(_run, Artefact.Model, default)).PathOf("a.txt")));
    }

    [Fact]
    public async Task Of_two_attempts_that_both_finish_the_first_stays()
    {
        var inner = default(Artefact);
        var outer = await Store.GetOrCreateAsync(_run, Artefact.Model, async (draft, _) =>
        {
            await Text(draft, "outer");
            // Another worker whose view of the folder lags behind has not removed ours: it built beside it and was done first.
            var aside = Path.Combine(_root, "aside");
            Directory.Move(Path.GetDirectoryName(draft.Folder)!, aside);
            inner = await Store.GetOrCreateAsync(_run, Artefact.Model, (other, _) => Text(other, "inner"), default);
            Directory.Move(Path.Combine(aside, Path.GetFileName(draft.Folder)), draft.Folder);
        }, default);
        Assert.Equal("inner", await File.ReadAllTextAsync(outer.PathOf("a.txt")));
        Assert.Equal(inner!.Sha256, outer.Sha256);
    }

    [Fact]
    public async Task Discarding_from_a_step_on_removes_what_it_and_later_ones_made_and_keeps_its_own_checkpoint()
    {
        foreach (var artefact in (string[])[Artefact.Sequences, Artefact.HoldoutModel, Artefact.Evaluation])
            await Store.GetOrCreateAsync(_run, artefact, (draft, _) => Text(draft, "one"), default);
        foreach (var artefact in (string[])[Artefact.Verdict, Artefact.Model])
            await Assert.ThrowsAsync<IOException>(() => Store.GetOrCreateAsync(_run, artefact, (_, _) => throw new IOException(), default));

        Store.Discard(_run, Step.Train);
        Assert.NotNull(Store.Find(_run, Artefact.Sequences));
        Assert.Null(Store.Find(_run, Artefact.HoldoutModel));
        Assert.Null(Store.Find(_run, Artefact.Evaluation));
        Assert.False(Directory.Exists(Path.Combine(Store.RunFolder(_run), Artefact.Verdict + ".work")));
        await Assert.ThrowsAsync<IOException>(() => Store.GetOrCreateAsync(_run, Artefact.HoldoutModel, (_, _) => throw new IOException(), default));
        Store.Discard(_run, Step.Train);
        Assert.True(Directory.Exists(Path.Combine(Store.RunFolder(_run), Artefact.HoldoutModel + ".work")));
    }

    [Theory]
    [InlineData("on", "has 2 bytes")]
    [InlineData("two", "SHA-256 differs")]
    public async Task A_file_that_changed_after_its_manifest_is_refused(string content, string said)
    {
        var made = await Store.GetOrCreateAsync(_run, Artefact.Model, (draft, _) => Text(draft, "one"), default);
        await File.WriteAllTextAsync(made.PathOf("a.txt"), content);
        var fault = await Assert.ThrowsAsync<BatchRecException>(() => Store.OpenAsync(_run, Artefact.Model, default));
        Assert.Contains(said, fault.Message);
        Assert.Contains("a.txt", fault.Message);
    }

    [Fact]
    public async Task Files_in_the_pool_are_shared_by_their_hash_and_collected_when_no_run_refers_to_them()
    {
        var clock = new MovableClock(DateTimeOffset.UtcNow);
        var store = new ArtefactStore(_root, "default", clock);
        var later = RunId.New(DateTimeOffset.UnixEpoch.AddYears(57));
        Task<Artefact> Make(RunId run) => store.GetOrCreateAsync(run, Artefact.Interactions, async (draft, _) =>
        {
            var path = Path.Combine(draft.WorkFolder, "day.parquet");
            await File.WriteAllTextAsync(path, "same day");
            draft.Share("day=2026-03-01.parquet", path, 1);
        }, default);

        var (first, second) = (await Make(_run), await Make(later));
        var path = first.PathOf("day=2026-03-01.parquet");
        Assert.Equal(path, second.PathOf("day=2026-03-01.parquet"));

        clock.Now += TimeSpan.FromDays(2);
        Assert.Equal([_run, later], store.Runs().OrderBy(run => run.Value));
        store.Collect([_run]);
        Assert.Null(store.Find(_run, Artefact.Interactions));
        Assert.True(File.Exists(path));
        store.Collect([later]);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task A_manifest_of_another_version_is_refused()
    {
        var made = await Store.GetOrCreateAsync(_run, Artefact.Model, (draft, _) => Text(draft, "one"), default);
        var manifest = Path.Combine(made.Folder, "manifest.json");
        await File.WriteAllTextAsync(manifest, (await File.ReadAllTextAsync(manifest)).Replace("\"version\": 1", "\"version\": 99"));
        var fault = Assert.Throws<BatchRecException>(() => Store.Find(_run, Artefact.Model));
        Assert.Contains("version 99", fault.Message);
    }
}
