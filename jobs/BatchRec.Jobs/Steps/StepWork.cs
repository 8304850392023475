using System.Reflection;
using BatchRec.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Runs;

namespace BatchRec.Jobs.Steps;

/// <summary>The steps themselves, handed to the jobs that caption them.</summary>
/// <param name="RunAsync">Does one step.</param>
/// <param name="InChild">True for a step that holds much data or loads native libraries: a native crash, an out-of-memory kill or a leak ends a child process then, not the server.</param>
/// <param name="OnGpu">True when the step wants a GPU.</param>
/// <param name="SeedOf">Of a run's random draws.</param>
public sealed record StepWork(
    Func<Step, StepContext, CancellationToken, Task<StepResult>> RunAsync, Func<Step, bool> InChild, Func<Step, PipelineOptions, bool> OnGpu, Func<PipelineOptions, long> SeedOf)
{
    /// <summary>The program that has the verb <c>step</c>.</summary>
    public string Program { get; init; } = Assembly.GetEntryAssembly()!.Location;

    /// <summary>Whether other servers can share a step's work, by <see cref="AssistAsync"/>.</summary>
    public Func<Step, bool> IsShared { get; init; } = _ => false;

    /// <summary>Shares the work of a step that another server runs.</summary>
    public Func<Step, StepContext, CancellationToken, Task<StepResult>> AssistAsync { get; init; } = (step, _, _) => throw new ArgumentOutOfRangeException(nameof(step), step, null);

    public string QueueOf(Step step, PipelineOptions options) => OnGpu(step, options) ? Queues.Gpu : Queues.Default;
}
