using BatchRec.Configuration;

namespace BatchRec.Jobs.Configuration;

/// <summary>How Hangfire drives the nights; one section for all pipelines.</summary>
public sealed record HangfireOptions : IStageOptions
{
    /// <summary>Schema of Hangfire's own tables.</summary>
    public string Schema { get; init; } = "hangfire";

    /// <summary>False where a privileged role installs Hangfire's tables; <c>batchrec migrate</c> does so by its own role.</summary>
    public bool PrepareSchema { get; init; } = true;

    /// <summary>Steps that run at the same time on a cpu server; 0: one a pipeline and one for the short jobs.</summary>
    public int Workers { get; init; }

    /// <summary>How often a step that failed is tried again before its run is failed. Faults that a person has to mend are not.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Before the first, second, … retry; the last one stands for all that follow.</summary>
    public IReadOnlyList<int> RetryDelaysSeconds { get; init; } = [30, 300];

    /// <summary>How long a server that died keeps its job; a living one renews it all the while.</summary>
    public int InvisibilitySeconds { get; init; } = 120;

    /// <summary>How soon a worker sees a job that another process enqueued.</summary>
    public double QueuePollSeconds { get; init; } = 1;

    /// <summary>How soon a schedule that is due is seen.</summary>
    public double SchedulePollSeconds { get; init; } = 5;

    /// <summary>How long a step may go on when the server is asked to stop; then it is told to, and writes its checkpoint.</summary>
    public double StopSeconds { get; init; } = 2;

    /// <summary>How long the server waits for steps that were told to stop. The service unit's TimeoutStopSec has to be longer.</summary>
    public double ShutdownSeconds { get; init; } = 60;

    /// <summary>How long finished jobs stay on the dashboard, and with them the chance to requeue a step there.</summary>
    public int KeepJobsDays { get; init; } = 14;

    public IEnumerable<string> Faults()
    {
        if (Schema.Length == 0 || Schema.AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789_") >= 0)
            yield return $"Hangfire:Schema is '{Schema}'; write lower-case letters, digits and underscores.";
        if (Workers is < 0 or > 64) yield return $"Hangfire:Workers is {Workers}; use 0 (one a pipeline and one more) to 64.";
        if (Retries is < 0 or > 10) yield return $"Hangfire:Retries is {Retries}; use 0 to 10.";
        if (RetryDelaysSeconds.Count == 0 || RetryDelaysSeconds.Any(seconds => seconds < 0))
            yield return $"Hangfire:RetryDelaysSeconds is [{string.Join(", ", RetryDelaysSeconds)}]; write at least one number of seconds, none below 0.";
        if (InvisibilitySeconds < 5) yield return $"Hangfire:InvisibilitySeconds is {InvisibilitySeconds}; use 5 or more.";
        if (QueuePollSeconds < 0.05) yield return $"Hangfire:QueuePollSeconds is {QueuePollSeconds}; use 0.05 or more.";
        if (SchedulePollSeconds is < 0.05 or > 60) yield return $"Hangfire:SchedulePollSeconds is {SchedulePollSeconds}; use 0.05 to 60.";
        if (StopSeconds < 0) yield return $"Hangfire:StopSeconds is {StopSeconds}; use 0 or more.";
        // The heartbeat that keeps a job ours ends with the request to stop.
        if (ShutdownSeconds <= StopSeconds || ShutdownSeconds > InvisibilitySeconds * 0.75)
            yield return $"Hangfire:ShutdownSeconds is {ShutdownSeconds}; use more than StopSeconds ({StopSeconds}) and at most three quarters of InvisibilitySeconds ({InvisibilitySeconds}).";
        if (KeepJobsDays is < 1 or > 365) yield return $"Hangfire:KeepJobsDays is {KeepJobsDays}; use 1 to 365.";
    }
}
