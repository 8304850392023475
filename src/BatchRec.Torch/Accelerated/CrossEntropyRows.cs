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
    /// Overwrites <paramref name="logits"/> (rows × columns) with the gradient of <paramref name="weight"/> × loss, weight × (softmax - one at the
    /// target), and returns the sum of the rows' losses, -log softmax at the target (nats).
    /// </summary>
    public static double LossToGradient(float* logits, long rows, long columns, ReadOnlySpan<int> targets, float weight)
    {
        var losses = new double[rows];
        fixed (int* target = targets)
        fixed (double* loss = losses)
        {
            var work = new Work { Logits = logits, Columns = columns, Targets = target, Losses = loss, Weight = weight };
            NativeThreads.For(rows, 16, &Rows, &work);
        }
        // In order, whatever the threads.
        return losses.Sum();
    }

    /// <summary>The same for one row.</summary>
    public static double LossToGradient(float* row, long columns, int target, float weight)
    {
        var goal = row[target];
        var max = Max(row, columns);
        var sum = ExpInPlace(row, columns, max);
        Scale(row, columns, (float)(weight / sum));
        row[target] -= weight;
        return Math.Log(sum) + max - goal;
    }

    private struct Work
    {
        public float* Logits;
        public long Columns;
        public int* Targets;
        public double* Losses;
        public float Weight;
    }

    [UnmanagedCallersOnly]
    private static void Rows(long from, long to, void* context)
    {
        ref readonly var work = ref *(Work*)context;
        for (var row = from; row < to; row++)
            work.Losses[row] = LossToGradient(work.Logits + row * work.Columns, work.Columns, work.Targets[row], work.Weight);
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
                var value = Exponential.OfNonPositive(Vector512.Load(row + i) - shift);
                value.Store(row + i);
                lanes += value;
            }
            sum += Vector512.Sum(lanes);
        }
        for (; i < columns; i++)
        {
            row[i] = Exponential.OfNonPositive(Vector512.CreateScalar(row[i] - max)).ToScalar();
            sum += row[i];
        }
        return sum;
    }

    private static void Scale(float* row, long columns, float factor)
    {
        var i = 0L;
        for (; i <= columns - Vector512<float>.Count; i += Vector512<float>.Count) (Vector512.Load(row + i) * factor).Store(row + i);
        for (; i < columns; i++) row[i] *= factor;
    }
}
