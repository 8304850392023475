using static TorchSharp.torch;

namespace BatchRec.Train.Encoders;

/// <summary>
/// Rotary positions: the pair (i, i + d/2) of a head's d dimensions is turned by position × 10000^(-2i/d), so that the product of a query and a key knows how far
/// apart they are, and the flash kernel needs no bias. Su et al., RoFormer (2021), eq. 34.
/// </summary>
/// <param name="dimensions">d, even</param>
internal sealed class Rotation(int dimensions)
{
    private const double Base = 10_000;

    /// <summary>By what the pair i of d / 2 is turned at a position (radians).</summary>
    public static float Angle(int position, int pair, int half) => (float)(position * Math.Pow(Base, -(double)pair / half));

    /// <param name="x">(B, L, 2, H, d)</param>
    public Tensor Apply(Tensor x)
    {
        var (length, half) = ((int)x.shape[1], dimensions / 2);
        var angles = new float[length * half];
        for (var position = 0; position < length; position++)
            for (var i = 0; i < half; i++) angles[position * half + i] = Angle(position, i, half);
        var (cos, sin) = (Table(angles, MathF.Cos), Table(angles, MathF.Sin));
        var (first, second) = (x.narrow(-1, 0, half), x.narrow(-1, half, half));
        return cat([first * cos - second * sin, first * sin + second * cos], -1);

        Tensor Table(float[] values, Func<float, float> of) => tensor(Array.ConvertAll(values, value => of(value)), [length, 1, 1, half], device: x.device);
    }
}
