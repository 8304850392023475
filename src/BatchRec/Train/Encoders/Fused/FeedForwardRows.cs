using System.Runtime.Intrinsics;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>The feed-forward part's activation with its mask, row by row: SwiGLU, silu(u) v, or gelu(u).</summary>
internal static unsafe class FeedForwardRows
{
    private static readonly int Lanes = Vector512<float>.Count;

    /// <param name="feed">(rows, <see cref="FusedShape.FeedColumns"/>)</param>
    /// <param name="hidden">(rows, F)</param>
    /// <param name="place">the first row's first element in the mask</param>
    public static void Forward(FusedShape shape, float* feed, float* hidden, int rows, in DropoutBits mask, long place)
    {
        var inner = shape.Inner;
        for (var row = 0; row < rows; row++, feed += shape.FeedColumns, hidden += inner, place += inner)
            for (var i = 0; i < inner; i += Lanes)
            {
                var u = Vector512.Load(feed + i);
                var value = shape.Gated ? u * Activations.Sigmoid(u) * Vector512.Load(feed + inner + i) : u * Activations.Normal(u).Below;
                if (mask.Any) value *= mask.At(place + i);
                value.Store(hidden + i);
            }
    }

    /// <param name="slopes">(rows, F) gradient of hidden</param>
    /// <param name="gradient">(rows, <see cref="FusedShape.FeedColumns"/>) its first columns are written</param>
    public static void Backward(FusedShape shape, float* feed, float* slopes, float* gradient, int rows, in DropoutBits mask, long place)
    {
        var inner = shape.Inner;
        for (var row = 0; row < rows; row++, feed += shape.FeedColumns, slopes += inner, gradient += shape.FeedColumns, place += inner)
            for (var i = 0; i < inner; i += Lanes)
            {
                var (u, slope) = (Vector512.Load(feed + i), Vector512.Load(slopes + i));
                if (mask.Any) slope *= mask.At(place + i);
                if (shape.Gated)
                {
                    var (v, share) = (Vector512.Load(feed + inner + i), Activations.Sigmoid(u));
                    var silu = u * share;
                    (slope * v * (share + silu * (Vector512<float>.One - share))).Store(gradient + i);
                    (slope * silu).Store(gradient + inner + i);
                }
                else
                {
                    var (below, density) = Activations.Normal(u);
                    (slope * Vector512.FusedMultiplyAdd(u, density, below)).Store(gradient + i);
                }
            }
    }
}
