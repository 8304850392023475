using System.Runtime.InteropServices;

namespace BatchRec.Torch.Accelerated;

/// <summary>The matrices of one call of <see cref="LinearKernel"/>, for the threads that share its rows.</summary>
internal unsafe struct LinearWork
{
    /// <summary>Rows whose outer products are added up before the sum goes back to memory.</summary>
    public const int LongBlock = RowProducts.Long;

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
        RowProducts.Forward(X + (nint)from * Inputs, whole - from, Inputs, Panels, Bias, Y + (nint)from * Outputs, Outputs);
        if (whole == to) return;

        // The last rows, fewer than a tile's, are computed beside the matrix and copied.
        var last = (float*)NativeMemory.AlignedAlloc((nuint)(Tile.Rows * (Inputs + Outputs)) * sizeof(float), 64);
        var result = last + Tile.Rows * Inputs;
        Fill(last, X + (nint)whole * Inputs, (to - whole) * Inputs, Tile.Rows * Inputs);
        RowProducts.Forward(last, Tile.Rows, Inputs, Panels, Bias, result, Outputs);
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
                RowProducts.Backward(slopes, rows, Outputs, x, Weight, gradient, Inputs, sums);
                continue;
            }
            // The last rows, fewer than a block's: zeros stand for the others.
            float* lastX = scratch, lastGradient = lastX + LongBlock * Inputs, lastSlopes = lastGradient + LongBlock * Inputs;
            Fill(lastX, x, rows * Inputs, LongBlock * Inputs);
            Fill(lastSlopes, slopes, rows * Outputs, LongBlock * Outputs);
            RowProducts.Backward(lastSlopes, LongBlock, Outputs, lastX, Weight, gradient == null ? null : lastGradient, Inputs, sums);
            if (gradient != null) new ReadOnlySpan<float>(lastGradient, rows * Inputs).CopyTo(new Span<float>(gradient, rows * Inputs));
        }
        NativeMemory.AlignedFree(scratch);
        Sums[from] = (nint)sums;
    }

    private static void Fill(float* target, float* source, int count, int length)
    {
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, length));
        new Span<float>(target + count, length - count).Clear();
    }
}
