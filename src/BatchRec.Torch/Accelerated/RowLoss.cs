using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// Turns rows of logits into losses (nats) and, in place, into the losses' gradients, each row in a few passes while it is in the cache: what libtorch's
/// operators would do in six passes over the whole matrix. Safe from several threads, a row each.
/// </summary>
internal unsafe struct RowLoss
{
    /// <summary>A row's sum leaves single precision after this many terms a lane.</summary>
    private const int TermsALane = 256;

    /// <summary>Multiplies every gradient.</summary>
    public float Weight;

    /// <summary>(rows) the column of each row's target; null where the columns are a sample of negatives.</summary>
    public int* Targets;

    /// <summary>(columns) what is added to a negative's logit: minus the logarithm of how often the sample is expected to hold it; or null.</summary>
    public float* Shift;

    /// <summary>(rows) the columns from .. until that hold the row's own target: no negatives of that row.</summary>
    public int* OwnFrom, OwnUntil;

    /// <summary>(rows) the target's logit, and where its gradient goes.</summary>
    public float* Positives, PositiveGradients;

    /// <summary>Weight of the target's term where every column is a yes-or-no question of its own; 0 for a softmax.</summary>
    public float Sigmoid;

    public readonly double Apply(long row, float* logits, long columns)
    {
        if (Targets != null) return Full(logits, columns, Targets[row]);
        // e^-∞ = 0: neither loss nor gradient.
        for (var own = OwnFrom[row]; own < OwnUntil[row]; own++) logits[own] = float.NegativeInfinity;
        if (Shift != null) Add(logits, Shift, columns);
        return Sigmoid > 0 ? Independent(row, logits, columns) : Sampled(row, logits, columns);
    }

    /// <summary>The same for many rows, in threads. Returns their sum, added up in order, whatever the threads.</summary>
    public static double Apply(RowLoss loss, long first, float* logits, long rows, long columns)
    {
        var losses = new double[rows];
        fixed (double* sum = losses)
        {
            var work = new Work { Loss = loss, First = first, Logits = logits, Columns = columns, Losses = sum };
            NativeThreads.For(rows, 16, &Rows, &work);
        }
        return losses.Sum();
    }

    private struct Work
    {
        public RowLoss Loss;
        public long First, Columns;
        public float* Logits;
        public double* Losses;
    }

    [UnmanagedCallersOnly]
    private static void Rows(long from, long to, void* context)
    {
        ref readonly var work = ref *(Work*)context;
        for (var row = from; row < to; row++) work.Losses[row] = work.Loss.Apply(work.First + row, work.Logits + row * work.Columns, work.Columns);
    }

    /// <summary>-log softmax at the target; softmax - one at the target.</summary>
    private readonly double Full(float* row, long columns, int target)
    {
        var goal = row[target];
        var max = Max(row, columns);
        var sum = ExpInPlace(row, columns, max);
        Scale(row, columns, (float)(Weight / sum));
        row[target] -= Weight;
        return Math.Log(sum) + max - goal;
    }

    /// <summary>The target against the sample: log(e^goal + Σ e^negative) - goal.</summary>
    private readonly double Sampled(long row, float* logits, long columns)
    {
        var goal = Positives[row];
        var max = MathF.Max(goal, Max(logits, columns));
        var ofGoal = Math.Exp(goal - max);
        var sum = ofGoal + ExpInPlace(logits, columns, max);
        Scale(logits, columns, (float)(Weight / sum));
        PositiveGradients[row] = (float)(Weight * (ofGoal / sum - 1));
        return Math.Log(sum) + max - goal;
    }

    /// <summary>-β log σ(goal) - Σ log σ(-negative).</summary>
    private readonly double Independent(long row, float* logits, long columns)
    {
        var (goal, loss) = (Positives[row], 0.0);
        var i = 0L;
        while (i <= columns - Vector512<float>.Count)
        {
            var lanes = Vector512<float>.Zero;
            var end = Math.Min(columns - Vector512<float>.Count, i + TermsALane * Vector512<float>.Count - 1);
            for (; i <= end; i += Vector512<float>.Count)
            {
                var (term, gradient) = Softplus(Vector512.Load(logits + i));
                (gradient * Weight).Store(logits + i);
                lanes += term;
            }
            loss += Vector512.Sum(lanes);
        }
        for (; i < columns; i++)
        {
            var (term, gradient) = Softplus(Vector512.Create(logits[i]));
            logits[i] = gradient[0] * Weight;
            loss += term[0];
        }
        var (ofGoal, slope) = Softplus(Vector512.Create(-goal));
        PositiveGradients[row] = -Sigmoid * Weight * slope[0];
        return loss + Sigmoid * ofGoal[0];
    }

    /// <returns>log(1 + e^x) and its derivative, 1 / (1 + e^-x)</returns>
    private static (Vector512<float> Value, Vector512<float> Slope) Softplus(Vector512<float> x)
    {
        var small = Exponential.OfNonPositive(-Vector512.Abs(x));
        var whole = Vector512<float>.One + small;
        var value = Vector512.Max(x, Vector512<float>.Zero) + Vector512.Log(whole);
        return (value, Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), small, Vector512<float>.One) / whole);
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

    private static void Add(float* row, float* other, long columns)
    {
        var i = 0L;
        for (; i <= columns - Vector512<float>.Count; i += Vector512<float>.Count) (Vector512.Load(row + i) + Vector512.Load(other + i)).Store(row + i);
        for (; i < columns; i++) row[i] += other[i];
    }
}
