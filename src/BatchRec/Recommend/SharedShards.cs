using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>
/// Shards that several workers make side by side: who claims one makes it, and who dies loses its claim. A shard is finished when its file is there.
/// </summary>
/// <param name="pathOf">Of a finished shard.</param>
/// <param name="claim">Claims the file of this name; null where another worker has it.</param>
internal sealed class SharedShards(int count, Func<int, string> pathOf, Func<string, CancellationToken, Task<RunLock?>> claim, TimeProvider clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    public int Finished => Enumerable.Range(0, count).Count(IsFinished);

    /// <summary>Makes each shard that nobody has finished or claims, and waits for the others: those of a worker that dies are made here.</summary>
    /// <param name="make">Writes the file whole or not at all.</param>
    /// <returns>how many were made here</returns>
    public async Task<int> MakeAllAsync(Action<int> make, CancellationToken cancellation)
    {
        for (var made = 0; ;)
        {
            var now = await MakeFreeAsync(make, cancellation);
            made += now;
            if (Finished == count) return made;
            if (now == 0) await Task.Delay(Between, clock, cancellation);
        }
    }

    /// <summary>Makes each shard that nobody has finished or claims, and leaves the others alone.</summary>
    /// <inheritdoc cref="MakeAllAsync"/>
    public async Task<int> MakeFreeAsync(Action<int> make, CancellationToken cancellation)
    {
        var made = 0;
        for (var shard = 0; shard < count; shard++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsFinished(shard)) continue;
            await using var mine = await claim(Path.GetFileName(pathOf(shard)), cancellation);
            // Finished between the look and the claim.
            if (mine is null || IsFinished(shard)) continue;
            make(shard);
            made++;
        }
        return made;
    }

    private bool IsFinished(int shard) => File.Exists(pathOf(shard));
}
