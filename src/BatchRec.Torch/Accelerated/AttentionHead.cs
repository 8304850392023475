using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>Causal attention of one head of one history: L queries, keys and values of E elements, E a multiple of 32.</summary>
internal static unsafe class AttentionHead
{
    /// <summary>Queries that share a product over queries in the backward pass.</summary>
    private const int Block = 4 * Tile.Rows;

    private static readonly int Lanes = Vector512<float>.Count;

    /// <summary>Elements of memory that <see cref="Forward"/> works in.</summary>
    public static int ForwardScratch(int length, int width) => width * Padded(length) + Tile.Rows * (Padded(length) + 2 * width);

    /// <summary>Elements of memory that <see cref="Backward"/> works in.</summary>
    public static int BackwardScratch(int length, int width) => 4 * width * Padded(length) + Block * (2 * Padded(length) + 2 * width) + Tile.Rows * width;

    /// <param name="index">history × heads + head</param>
    public static void Forward(in AttentionWork work, long index, float* scratch)
    {
        var (length, width) = (work.Length, work.Width);
        var (batch, head) = Math.DivRem((int)index, work.Heads);
        var (query, key, value, output) = (work.Query[batch, head], work.Key[batch, head], work.Value[batch, head], work.Output[batch, head]);
        var logSums = work.LogSums + index * length;
        var (padded, scale) = (Padded(length), 1 / MathF.Sqrt(width));
        var keys = scratch;                                                             // (E, padded)
        var scores = keys + width * padded;                                             // (8, padded)
        var queries = scores + Tile.Rows * padded;                                      // (8, E)
        var sums = queries + Tile.Rows * width;                                         // (8, E)
        var inverse = stackalloc float[Tile.Rows];
        Transpose(key, length, width, keys, padded);
        for (var i = 0; i < length; i += Tile.Rows)
        {
            var rows = Math.Min(Tile.Rows, length - i);
            var reach = i + rows;
            Gather(query, i, rows, Tile.Rows, width, scale, queries);
            Products(queries, width, keys, padded, reach, scores);
            for (var row = 0; row < Tile.Rows; row++)
            {
                var sum = Softmax(scores + row * padded, row < rows ? i + row + 1 : 0, reach, out var max);
                inverse[row] = 1 / sum;
                if (row < rows) logSums[i + row] = max + MathF.Log(sum);
            }
            for (var e = 0; e < width; e += Tile.Columns)
                Tile.Multiply(scores, padded, 1, value[0] + e, value.Stride, reach, null, 0, sums + e, width);
            for (var row = 0; row < rows; row++) Scale(sums + row * width, inverse[row], output[i + row], width);
        }
    }

    /// <param name="index">history × heads + head</param>
    public static void Backward(in AttentionWork work, long index, float* scratch)
    {
        var (length, width) = (work.Length, work.Width);
        var (batch, head) = Math.DivRem((int)index, work.Heads);
        var (query, key, value, output) = (work.Query[batch, head], work.Key[batch, head], work.Value[batch, head], work.Output[batch, head]);
        var (gradient, queryGradient) = (work.Gradient[batch, head], work.QueryGradient[batch, head]);
        var logSums = work.LogSums + index * length;
        var (padded, scale) = (Padded(length), 1 / MathF.Sqrt(width));
        var keys = scratch;                                                             // (E, padded)
        var values = keys + width * padded;                                             // (E, padded)
        var keyGradients = values + width * padded;                                     // (padded, E)
        var valueGradients = keyGradients + width * padded;                             // (padded, E)
        var weights = valueGradients + width * padded;                                  // (32, padded) scores, then P
        var slopes = weights + Block * padded;                                          // (32, padded) dP, then dS
        var queries = slopes + Block * padded;                                          // (32, E)
        var gradients = queries + Block * width;                                        // (32, E)
        var sums = gradients + Block * width;                                           // (8, E)
        Transpose(key, length, width, keys, padded);
        Transpose(value, length, width, values, padded);
        new Span<float>(keyGradients, 2 * width * padded).Clear();
        for (var i = 0; i < length; i += Block)
        {
            var rows = Math.Min(Block, length - i);
            var reach = i + rows;
            Gather(query, i, rows, Block, width, scale, queries);
            Gather(gradient, i, rows, Block, width, 1, gradients);
            for (var part = 0; part < Block; part += Tile.Rows)
            {
                float* p = weights + part * padded, s = slopes + part * padded;
                var near = Math.Min(i + part + Tile.Rows, length);
                if (part < rows)
                {
                    Products(queries + part * width, width, keys, padded, near, p);
                    Products(gradients + part * width, width, values, padded, near, s);
                }
                for (var row = part; row < part + Tile.Rows; row++)
                {
                    var (to, logSum, delta) = row < rows ? (i + row + 1, logSums[i + row], Dot(gradients + row * width, output[i + row], width)) : (0, 0, 0);
                    Slopes(weights + row * padded, slopes + row * padded, to, Padded(reach), logSum, delta);
                }
                if (part >= rows) continue;
                for (var e = 0; e < width; e += Tile.Columns) Tile.Multiply(s, padded, 1, key[0] + e, key.Stride, near, null, 0, sums + e, width);
                for (var row = part; row < Math.Min(part + Tile.Rows, rows); row++) Scale(sums + (row - part) * width, scale, queryGradient[i + row], width);
            }
            for (var j = 0; j < reach; j += Tile.Rows)
                for (var e = 0; e < width; e += Tile.Columns)
                {
                    Tile.Multiply(slopes + j, 1, padded, queries + e, width, Block, keyGradients + j * width + e, width, keyGradients + j * width + e, width);
                    Tile.Multiply(weights + j, 1, padded, gradients + e, width, Block, valueGradients + j * width + e, width, valueGradients + j * width + e, width);
                }
        }
        var (keyTarget, valueTarget) = (work.KeyGradient[batch, head], work.ValueGradient[batch, head]);
        for (var j = 0; j < length; j++)
        {
            Scale(keyGradients + j * width, 1, keyTarget[j], width);
            Scale(valueGradients + j * width, 1, valueTarget[j], width);
        }
    }

