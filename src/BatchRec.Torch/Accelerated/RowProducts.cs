using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>Products of rows (R, a multiple of 8) with a layer's matrix, and their gradients.</summary>
internal static unsafe class RowProducts
{
    /// <summary>Rows that pass over a panel while it is in the nearest cache.</summary>
    public const int Block = 4 * Tile.Rows;

    /// <summary>Length of an inner dimension that a tile's operands stay in the nearest cache for.</summary>
    public const int Long = 128;

    /// <summary>y = x Wᵀ + b</summary>
    /// <param name="x">(R, in)</param>
    /// <param name="panels">(out / 32, in, 32)</param>
    /// <param name="bias">(out), or null</param>
    /// <param name="y">(R, out)</param>
    public static void Forward(float* x, int rows, int inputs, float* panels, float* bias, float* y, int outputs)
    {
        for (var first = 0; first < rows; first += Block)
            for (var output = 0; output < outputs; output += Tile.Columns)
                for (var row = first; row < Math.Min(first + Block, rows); row += Tile.Rows)
                    Tile.Multiply(x + (nint)row * inputs, inputs, 1, panels + output * inputs, Tile.Columns, inputs, bias == null ? null : bias + output, 0, y + (nint)row * outputs + output, outputs);
    }

    /// <summary>dx = dy W, and dW += dyᵀ x, db += dy</summary>
    /// <param name="slopes">dy (R, out)</param>
    /// <param name="weight">W (out, in)</param>
    /// <param name="gradient">dx (R, in), overwritten; null: not wanted</param>
    /// <param name="sums">dW (out, in), then db (out)</param>
    public static void Backward(float* slopes, int rows, int outputs, float* x, float* weight, float* gradient, int inputs, float* sums)
    {
        for (var first = 0; first < rows && gradient != null; first += Block)
            for (var inner = 0; inner < outputs; inner += Long)
                for (var input = 0; input < inputs; input += Tile.Columns)
                    for (var row = first; row < Math.Min(first + Block, rows); row += Tile.Rows)
                    {
                        var target = gradient + (nint)row * inputs + input;
                        Tile.Multiply(slopes + (nint)row * outputs + inner, outputs, 1, weight + inner * inputs + input, inputs, Math.Min(Long, outputs - inner),
                            inner > 0 ? target : null, inputs, target, inputs);
                    }
        for (var first = 0; first < rows; first += Long)
        {
            var inner = Math.Min(Long, rows - first);
            float* from = slopes + (nint)first * outputs, other = x + (nint)first * inputs;
            for (var input = 0; input < inputs; input += Tile.Columns)
                for (var output = 0; output < outputs; output += Tile.Rows)
                {
                    var sum = sums + output * inputs + input;
                    Tile.Multiply(from + output, 1, outputs, other + input, inputs, inner, sum, inputs, sum, inputs);
                }
        }
        AddRows(slopes, rows, outputs, sums + outputs * inputs);
    }

    /// <summary>sum (columns) += every row of x (R, columns)</summary>
    private static void AddRows(float* x, int rows, int columns, float* sum)
    {
        for (var column = 0; column < columns; column += Vector512<float>.Count)
        {
            var total = Vector512.Load(sum + column);
            for (var row = 0; row < rows; row++) total += Vector512.Load(x + (nint)row * columns + column);
            total.Store(sum + column);
        }
    }
}
