using System.Runtime.Intrinsics;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>What enters the first block, of one history: its item vectors and the positions' vectors, masked.</summary>
internal static unsafe class EntryRows
{
    private static readonly int Lanes = Vector512<float>.Count;

    /// <param name="count">elements of the history's rows</param>
    /// <param name="place">the first element in the mask</param>
    public static void Forward(float* items, float* positions, float* x, int count, in DropoutBits mask, long place)
    {
        for (var i = 0; i < count; i += Lanes)
        {
            var value = Vector512.Load(items + i) + Vector512.Load(positions + i);
            if (mask.Any) value *= mask.At(place + i);
            value.Store(x + i);
        }
    }

    /// <param name="slopes">gradient of x</param>
    /// <param name="itemGradient">written</param>
    /// <param name="positionSums">added to</param>
    public static void Backward(float* slopes, float* itemGradient, float* positionSums, int count, in DropoutBits mask, long place)
    {
        for (var i = 0; i < count; i += Lanes)
        {
            var value = Vector512.Load(slopes + i);
            if (mask.Any) value *= mask.At(place + i);
            value.Store(itemGradient + i);
            (Vector512.Load(positionSums + i) + value).Store(positionSums + i);
        }
    }
}
