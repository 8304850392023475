using System.Collections.Concurrent;
using BatchRec.Recommend;
using BatchRec.Runs;
using Xunit;

namespace BatchRec.Tests.Recommend;

[Collection(PostgresTests.Name)]
public sealed class SharedShardsTests(PostgresCluster cluster) : IAsyncLifetime
{
    private const int Count = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("batchrec-shards-").FullName;
    private readonly ConcurrentQueue<int> _made = [];
    private string _database = "";

    public async Task InitializeAsync() => _database = await cluster.CreateDatabaseAsync();

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private SharedShards Worker() => new(Count, PathOf, PathOf(0) + ".closed", Claim, TimeProvider.System);

    private string PathOf(int shard) => Path.Combine(_folder, $"part-{shard}");

    private Task<RunLock?> Claim(string name, CancellationToken cancellation) => RunLock.TryAcquireAsync(_database, name, TimeSpan.Zero, cancellation);

    private Action Make(int shard)
    {
        _made.Enqueue(shard);
        Thread.Sleep(20);
        return () =>
        {
            Thread.Sleep(20);
            File.WriteAllText(PathOf(shard), "");
        };
    }

    [Fact]
    public async Task Workers_side_by_side_make_each_shard_once()
    {
        var counts = await Task.WhenAll(
            Task.Run(() => Worker().MakeAllAsync(Make, default)), Task.Run(() => Worker().MakeFreeAsync(Make, default)), Task.Run(() => Worker().MakeFreeAsync(Make, default)));
        Assert.Equal(Enumerable.Range(0, Count), _made.Order());
        Assert.Equal(Count, counts.Sum());
        Assert.Equal(Count, Worker().Finished);
    }

    [Fact]
    public async Task A_shard_that_is_there_is_not_made_again()
    {
        File.WriteAllText(PathOf(3), "");
        Assert.Equal(Count - 1, await Worker().MakeAllAsync(Make, default));
        Assert.DoesNotContain(3, _made);
    }

    [Fact]
    public async Task Who_assists_leaves_what_others_claim_and_who_runs_the_step_makes_what_they_let_go_of()
    {
        var claimed = await Claim("part-5", default);
        Assert.Equal(Count - 1, await Worker().MakeFreeAsync(Make, default));
        var waiting = Task.Run(() => Worker().MakeAllAsync(Make, default));
        await Task.Delay(400);
        Assert.False(waiting.IsCompleted);
        Assert.DoesNotContain(5, _made);

        await claimed!.DisposeAsync();
        Assert.Equal(1, await waiting);
        Assert.Contains(5, _made);
    }

    [Fact]
    public async Task Who_comes_after_the_shards_were_taken_away_makes_none()
    {
        await Worker().MakeAllAsync(Make, default);
        for (var shard = 0; shard < Count; shard++) File.Delete(PathOf(shard));
        Assert.Equal(0, await Worker().MakeFreeAsync(Make, default));
        // Another attempt at the step begins anew.
        Assert.Equal(Count, await Worker().MakeAllAsync(Make, default));
    }

    [Fact]
    public async Task A_fault_lets_go_of_its_shard()
    {
        await Assert.ThrowsAsync<IOException>(() => Worker().MakeAllAsync(_ => throw new IOException("disk full"), default));
        await Assert.ThrowsAsync<IOException>(() => Worker().MakeAllAsync(_ => () => throw new IOException("disk full"), default));
        Assert.Equal(Count, await Worker().MakeAllAsync(Make, default));
    }

    [Fact]
    public async Task The_next_shard_is_made_while_one_is_written()
    {
        using var second = new ManualResetEventSlim();
        var made = await Worker().MakeAllAsync(shard =>
        {
            if (shard == 1) second.Set();
            return () =>
            {
                // Written once the second is being made, or never.
                if (shard == 0 && !second.Wait(TimeSpan.FromSeconds(30))) throw new TimeoutException("Shard 1 waits for the file of shard 0.");
                Make(shard)();
            };
        }, default);
        Assert.Equal(Count, made);
    }
}
