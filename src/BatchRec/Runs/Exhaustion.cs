using System.Data.Common;
using System.Runtime.InteropServices;
using BatchRec.Configuration;
using BatchRec.Parquet;

namespace BatchRec.Runs;

/// <summary>Faults of a machine that has too little memory or disk for a step, wherever they show: a person has to mend them, and is told how.</summary>
public static class Exhaustion
{
    // errno, which is an IOException's HResult on Unix: the disk is full, the user's quota is.
    private const int NoSpace = 28, OverQuota = 122;

    // On a CPU and on a GPU.
    private static readonly string[] LibtorchSays = ["can't allocate memory", "not enough memory", "out of memory", "bad_alloc"];

    /// <summary>The fault as one that says what to do; null where it is of another kind.</summary>
    public static BatchRecException? Of(Exception fault, Step step, PipelineOptions options) =>
        fault is BatchRecException ? null
        : Chain(fault).FirstOrDefault(IsOfDisk) is { } full ? new BatchRecException(
            $"{full.Message.TrimEnd('.')}. Free space at {Path.GetFullPath(options.Artefacts.Folder)}, then go on: batchrec run --from {NameOf(step)}. The live tables are as they were.", fault)
        : Chain(fault).FirstOrDefault(IsOfMemory) is { } large ? new BatchRecException(
            $"Step {NameOf(step)} needs more memory than it can have; .NET may take {MemoryBudget.AvailableMiB:N0} MiB here. Give the machine or its container more, {AdviceOf(step)}"
            + $"or let interactions.sql leave out old or weak events, then go on: batchrec run --from {NameOf(step)}. The live tables are as they were. ({large.Message})", fault)
        : null;

    private static IEnumerable<Exception> Chain(Exception fault)
    {
        IEnumerable<Exception> inner = fault is AggregateException several ? several.InnerExceptions : fault.InnerException is { } one ? [one] : [];
        return inner.SelectMany(Chain).Prepend(fault);
    }

    private static bool IsOfDisk(Exception fault) =>
        fault is IOException { HResult: NoSpace or OverQuota } || fault is DuckDbException { IsOfDisk: true };

    private static bool IsOfMemory(Exception fault) => fault switch
    {
        OutOfMemoryException => true,
        DuckDbException duck => duck.IsOfMemory,
        // A database's faults are of the same type.
        ExternalException native and not DbException => LibtorchSays.Any(words => native.Message.Contains(words, StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };

    private static string AdviceOf(Step step) => step switch
    {
        Step.Extract => "or lower Extract:MemoryMiB, ",
        Step.Prepare => "or lower Prepare:UsersPerBucket, ",
        Step.Train or Step.Refit => "or lower Train:BatchSize, ",
        Step.Evaluate or Step.Recommend => "or lower Evaluate:DenseItems, ",
        _ => "",
    };

    private static string NameOf(Step step) => step.ToString().ToLowerInvariant();
}
