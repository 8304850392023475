using System.Runtime.Intrinsics;

namespace BatchRec.Train.Encoders.Fused;

/// <summary><see cref="Rotation"/> in place, of one history's queries and keys; backwards for their gradients.</summary>
internal static unsafe class RotationRows
{
    private static readonly int Lanes = Vector512<float>.Count;

    /// <param name="mix">rows whose first 2D columns are heads of queries, then of keys</param>
    /// <param name="stride">elements between rows</param>
    /// <param name="sign">1, or -1 to turn back</param>
    public static void Turn(in FusedWork work, float* mix, int stride, int rows, float sign)
    {
        var half = work.Shape.HeadWidth / 2;
        for (var row = 0; row < rows; row++, mix += stride)
            for (var head = 0; head < 2 * work.Shape.Width; head += 2 * half)
                for (var i = 0; i < half; i += Lanes)
                {
                    var (cos, sin) = (Vector512.Load(work.Cosines + row * half + i), Vector512.Load(work.Sines + row * half + i) * sign);
                    var (first, second) = (Vector512.Load(mix + head + i), Vector512.Load(mix + head + half + i));
                    (first * cos - second * sin).Store(mix + head + i);
                    (first * sin + second * cos).Store(mix + head + half + i);
                }
    }
}
