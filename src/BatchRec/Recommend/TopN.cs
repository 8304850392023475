using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchRec.Recommend;

/// <summary>
/// The n best of a row of scores, exactly: by score, the highest first, ties by item index, the smallest first. -∞ means "can't be
/// scored" and is never selected, so that a list may be shorter than n.
/// </summary>
/// <remarks>
/// One pass: eight scores at a time are compared with the n-th best so far, and only what beats it is looked at any closer. Items come
/// in ascending index, so an equal score can't displace what is there. A random row of 100,000 takes some n·ln(100,000 / n) closer looks.
/// Not thread-safe: one instance a thread.
/// </remarks>
public sealed class TopN
{
    private readonly int n;

    // Sorts ascending as we want the list: the score's bits turned so that higher scores are smaller, then the item's index.
    private readonly ulong[] candidates;
    private int count;
    private float threshold;

    public TopN(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        this.n = n;
        // Room for as many again before the worse half is thrown away: each sort is paid for by n candidates.
        candidates = new ulong[checked(2 * n)];
    }

    /// <summary>Selects among the items that are neither in <paramref name="excluded"/> nor marked unavailable.</summary>
    /// <param name="scores">(items)</param>
    /// <param name="excluded">Item indices, ascending; those beyond the row do no harm.</param>
    /// <param name="unavailable">(items) true where an item can't be recommended to anybody; or empty.</param>
    /// <param name="items">Room for n.</param>
    /// <param name="best">The scores of <paramref name="items"/>; room for n.</param>
    /// <returns>How many were selected.</returns>
    /// <exception cref="BatchRecException">A score is NaN.</exception>
    public int Select(ReadOnlySpan<float> scores, ReadOnlySpan<int> excluded, ReadOnlySpan<bool> unavailable, Span<int> items, Span<float> best)
    {
        (count, threshold) = (0, float.NegativeInfinity);
        var nextExcluded = 0;
        var item = 0;
        ref var first = ref MemoryMarshal.GetReference(scores);
        for (; item <= scores.Length - Vector256<float>.Count; item += Vector256<float>.Count)
        {
            // Not "greater": a NaN is neither, and this way it comes up below.
            var row = Vector256.LoadUnsafe(ref first, (nuint)item);
            var worthALook = ~Vector256.LessThanOrEqual(row, Vector256.Create(threshold)).ExtractMostSignificantBits() & 0xFF;
            for (; worthALook != 0; worthALook &= worthALook - 1)
                Consider(scores, item + BitOperations.TrailingZeroCount(worthALook), excluded, ref nextExcluded, unavailable);
        }
        for (; item < scores.Length; item++)
            if (!(scores[item] <= threshold)) Consider(scores, item, excluded, ref nextExcluded, unavailable);

        var selected = candidates.AsSpan(0, count);
        selected.Sort();
        selected = selected[..Math.Min(n, count)];
        for (var i = 0; i < selected.Length; i++)
        {
            items[i] = (int)(uint)selected[i];
            best[i] = scores[items[i]];
        }
        return selected.Length;
    }

    private void Consider(ReadOnlySpan<float> scores, int item, ReadOnlySpan<int> excluded, ref int nextExcluded, ReadOnlySpan<bool> unavailable)
    {
        var score = scores[item];
        if (float.IsNaN(score))
            throw new BatchRecException($"The score of item index {item} is not a number. A model whose training diverged gives such scores: lower Train:LearningRate and train again.");
        // The threshold may have risen since the eight were compared.
        if (score <= threshold) return;
        while (nextExcluded < excluded.Length && excluded[nextExcluded] < item) nextExcluded++;
        if (nextExcluded < excluded.Length && excluded[nextExcluded] == item) return;
        if (!unavailable.IsEmpty && unavailable[item]) return;

        candidates[count++] = (ulong)Descending(score) << 32 | (uint)item;
        if (count < candidates.Length) return;
        Array.Sort(candidates);
        count = n;
        threshold = scores[(int)(uint)candidates[n - 1]];
    }

    /// <summary>Bits whose unsigned order is the scores' descending order; both zeros give the same.</summary>
    private static uint Descending(float score)
    {
        var bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return bits >> 31 == 0 ? ~bits & 0x7FFF_FFFF : bits;
    }
}
