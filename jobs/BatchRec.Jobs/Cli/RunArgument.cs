using BatchRec.Runs;

namespace BatchRec.Jobs.Cli;

/// <summary>The run that a word of the command line means.</summary>
internal static class RunArgument
{
    /// <param name="id">null: the pipeline's newest</param>
    /// <exception cref="BatchRecException">There is no such run.</exception>
    public static async Task<RunRow> FindAsync(RunTable runs, string? id, Func<string> pipeline, CancellationToken cancellation)
    {
        if (id is not null)
            return await runs.GetAsync(Invocation.RunOf(id), cancellation) ?? throw new BatchRecException($"There is no run {id}; `batchrec runs` lists them.");
        var name = pipeline();
        return await runs.LatestAsync(name, cancellation) ?? throw new BatchRecException($"Pipeline {name} has had no run yet. Start one: batchrec run");
    }
}
