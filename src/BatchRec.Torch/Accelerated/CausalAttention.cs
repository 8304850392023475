using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BatchRec.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Causal attention on CPUs with 512-bit vectors, a head of a history at a time, all of it in the cache. libtorch's flash kernel multiplies the masked half
/// too, by many small products: forward and backward of 128 × 2 heads × 200 × 32 take 74 ms of a core there, 51 ms here; of length 64, 10.5 and 6 ms.
/// </summary>
/// <remarks>
/// Autograd comes from libtorch: <c>_scaled_dot_product_efficient_attention</c> has a derivative and a kernel for CUDA, and here gets one for the CPU.
/// The formulas are those of Dao, FlashAttention-2 (2023), algorithms 1 and 2, without tiling over keys.
/// </remarks>
internal static unsafe class CausalAttention
{
    static CausalAttention()
    {
        Kernel.Register("_scaled_dot_product_efficient_attention", &Forward);
        Kernel.Register("_scaled_dot_product_efficient_attention_backward", &Backward);
    }

    /// <summary>Whether <see cref="Apply"/> can stand in for the general operator.</summary>
    public static bool Takes(Tensor query, Tensor key, Tensor value) =>
        Vector512.IsHardwareAccelerated && query.device_type == DeviceType.CPU && query.dtype == ScalarType.Float32 && query.dim() == 4
        && query.size(3) % Tile.Columns == 0 && key.dtype == ScalarType.Float32 && value.dtype == ScalarType.Float32
        && query.shape.AsSpan().SequenceEqual(key.shape) && query.shape.AsSpan().SequenceEqual(value.shape) && query.numel() > 0;

    /// <summary>softmax(query keyᵀ / √E below the diagonal) value, over (B, H, L, E).</summary>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value)
    {
        var results = stackalloc ulong[4];
        Operators.EfficientAttention.Call(new Span<ulong>(results, 4), query, key, value, Argument.None, true, 0.0, true, Argument.None);
        for (var unused = 1; unused < 4; unused++) Kernel.Delete(results[unused]);
        return new Tensor((nint)results[0]);
    }

    /// <summary>(query, key, value, bias?, logsumexp wanted, dropout, causal, scale?) -> (output, logsumexp, -, -)</summary>
    [UnmanagedCallersOnly]
    private static void Forward(ulong* stack, ulong arguments, ulong results) => Kernel.Run(stack, results, static stack =>
    {
        using var query = Kernel.Take(stack[0]);
        using var key = Kernel.Take(stack[1]);
        using var value = Kernel.Take(stack[2]);
        Kernel.DeleteOptional(stack[3]);
        Kernel.Free(stack[7]);
        var (b, h, l, e) = (query.size(0), query.size(1), query.size(2), query.size(3));
        // In the order in which the next layer reads it: its transposition and reshape copy nothing.
        var output = empty([b, l, h, e]).transpose(1, 2);
        var logSums = empty([b, h, l]);
        var work = new AttentionWork
        {
            Query = new(query), Key = new(key), Value = new(value), Output = new(output),
            LogSums = (float*)logSums.DataPointer, Heads = (int)h, Length = (int)l, Width = (int)e,
        };
        NativeThreads.For(b * h, 1, &ForwardHeads, &work);
        stack[0] = Kernel.Give(output);
        stack[1] = Kernel.Give(logSums);
        (stack[2], stack[3]) = (Kernel.Undefined(), Kernel.Undefined());
    });

    /// <summary>(gradient, query, key, value, bias, output, logsumexp, -, -, dropout, bool[4], causal, scale?) -> gradients of query, key, value, bias</summary>
    [UnmanagedCallersOnly]
    private static void Backward(ulong* stack, ulong arguments, ulong results) => Kernel.Run(stack, results, static stack =>
    {
        using var gradient = Kernel.Take(stack[0]);
        using var query = Kernel.Take(stack[1]);
        using var key = Kernel.Take(stack[2]);
        using var value = Kernel.Take(stack[3]);
        using var output = Kernel.Take(stack[5]);
        using var logSums = Kernel.Take(stack[6]);
        foreach (var unused in (ReadOnlySpan<int>)[4, 7, 8]) Kernel.Delete(stack[unused]);
        Kernel.DeleteList(stack[10]);
        Kernel.Free(stack[12]);
        var (b, h, l, e) = (query.size(0), query.size(1), query.size(2), query.size(3));
        var (queryGradient, keyGradient, valueGradient) = (empty([b, h, l, e]), empty([b, h, l, e]), empty([b, h, l, e]));
        var work = new AttentionWork
        {
            Query = new(query), Key = new(key), Value = new(value), Output = new(output), Gradient = new(gradient),
            QueryGradient = new(queryGradient), KeyGradient = new(keyGradient), ValueGradient = new(valueGradient),
            LogSums = (float*)logSums.DataPointer, Heads = (int)h, Length = (int)l, Width = (int)e,
        };
        NativeThreads.For(b * h, 1, &BackwardHeads, &work);
        (stack[0], stack[1], stack[2], stack[3]) = (Kernel.Give(queryGradient), Kernel.Give(keyGradient), Kernel.Give(valueGradient), Kernel.Undefined());
    });

    [UnmanagedCallersOnly]
    private static void ForwardHeads(long from, long to, void* context)
    {
        ref readonly var work = ref *(AttentionWork*)context;
        var scratch = (float*)NativeMemory.AlignedAlloc((nuint)AttentionHead.ForwardScratch(work.Length, work.Width) * sizeof(float), 64);
        for (var index = from; index < to; index++) AttentionHead.Forward(in work, index, scratch);
        NativeMemory.AlignedFree(scratch);
    }

    [UnmanagedCallersOnly]
    private static void BackwardHeads(long from, long to, void* context)
    {
        ref readonly var work = ref *(AttentionWork*)context;
        var scratch = (float*)NativeMemory.AlignedAlloc((nuint)AttentionHead.BackwardScratch(work.Length, work.Width) * sizeof(float), 64);
        for (var index = from; index < to; index++) AttentionHead.Backward(in work, index, scratch);
        NativeMemory.AlignedFree(scratch);
    }
}
