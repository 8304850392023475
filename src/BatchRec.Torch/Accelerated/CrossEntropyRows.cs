using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Softmax cross-entropy of rows of logits in three passes over each row while it is in the cache: what softmax, log, gather and subtract would do in
/// six passes over the whole matrix.
/// </summary>
internal static unsafe class CrossEntropyRows
{
    /// <summary>A row's sum leaves single precision after this many terms a lane.</summary>
    private const int TermsALane = 256;

    /// <summary>
    /// Writes the gradient of <paramref name="weight"/> × loss, weight × (softmax - one at the target), and returns the sum of the rows' losses,
    /// -log softmax at the target (nats).
    /// </summary>
    /// <param name="logits">(rows × columns), overwritten by intermediate results</param>
    /// <param name="gradient">(rows × columns) Float32, or BFloat16 if <paramref name="rounded"/>; may be the logits themselves if not</param>
    public static double LossToGradient(float* logits, long rows, long columns, ReadOnlySpan<int> targets, float weight, void* gradient, bool rounded)
    {
        var losses = new double[rows];
        fixed (int* target = targets)
        fixed (double* loss = losses)
        {
            var work = new Work
            {
                Logits = logits, Columns = columns, Targets = target, Losses = loss, Weight = weight, Gradient = gradient, Rounded = rounded,
            };
            NativeThreads.For(rows, 16, &Rows, &work);
        }
        // In order, whatever the threads.
        var sum = 0.0;
        foreach (var loss in losses) sum += loss;
        return sum;
    }

    private struct Work
    {
        public float* Logits;
        public long Columns;
        public int* Targets;
        public double* Losses;
        public float Weight;
        public void* Gradient;
        public bool Rounded;
    }

    [UnmanagedCallersOnly]
    private static void Rows(long from, long to, void* context)
    {
        ref readonly var work = ref *(Work*)context;
        for (var row = from; row < to; row++) work.Losses[row] = Row(in work, row);
    }

    private static double Row(in Work work, long row)
    {
        var (columns, target) = (work.Columns, work.Targets[row]);
        var values = work.Logits + row * columns;
        var goal = values[target];
        var max = Max(values, columns);
        var sum = ExpInPlace(values, columns, max);
        var factor = (float)(work.Weight / sum);
        // Exact at the target too: the difference is taken before it is rounded.
        var atTarget = values[target] * factor - work.Weight;
        if (work.Rounded)
        {
            var gradient = (ushort*)work.Gradient + row * columns;
            ScaleRounded(values, gradient, columns, factor);
            gradient[target] = Round(atTarget);
        }
        else
        {
            var gradient = (float*)work.Gradient + row * columns;
            Scale(values, gradient, columns, factor);
            gradient[target] = atTarget;
        }
        return Math.Log(sum) + max - goal;
    }

    private static float Max(float* row, long columns)
    {
        var i = 0L;
        var max = float.NegativeInfinity;
        if (columns >= Vector512<float>.Count)
        {
            var lanes = Vector512.Load(row);
            for (i = Vector512<float>.Count; i <= columns - Vector512<float>.Count; i += Vector512<float>.Count)
                lanes = Vector512.Max(lanes, Vector512.Load(row + i));
            for (var lane = 0; lane < Vector512<float>.Count; lane++) max = MathF.Max(max, lanes[lane]);
        }
        for (; i < columns; i++) max = MathF.Max(max, row[i]);
        return max;
    }

    /// <returns>the sum of the exponentials</returns>
    private static double ExpInPlace(float* row, long columns, float max)
    {
        var shift = Vector512.Create(max);
        var sum = 0.0;
        var i = 0L;
        while (i <= columns - Vector512<float>.Count)
        {
            var lanes = Vector512<float>.Zero;
            var end = Math.Min(columns - Vector512<float>.Count, i + TermsALane * Vector512<float>.Count - 1);
            for (; i <= end; i += Vector512<float>.Count)
            {
                var value = Exp(Vector512.Load(row + i) - shift);
                value.Store(row + i);
                lanes += value;
            }
            sum += Vector512.Sum(lanes);
        }
        for (; i < columns; i++)
        {
            row[i] = Exp(Vector512.CreateScalar(row[i] - max)).ToScalar();
            sum += row[i];
        }
        return sum;
    }

    private static void Scale(float* row, float* scaled, long columns, float factor)
    {
        var i = 0L;
        for (; i <= columns - Vector512<float>.Count; i += Vector512<float>.Count) (Vector512.Load(row + i) * factor).Store(scaled + i);
        for (; i < columns; i++) scaled[i] = row[i] * factor;
    }

    private static void ScaleRounded(float* row, ushort* scaled, long columns, float factor)
    {
        var i = 0L;
        for (; i <= columns - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            Vector512.Narrow(Round(Vector512.Load(row + i) * factor), Round(Vector512.Load(row + i + Vector512<float>.Count) * factor)).Store(scaled + i);
        for (; i < columns; i++) scaled[i] = Round(row[i] * factor);
    }

    /// <summary>The upper half of a Float32, rounded to nearest, ties to even: BFloat16.</summary>
    private static Vector512<uint> Round(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        return (bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16;
    }

    private static ushort Round(float x) => (ushort)Round(Vector512.CreateScalar(x)).ToScalar();

    /// <summary>
    /// e^x for x up to 0, to two units in the last place: 2^n e^r with |r| up to ln 2 / 2 and Cephes' polynomial (expf.c, Moshier). Below -87 it stays at
    /// the smallest normal number; NaN stays NaN.
    /// </summary>
    private static Vector512<float> Exp(Vector512<float> x)
    {
        // Adding 1.5 × 2^23 rounds to an integer, which then stands in the low bits.
        var round = Vector512.Create(12582912f);
        // The operands' order lets NaN through.
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87.33654f)), Vector512.Create(-87.33654f), x);
        var biased = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), round);
        var n = biased - round;
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        return (p.AsInt32() + (biased.AsInt32() << 23)).AsSingle();
    }
}