    private static int Padded(int length) => (length + Tile.Columns - 1) / Tile.Columns * Tile.Columns;

    /// <summary>(L, E) -> (E, padded), zeros past L.</summary>
    private static void Transpose(AttentionRows rows, int length, int width, float* columns, int padded)
    {
        for (var e = 0; e < width; e++) new Span<float>(columns + e * padded + length, padded - length).Clear();
        for (var j = 0; j < length; j++)
        {
            var row = rows[j];
            for (var e = 0; e < width; e++) columns[e * padded + j] = row[e];
        }
    }

    /// <summary>Rows first .. first + count times a factor, then rows of zeros up to <paramref name="total"/>.</summary>
    private static void Gather(AttentionRows rows, int first, int count, int total, int width, float factor, float* block)
    {
        for (var row = 0; row < count; row++) Scale(rows[first + row], factor, block + row * width, width);
        new Span<float>(block + count * width, (total - count) * width).Clear();
    }

    /// <summary>(8, E) × (E, reach) -> (8, reach), by whole tiles.</summary>
    private static void Products(float* rows, int width, float* columns, int padded, int reach, float* products)
    {
        for (var j = 0; j < reach; j += Tile.Columns) Tile.Multiply(rows, width, 1, columns + j, padded, width, null, 0, products + j, padded);
    }

    /// <summary>The first <paramref name="reach"/> values become e^(value - max), those up to <paramref name="end"/> zero.</summary>
    /// <returns>their sum; 1 where there are none</returns>
    private static float Softmax(float* row, int reach, int end, out float max)
    {
        var least = Vector512.Create(float.NegativeInfinity);
        var most = least;
        for (var j = 0; j < reach; j += Lanes)
        {
            var value = Vector512.Load(row + j);
            most = Vector512.Max(most, reach - j >= Lanes ? value : Vector512.ConditionalSelect(Before(reach - j), value, least));
        }
        max = reach > 0 ? Largest(most) : 0;
        var (shift, sum) = (Vector512.Create(max), Vector512<float>.Zero);
        for (var j = 0; j < end; j += Lanes)
        {
            var value = Vector512<float>.Zero;
            if (j < reach) value = Exponential.OfNonPositive(Vector512.Load(row + j) - shift) & Before(reach - j);
            value.Store(row + j);
            sum += value;
        }
        return reach > 0 ? Vector512.Sum(sum) : 1;
    }

    /// <summary>
    /// Scores become weights P = e^(score - log sum), and dP becomes dS = P (dP - delta); from <paramref name="reach"/> to <paramref name="end"/> both
    /// are zero.
    /// </summary>
    private static void Slopes(float* weights, float* slopes, int reach, int end, float logSum, float delta)
    {
        var (shift, offset) = (Vector512.Create(logSum), Vector512.Create(delta));
        for (var j = 0; j < end; j += Lanes)
        {
            var (p, s) = (Vector512<float>.Zero, Vector512<float>.Zero);
            if (j < reach)
            {
                var inside = Before(reach - j);
                p = Exponential.OfNonPositive(Vector512.Load(weights + j) - shift) & inside;
                s = (p * (Vector512.Load(slopes + j) - offset)) & inside;
            }
            p.Store(weights + j);
            s.Store(slopes + j);
        }
    }

    /// <summary>All bits set in the first <paramref name="count"/> lanes.</summary>
    private static Vector512<float> Before(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    private static float Largest(Vector512<float> lanes)
    {
        var half = Vector256.Max(lanes.GetLower(), lanes.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        return MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3]));
    }

    private static float Dot(float* a, float* b, int width)
    {
        var sum = Vector512<float>.Zero;
        for (var e = 0; e < width; e += Lanes) sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + e), Vector512.Load(b + e), sum);
        return Vector512.Sum(sum);
    }

    private static void Scale(float* from, float factor, float* to, int width)
    {
        for (var e = 0; e < width; e += Lanes) (Vector512.Load(from + e) * factor).Store(to + e);
    }
}
