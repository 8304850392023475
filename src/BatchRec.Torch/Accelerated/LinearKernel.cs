using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using BatchRec.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// A CPU kernel for <c>aten::linear</c>, y = x Wᵀ + b, and for its derivative, by our own tiles. libtorch has none of its own: it falls back on MKL's products,
/// which take a slow path on AMD, 65 against 105 GFLOP/s of a core. Sizes that the tiles don't fit, and other types, go on to those products.
/// </summary>
internal static unsafe class LinearKernel
{
    /// <summary>Fewer rows aren't worth packing the weights.</summary>
    private const int FewestRows = 64;

    static LinearKernel()
    {
        if (!Vector512.IsHardwareAccelerated) return;
        Kernel.Register("linear", &Forward);
        Kernel.Register("linear_backward", &Backward);
    }

    /// <summary>x Wᵀ + b, recorded by autograd: (…, in) × (out, in) + (out) -> (…, out)</summary>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias) => Operators.Linear.Tensor(x, weight, Argument.Maybe(bias));

    /// <summary>(x, weight, bias?) -> y</summary>
    [UnmanagedCallersOnly]
    private static void Forward(ulong* stack, ulong arguments, ulong results) => Kernel.Run(stack, results, static stack =>
    {
        using var x = Kernel.Take(stack[0]);
        using var weight = Kernel.Take(stack[1]);
        using var bias = Kernel.TakeOptional(stack[2]);
        var (outputs, inputs) = (weight.size(0), weight.size(1));
        var rows = x.reshape(-1, x.size(-1));                                           // (n, in)
        Tensor y;                                                                       // (n, out)
        if (Fits(rows, inputs, outputs) && weight.dtype == ScalarType.Float32)
        {
            rows = rows.contiguous();
            y = empty([rows.size(0), outputs]);
            // (out / 32, in, 32)
            var panels = weight.reshape(outputs / Tile.Columns, Tile.Columns, inputs).transpose(1, 2).contiguous();
            var offset = bias?.contiguous();
            var work = new LinearWork
            {
                X = (float*)rows.DataPointer, Panels = (float*)panels.DataPointer, Bias = offset is null ? null : (float*)offset.DataPointer, Y = (float*)y.DataPointer,
                Rows = (int)rows.size(0), Inputs = (int)inputs, Outputs = (int)outputs,
            };
            NativeThreads.For((work.Rows + RowProducts.Block - 1) / RowProducts.Block, 4, &ForwardBlocks, &work);
        }
        else
        {
            y = rows.mm(weight.t());
            if (bias is not null) y = y + bias;
        }
        stack[0] = Kernel.Give(y.reshape([.. x.shape[..^1], outputs]));
    });

    /// <summary>(x, gradient of y, weight, bool[3]) -> gradients of x, weight, bias</summary>
    [UnmanagedCallersOnly]
    private static void Backward(ulong* stack, ulong arguments, ulong results) => Kernel.Run(stack, results, static stack =>
    {
        using var x = Kernel.Take(stack[0]);
        using var gradient = Kernel.Take(stack[1]);
        using var weight = Kernel.Take(stack[2]);
        var wanted = Kernel.TakeFlags(stack[3]);
        var (outputs, inputs) = (weight.size(0), weight.size(1));
        var rows = x.reshape(-1, inputs);                                               // (n, in)
        var slopes = gradient.reshape(-1, outputs);                                     // (n, out)
        Tensor? xGradient = null, weightGradient = null, biasGradient = null;
        if (Fits(rows, inputs, outputs) && inputs % Tile.Columns == 0 && gradient.dtype == ScalarType.Float32)
        {
            (rows, slopes, var w) = (rows.contiguous(), slopes.contiguous(), weight.contiguous());
            xGradient = wanted[0] ? empty([rows.size(0), inputs]) : null;
            weightGradient = zeros([outputs, inputs]);
            biasGradient = zeros([outputs]);
            var sums = new nint[(rows.size(0) + LinearWork.LongBlock - 1) / LinearWork.LongBlock];
            fixed (nint* sum = sums)
            {
                var work = new LinearWork
                {
                    X = (float*)rows.DataPointer, Slopes = (float*)slopes.DataPointer, Weight = (float*)w.DataPointer,
                    XGradient = xGradient is null ? null : (float*)xGradient.DataPointer, Sums = sum,
                    Rows = (int)rows.size(0), Inputs = (int)inputs, Outputs = (int)outputs,
                };
                NativeThreads.For(sums.Length, 1, &BackwardBlocks, &work);
            }
            Partials.AddAndFree(sums, (float*)weightGradient.DataPointer, outputs * inputs, (float*)biasGradient.DataPointer, outputs);
        }
        else
        {
            if (wanted[0]) xGradient = slopes.mm(weight);
            if (wanted[1]) weightGradient = slopes.t().mm(rows);
            if (wanted[2]) biasGradient = slopes.sum(0L);                     // a plain 0 would be an element type
        }
        stack[0] = wanted[0] ? Kernel.Give(xGradient!.reshape(x.shape)) : Kernel.Undefined();
        stack[1] = wanted[1] ? Kernel.Give(weightGradient!) : Kernel.Undefined();
        stack[2] = wanted[2] ? Kernel.Give(biasGradient!) : Kernel.Undefined();
    });

    private static bool Fits(Tensor rows, long inputs, long outputs) =>
        rows.dtype == ScalarType.Float32 && rows.size(1) == inputs && rows.size(0) >= FewestRows && outputs % Tile.Columns == 0 && inputs > 0;

    [UnmanagedCallersOnly]
    private static void ForwardBlocks(long from, long to, void* context)
    {
        ref readonly var work = ref *(LinearWork*)context;
        work.Forward((int)from * RowProducts.Block, (int)Math.Min(to * RowProducts.Block, work.Rows));
    }

    [UnmanagedCallersOnly]
    private static void BackwardBlocks(long from, long to, void* context)
    {
        ref readonly var work = ref *(LinearWork*)context;
        work.Backward((int)from, (int)to);
    }
}
