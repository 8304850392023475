using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>The matrices of one call of <see cref="LinearKernel"/>, for the threads that share its rows.</summary>
internal unsafe struct LinearWork
{
    /// <summary>Rows whose outer products are added up before the sum goes back to memory.</summary>
    public const int LongBlock = 128;

    private const int Block = 4 * Tile.Rows;

    /// <summary>(rows, in)</summary>
    public float* X, XGradient;

    /// <summary>(rows, out)</summary>
    public float* Y, Slopes;

    /// <summary>(out, in)</summary>
    public float* Weight;

    /// <summary>(out / 32, in, 32)</summary>
    public float* Panels;

    /// <summary>(out), or null</summary>
    public float* Bias;

    /// <summary>(long blocks) where the thread that began with that block has its sums (out × in + out)</summary>
    public nint* Sums;

    public int Rows, Inputs, Outputs;

    /// <summary>y of rows from .. to</summary>
    public readonly void Forward(int from, int to)
    {
        var whole = from + (to - from) / Tile.Rows * Tile.Rows;
        for (var first = from; first < whole; first += Block)
            for (var output = 0; output < Outputs; output += Tile.Columns)
                for (var row = first; row < Math.Min(first + Block, whole); row += Tile.Rows)
                    Tile.Multiply(X + (nint)row * Inputs, Inputs, 1, Panels + output * Inputs, Tile.Columns, Inputs,
                        Bias == null ? null : Bias + output, 0, Y + (nint)row * Outputs + output, Outputs);
        if (whole == to) return;

        // The last rows, fewer than a tile's, are computed beside the matrix and copied.
        var last = (float*)NativeMemory.AlignedAlloc((nuint)(Tile.Rows * (Inputs + Outputs)) * sizeof(float), 64);
        var result = last + Tile.Rows * Inputs;
        Fill(last, X + (nint)whole * Inputs, (to - whole) * Inputs, Tile.Rows * Inputs);
        for (var output = 0; output < Outputs; output += Tile.Columns)
            Tile.Multiply(last, Inputs, 1, Panels + output * Inputs, Tile.Columns, Inputs, Bias == null ? null : Bias + output, 0, result + output, Outputs);
        new ReadOnlySpan<float>(result, (to - whole) * Outputs).CopyTo(new Span<float>(Y + (nint)whole * Outputs, (to - whole) * Outputs));
        NativeMemory.AlignedFree(last);
    }

    /// <summary>The gradients that long blocks from .. to contribute.</summary>
    public readonly void Backward(int from, int to)
    {
        var sums = Partials.New(Outputs * Inputs + Outputs);
        var scratch = (float*)NativeMemory.AlignedAlloc((nuint)(LongBlock * (2 * Inputs + Outputs)) * sizeof(float), 64);
        for (var block = from; block < to; block++)
        {
            var first = (nint)block * LongBlock;
            var rows = (int)Math.Min(LongBlock, Rows - first);
            float* x = X + first * Inputs, slopes = Slopes + first * Outputs, gradient = XGradient == null ? null : XGradient + first * Inputs;
            if (rows == LongBlock)
            {
                Backward(x, slopes, gradient, sums);
                continue;
            }
            // The last rows, fewer than a block's: zeros stand for the others.
            float* lastX = scratch, lastGradient = lastX + LongBlock * Inputs, lastSlopes = lastGradient + LongBlock * Inputs;
            Fill(lastX, x, rows * Inputs, LongBlock * Inputs);
            Fill(lastSlopes, slopes, rows * Outputs, LongBlock * Outputs);
            Backward(lastX, lastSlopes, gradient == null ? null : lastGradient, sums);
            if (gradient != null) new ReadOnlySpan<float>(lastGradient, rows * Inputs).CopyTo(new Span<float>(gradient, rows * Inputs));
        }
        NativeMemory.AlignedFree(scratch);
        Sums[from] = (nint)sums;
    }

    /// <summary>One long block: gradient = slopes W; sums += slopesᵀ x, and slopes added up.</summary>
    private readonly void Backward(float* x, float* slopes, float* gradient, float* sums)
    {
        if (gradient != null)
            for (var inner = 0; inner < Outputs; inner += LongBlock)
                for (var input = 0; input < Inputs; input += Tile.Columns)
                    for (var row = 0; row < LongBlock; row += Tile.Rows)
                    {
                        var target = gradient + row * Inputs + input;
                        Tile.Multiply(slopes + row * Outputs + inner, Outputs, 1, Weight + inner * Inputs + input, Inputs, Math.Min(LongBlock, Outputs - inner),
                            inner > 0 ? target : null, Inputs, target, Inputs);
                    }
        for (var output = 0; output < Outputs; output += Tile.Rows)
            for (var input = 0; input < Inputs; input += Tile.Columns)
            {
                var sum = sums + output * Inputs + input;
                Tile.Multiply(slopes + output, 1, Outputs, x + input, Inputs, LongBlock, sum, Inputs, sum, Inputs);
            }
        var total = sums + Outputs * Inputs;
        for (var output = 0; output < Outputs; output += Vector512<float>.Count)
        {
            var sum = Vector512.Load(total + output);
            for (var row = 0; row < LongBlock; row++) sum += Vector512.Load(slopes + row * Outputs + output);
            sum.Store(total + output);
        }
    }

    private static void Fill(float* target, float* source, int count, int length)
    {
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, length));
        new Span<float>(target + count, length - count).Clear();
    }
}
