using System.Runtime.Intrinsics;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>A residual branch with its mask and its gate, row by row: x + σ(gate) ⊙ mask ⊙ branch.</summary>
internal static unsafe class ResidualRows
{
    private static readonly int Lanes = Vector512<float>.Count;

    /// <param name="x">(rows, D) added to</param>
    /// <param name="branch">(rows, D) masked in place</param>
    /// <param name="gate">rows of D before the sigmoid, replaced by it; null: none</param>
    /// <param name="stride">elements between its rows</param>
    /// <param name="place">the first row's first element in the mask</param>
    public static void Forward(float* x, float* branch, float* gate, int stride, int rows, int width, in DropoutBits mask, long place)
    {
        for (var row = 0; row < rows; row++, x += width, branch += width, gate += stride, place += width)
            for (var i = 0; i < width; i += Lanes)
            {
                var value = Vector512.Load(branch + i);
                if (mask.Any)
                {
                    value *= mask.At(place + i);
                    value.Store(branch + i);
                }
                if (stride > 0)
                {
                    var open = Activations.Sigmoid(Vector512.Load(gate + i));
                    open.Store(gate + i);
                    value *= open;
                }
                (Vector512.Load(x + i) + value).Store(x + i);
            }
    }

    /// <param name="slopes">(rows, D) gradient of the sum</param>
    /// <param name="branch">(rows, D) after the mask</param>
    /// <param name="gate">after the sigmoid</param>
    /// <param name="gateGradient">before the sigmoid, at the same distances; written</param>
    /// <param name="gradient">(rows, D) of the branch before its mask, written</param>
    public static void Backward(float* slopes, float* branch, float* gate, float* gateGradient, int stride, float* gradient, int rows, int width, in DropoutBits mask, long place)
    {
        for (var row = 0; row < rows; row++, slopes += width, branch += width, gate += stride, gateGradient += stride, gradient += width, place += width)
            for (var i = 0; i < width; i += Lanes)
            {
                var slope = Vector512.Load(slopes + i);
                if (stride > 0)
                {
                    var open = Vector512.Load(gate + i);
                    (slope * Vector512.Load(branch + i) * open * (Vector512<float>.One - open)).Store(gateGradient + i);
                    slope *= open;
                }
                if (mask.Any) slope *= mask.At(place + i);
                slope.Store(gradient + i);
            }
    }
}
