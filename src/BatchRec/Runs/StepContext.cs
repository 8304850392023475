using BatchRec.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace BatchRec.Runs;

/// <summary>All that a step is given: nothing in a stage reaches for a clock, a connection or a setting of its own.</summary>
public sealed record StepContext
{
    public required RunRow Run { get; init; }

    /// <summary>That this attempt was started with; the publish transaction checks it (fencing).</summary>
    public required int Epoch { get; init; }

    public required PipelineOptions Options { get; init; }

    public required ArtefactStore Store { get; init; }

    public required RunTable Runs { get; init; }

    /// <summary>The database that holds the interaction log.</summary>
    public required NpgsqlDataSource Source { get; init; }

    /// <summary>The database that holds the run tables and the published rows.</summary>
    public required NpgsqlDataSource Results { get; init; }

    /// <summary>Locks what has this name, among all runs, until it is let go or this process dies; null where another process has it.</summary>
    public required Func<string, CancellationToken, Task<RunLock?>> TryLock { get; init; }

    public required IProgress<StepProgress> Progress { get; init; }

    public required ILogger Log { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>A stage's own progress, told as the step's.</summary>
    public IProgress<T> Report<T>(Func<T, StepProgress> describe) => new Told<T>(Progress, describe);

    // Progress<T> would hand over on other threads, and so out of order.
    private sealed class Told<T>(IProgress<StepProgress> progress, Func<T, StepProgress> describe) : IProgress<T>
    {
        public void Report(T value) => progress.Report(describe(value));
    }
}

/// <summary>Where a step stands.</summary>
/// <param name="Fraction">0 to 1</param>
/// <param name="Message">A few words for a person: <c>epoch 3 of 40, loss 5.12, validation NDCG@10 .141</c>.</param>
public sealed record StepProgress(double Fraction, string Message);

/// <summary>What a step has made.</summary>
/// <param name="Refused">A verdict went against the night: it ends here, is recorded, and isn't retried.</param>
/// <param name="Held">The pipeline's publishing is held: the night ends here and can be continued.</param>
public sealed record StepResult(long Rows, long Bytes, string Message, bool Refused = false, bool Held = false);
