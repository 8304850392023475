using BatchRec.Runs;
using BatchRec.Steps;
using BatchRec.Train;

namespace BatchRec;

/// <summary>
/// The night, step by step. A step is a function over finished artefacts and makes one more; run again, it finds what it has made and does
/// nothing. Whoever runs a step (a job, a child process, a test) brings the <see cref="StepContext"/>.
/// </summary>
public static class Night
{
    /// <summary>Whether the step holds interactions or lists, and so belongs in a child process: the gate alone reads no more than a report.</summary>
    public static bool HoldsData(Step step) => step is not Step.Gate;

    /// <summary>Whether the step loads libtorch, and so belongs on the queue of <c>Train:Device</c>.</summary>
    public static bool NeedsTorch(Step step) => step is Step.Train or Step.Evaluate or Step.Refit or Step.Recommend;

    /// <exception cref="BatchRecException">Something that a person can mend; the message says how. The live tables are as they were.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what can be continued was kept.</exception>
    public static async Task<StepResult> RunAsync(Step step, StepContext context, CancellationToken cancellation)
    {
        try
        {
            return await StepAsync(step, new NightRun(context), cancellation);
        }
        catch (Exception fault) when (Exhaustion.Of(fault, step, context.Options) is { } exhaustion)
        {
            throw exhaustion;
        }
    }

    private static Task<StepResult> StepAsync(Step step, NightRun night, CancellationToken cancellation)
    {
        // One process loads one libtorch: the one that the options name.
        if (NeedsTorch(step) && night.Options.Torch.LibraryPath is { } library) TorchDevices.Find(library);
        return step switch
        {
            Step.Extract => ExtractStep.RunAsync(night, cancellation),
            Step.Prepare => PrepareStep.RunAsync(night, cancellation),
            Step.Train => TrainStep.RunAsync(night, cancellation),
            Step.Evaluate => EvaluateStep.RunAsync(night, cancellation),
            Step.Gate => GateStep.RunAsync(night, cancellation),
            Step.Refit => RefitStep.RunAsync(night, cancellation),
            Step.Recommend => RecommendStep.RunAsync(night, cancellation),
            Step.Publish => PublishStep.RunAsync(night, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(step), step, null),
        };
    }

    /// <summary>Whether other workers can share a step's work: see <see cref="AssistAsync"/>.</summary>
    public static bool IsShared(Step step) => step == Step.Recommend;

    /// <summary>Shares the work of a step that another worker runs; returns when nothing is left to begin.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public static Task<StepResult> AssistAsync(Step step, StepContext context, CancellationToken cancellation)
    {
        if (context.Options.Torch.LibraryPath is { } library) TorchDevices.Find(library);
        return IsShared(step) ? RecommendStep.AssistAsync(new NightRun(context), cancellation) : throw new ArgumentOutOfRangeException(nameof(step), step, null);
    }
}
