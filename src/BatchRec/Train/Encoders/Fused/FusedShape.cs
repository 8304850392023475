using System.Runtime.Intrinsics;
using BatchRec.Torch.Accelerated;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>Sizes of a <see cref="Sasrec"/> as its fused passes need them; D, F and D / H are multiples of a tile's 32 columns.</summary>
/// <param name="Width">D</param>
/// <param name="Heads">H</param>
/// <param name="Inner">F, width of the feed-forward part's inner layer</param>
/// <param name="Gated">whether that layer is SwiGLU's, else gelu's</param>
/// <param name="Gates">whether residual branches have gates</param>
/// <param name="Rotary">whether queries and keys are turned</param>
/// <param name="Positions">rows of the table of positions</param>
internal readonly record struct FusedShape(int Width, int Heads, int Layers, int Inner, bool Gated, bool Gates, bool Rotary, int Positions)
{
    public static FusedShape Of(TrainOptions options) => new(
        options.Dimensions, options.Heads, options.Layers, options.FeedForwardDimensions, options.FeedForward == "swiglu", options.Gates, options.RotaryPositions,
        Batches.Padded(options.MaxLength));

    /// <summary>Whether the fused passes can stand in for the graph on this machine.</summary>
    public static bool Fits(TrainOptions options) =>
        Vector512.IsHardwareAccelerated && options is { Device: "cpu", Window: 0, TopKeys: 0 }
        && options.Dimensions / options.Heads % Tile.Columns == 0 && options.FeedForwardDimensions % Tile.Columns == 0;

    public int HeadWidth => Width / Heads;

    /// <summary>Columns of the first product of a block: queries, keys, values, gate.</summary>
    public int MixColumns => (Gates ? 4 : 3) * Width;

    /// <summary>Columns of the inner layer: both halves of SwiGLU, or gelu's input.</summary>
    public int InnerColumns => (Gated ? 2 : 1) * Inner;

    /// <summary>Columns of the product before the feed-forward part: the inner layer, gate.</summary>
    public int FeedColumns => InnerColumns + (Gates ? Width : 0);

    /// <summary>Masks of a pass: the embedding's, and each block's three, in the order in which the graph draws them.</summary>
    public int Masks => 1 + 3 * Layers;
}
