using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;

namespace BatchRec.Blend;

/// <summary>
/// What a baseline has on one query: the items with evidence, and the logarithm of each one's share of it with one uniform share on top,
/// log(1 + known · score / Σ scores). All other known items have log 1 = 0, so that mean and deviation need the former alone.
/// </summary>
/// <remarks>
/// A log-probability is what a model's scores are already; standardised as they stand, the few large scores of a sum of evidence would outweigh all that the
/// model knows. One thread's room, to be read into again and again.
/// </remarks>
/// <param name="known">How many items the log holds that the baseline was fitted on.</param>
internal sealed class Evidence(int itemCount, int known)
{
    private readonly float[] _sums = new float[itemCount];
    private readonly int[] _items = new int[itemCount];
    private readonly float[] _logs = new float[itemCount];
    private int _count;

    /// <summary>The items with evidence, ascending.</summary>
    public ReadOnlySpan<int> Items => _items.AsSpan(0, _count);

    /// <summary>Of <see cref="Items"/>; above 0.</summary>
    public ReadOnlySpan<float> Logs => _logs.AsSpan(0, _count);

    /// <summary>Over all known items.</summary>
    public double Mean { get; private set; }

    /// <summary>1 / the standard deviation over all known items; 0 where no item is told from another.</summary>
    public double Scale { get; private set; }

    public void Read(Baseline baseline, Sequences log, Query query)
    {
        baseline.Sum(log, query, _sums);
        _count = Positive(_sums, _items, _logs);
        var logs = _logs.AsSpan(0, _count);
        var (total, _) = Sums.Of(logs);
        TensorPrimitives.Multiply(logs, (float)(known / total), logs);
        TensorPrimitives.Add(logs, 1f, logs);
        TensorPrimitives.Log(logs, logs);
        var (sum, squares) = Sums.Of(logs);
        (Mean, Scale) = known == 0 ? (0, 0) : Sums.Standard(sum / known, squares / known - sum / known * (sum / known));
    }

    /// <summary>The places of what is above 0, and what stands there; where the processor can, without a branch on any of them.</summary>
    /// <param name="places">as long as the row at least, and so <paramref name="values"/></param>
    /// <returns>how many</returns>
    public static int Positive(ReadOnlySpan<float> row, Span<int> places, Span<float> values)
    {
        var (count, at) = (0, 0);
        ref var first = ref MemoryMarshal.GetReference(row);
        if (Avx512F.IsSupported)
        {
            for (var numbers = Vector512.CreateSequence(0, 1); at <= row.Length - Vector512<float>.Count; at += Vector512<float>.Count, numbers += Vector512.Create(Vector512<int>.Count))
            {
                var part = Vector512.LoadUnsafe(ref first, (nuint)at);
                var positive = Vector512.GreaterThan(part, Vector512<float>.Zero);
                Avx512F.Compress(Vector512<int>.Zero, positive.AsInt32(), numbers).CopyTo(places[count..]);
                Avx512F.Compress(Vector512<float>.Zero, positive, part).CopyTo(values[count..]);
                count += BitOperations.PopCount(positive.ExtractMostSignificantBits());
            }
            for (; at < row.Length; at++)
            {
                (places[count], values[count]) = (at, row[at]);
                count += row[at] > 0 ? 1 : 0;
            }
            return count;
        }
        for (; at <= row.Length - Vector512<float>.Count; at += Vector512<float>.Count)
            for (var left = Vector512.GreaterThan(Vector512.LoadUnsafe(ref first, (nuint)at), Vector512<float>.Zero).ExtractMostSignificantBits(); left != 0; left &= left - 1)
                places[count++] = at + BitOperations.TrailingZeroCount(left);
        for (; at < row.Length; at++)
            if (row[at] > 0) places[count++] = at;
        for (var i = 0; i < count; i++) values[i] = row[places[i]];
        return count;
    }
}
