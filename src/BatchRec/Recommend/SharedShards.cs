using BatchRec.Runs;

namespace BatchRec.Recommend;

/// <summary>
/// Shards that several workers make side by side: who claims one makes it, and who dies loses its claim. A shard is finished when its file is there; when all are, the
/// worker that runs the step closes the folder and takes them away.
/// </summary>
/// <param name="pathOf">Of a finished shard, all in one folder.</param>
/// <param name="closed">Path of a file in that folder that says that it is closed. Named by the shards' content, as they are: an attempt under other options closes its own.</param>
/// <param name="claim">Claims the file of this name; null where another worker has it.</param>
internal sealed class SharedShards(int count, Func<int, string> pathOf, string closed, Func<string, CancellationToken, Task<RunLock?>> claim, TimeProvider clock)
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    public int Finished => Enumerable.Range(0, count).Count(IsFinished);

    /// <summary>For the worker that runs the step: makes each shard that nobody has finished or claims, waits for the others, and closes. Shards of a worker that dies are made here.</summary>
    /// <param name="make">Makes a shard and returns what writes its file, whole or not at all: one thread does that, while the next shard is made.</param>
    /// <returns>how many were made here</returns>
    public async Task<int> MakeAllAsync(Func<int, Action> make, CancellationToken cancellation)
    {
        // An earlier attempt's, which took its shards with it.
        File.Delete(closed);
        for (var made = 0; ;)
        {
            var now = await MakeFreeAsync(make, cancellation);
            made += now;
            if (Finished == count)
            {
                await File.WriteAllTextAsync(closed, "", cancellation);
                return made;
            }
            if (now == 0) await Task.Delay(Between, clock, cancellation);
        }
    }

    /// <summary>Makes each shard that nobody has finished or claims, and leaves the others alone.</summary>
    /// <inheritdoc cref="MakeAllAsync"/>
    public async Task<int> MakeFreeAsync(Func<int, Action> make, CancellationToken cancellation)
    {
        var (made, writing) = (0, Task.CompletedTask);
        try
        {
            for (var shard = 0; shard < count && !IsClosed; shard++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (IsFinished(shard)) continue;
                var mine = await claim(Path.GetFileName(pathOf(shard)), cancellation);
                try
                {
                    // Finished, or taken away, between the look and the claim.
                    if (mine is null || IsFinished(shard) || IsClosed) continue;
                    var write = make(shard);
                    made++;
                    // One file is written at a time: two would want twice the memory.
                    await writing;
                    (writing, mine) = (WriteAsync(write, mine), null);
                }
                finally
                {
                    if (mine is not null) await mine.DisposeAsync();
                }
            }
        }
        finally
        {
            await writing;
        }
        return made;
    }

    /// <summary>The shard stays claimed until its file is there.</summary>
    private static async Task WriteAsync(Action write, RunLock claimed)
    {
        await using var _ = claimed;
        await Task.Run(write);
    }

    private bool IsFinished(int shard) => File.Exists(pathOf(shard));

    /// <summary>Once the step is done its folder is gone.</summary>
    private bool IsClosed => File.Exists(closed) || !Directory.Exists(Path.GetDirectoryName(closed));
}
