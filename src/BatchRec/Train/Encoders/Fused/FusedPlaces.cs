namespace BatchRec.Train.Encoders.Fused;

/// <summary>Where a block's parameters begin in <see cref="FusedParameters"/>; a matrix is (out, in), its bias follows it.</summary>
/// <param name="Norm1">scale (D) and shift (D)</param>
/// <param name="Mix">queries, keys, values, gate: (3D or 4D, D)</param>
/// <param name="Output">(D, D)</param>
/// <param name="Norm2">scale (D) and shift (D)</param>
/// <param name="Feed">inner layer, gate: (<see cref="FusedShape.FeedColumns"/>, D)</param>
/// <param name="Outer">(D, F)</param>
/// <param name="End">where the next block's begin</param>
internal readonly record struct FusedPlaces(int Norm1, int Mix, int Output, int Norm2, int Feed, int Outer, int End)
{
    public static FusedPlaces Of(FusedShape shape, int layer)
    {
        var width = shape.Width;
        var mix = 2 * width;
        var output = mix + shape.MixColumns * (width + 1);
        var norm2 = output + width * (width + 1);
        var feed = norm2 + 2 * width;
        var outer = feed + shape.FeedColumns * (width + 1);
        var end = outer + width * (shape.Inner + 1);
        var from = layer * end;
        return new(from, from + mix, from + output, from + norm2, from + feed, from + outer, from + end);
    }

    /// <summary>The last norm's scale (D) and shift (D), behind the blocks.</summary>
    public static int Norm(FusedShape shape) => Of(shape, shape.Layers).Norm1;

    /// <summary>The table of positions, the last.</summary>
    public static int Positions(FusedShape shape) => Norm(shape) + 2 * shape.Width;

    public static int Count(FusedShape shape) => Positions(shape) + shape.Positions * shape.Width;
}
