using System.Runtime.Intrinsics;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>Layer normalisation of rows of D values, D a multiple of 16: y = x̂ γ + β with x̂ = (x - mean) / √(variance + 10⁻⁵). Ba, Kiros, Hinton (2016).</summary>
internal static unsafe class RowNorm
{
    private const float Epsilon = 1e-5f;

    private static readonly int Lanes = Vector512<float>.Count;

    /// <param name="x">(R, D)</param>
    /// <param name="scaleAndShift">γ (D), β (D)</param>
    /// <param name="standard">x̂ (R, D)</param>
    /// <param name="scales">1 / √(variance + 10⁻⁵) (R)</param>
    /// <param name="y">(R, D)</param>
    public static void Forward(float* x, int rows, int width, float* scaleAndShift, float* standard, float* scales, float* y)
    {
        for (var row = 0; row < rows; row++, x += width, standard += width, y += width)
        {
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < width; i += Lanes) sum += Vector512.Load(x + i);
            var mean = Vector512.Create(Vector512.Sum(sum) / width);
            var squares = Vector512<float>.Zero;
            for (var i = 0; i < width; i += Lanes)
            {
                var difference = Vector512.Load(x + i) - mean;
                squares = Vector512.FusedMultiplyAdd(difference, difference, squares);
            }
            scales[row] = 1 / MathF.Sqrt(Vector512.Sum(squares) / width + Epsilon);
            var scale = Vector512.Create(scales[row]);
            for (var i = 0; i < width; i += Lanes)
            {
                var value = (Vector512.Load(x + i) - mean) * scale;
                value.Store(standard + i);
                Vector512.FusedMultiplyAdd(value, Vector512.Load(scaleAndShift + i), Vector512.Load(scaleAndShift + width + i)).Store(y + i);
            }
        }
    }

    /// <summary>y again, of what the forward pass kept.</summary>
    public static void Again(float* standard, int rows, int width, float* scaleAndShift, float* y)
    {
        for (var row = 0; row < rows; row++, standard += width, y += width)
            for (var i = 0; i < width; i += Lanes)
                Vector512.FusedMultiplyAdd(Vector512.Load(standard + i), Vector512.Load(scaleAndShift + i), Vector512.Load(scaleAndShift + width + i)).Store(y + i);
    }

    /// <param name="slopes">dy (R, D)</param>
    /// <param name="gradient">dx (R, D), added to</param>
    /// <param name="sums">dγ (D), dβ (D), added to</param>
    public static void Backward(float* slopes, float* standard, float* scales, int rows, int width, float* scaleAndShift, float* gradient, float* sums)
    {
        for (var row = 0; row < rows; row++, slopes += width, standard += width, gradient += width)
        {
            var (sum, products) = (Vector512<float>.Zero, Vector512<float>.Zero);
            for (var i = 0; i < width; i += Lanes)
            {
                var (slope, value) = (Vector512.Load(slopes + i), Vector512.Load(standard + i));
                Vector512.FusedMultiplyAdd(slope, value, Vector512.Load(sums + i)).Store(sums + i);
                (slope + Vector512.Load(sums + width + i)).Store(sums + width + i);
                slope *= Vector512.Load(scaleAndShift + i);
                sum += slope;
                products = Vector512.FusedMultiplyAdd(slope, value, products);
            }
            var (mean, product, scale) = (Vector512.Create(Vector512.Sum(sum) / width), Vector512.Create(Vector512.Sum(products) / width), Vector512.Create(scales[row]));
            for (var i = 0; i < width; i += Lanes)
            {
                var centred = Vector512.Load(slopes + i) * Vector512.Load(scaleAndShift + i) - mean - Vector512.Load(standard + i) * product;
                Vector512.FusedMultiplyAdd(centred, scale, Vector512.Load(gradient + i)).Store(gradient + i);
            }
        }
    }
}
