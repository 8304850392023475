using BatchRec.Torch.Native;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// libtorch's own threads, for loops of ours between its operators: a second pool would fight for the cores with threads that still spin from the
/// operator before.
/// </summary>
internal static unsafe class NativeThreads
{
    /// <summary>Calls <paramref name="body"/>(from, to, context) on parts of 0 .. count, none below <paramref name="grain"/> unless it is all.</summary>
    public static void For(long count, long grain, delegate* unmanaged<long, long, void*, void> body, void* context)
    {
        if (count == 0) return;
        var shim = Libtorch.C;
        NativeException.ThrowIf(shim, shim.ParallelFor(0, count, Math.Max(grain, 1), body, context), "torch_parallel_for");
    }
}
