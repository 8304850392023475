namespace BatchRec.Train.Encoders.Fused;

/// <summary>What the backward pass needs of the forward pass, for some rows (positions of histories); arrays lie one behind the other, each (rows × columns).</summary>
/// <param name="start">of the memory, aligned to 64 bytes</param>
/// <param name="rows">R, a multiple of 16</param>
internal readonly unsafe struct FusedActivations(float* start, FusedShape shape, int rows)
{
    /// <summary>Floats of a row.</summary>
    public static int OfRow(FusedShape shape) => shape.Layers * OfBlock(shape) + shape.Width + 1;

    private static int OfBlock(FusedShape shape) => 5 * shape.Width + shape.MixColumns + shape.FeedColumns + shape.Inner + shape.Heads + 2;

    /// <summary>(R, D) the input of the last norm, standardised</summary>
    public float* Norm => start + (nint)rows * shape.Layers * OfBlock(shape);

    /// <summary>(R) 1 / its deviations</summary>
    public float* Scales => Norm + (nint)rows * shape.Width;

    public Block this[int layer] => new(start + (nint)rows * layer * OfBlock(shape), shape, rows);

    /// <summary>One block's.</summary>
    public readonly struct Block
    {
        public Block(float* at, FusedShape shape, int rows)
        {
            var width = (nint)rows * shape.Width;
            Norm1 = at;
            Mixed = at + width;
            Branch1 = at + 2 * width;
            Norm2 = at + 3 * width;
            Branch2 = at + 4 * width;
            Mix = at + 5 * width;
            Feed = Mix + (nint)rows * shape.MixColumns;
            Hidden = Feed + (nint)rows * shape.FeedColumns;
            LogSums = Hidden + (nint)rows * shape.Inner;
            Scales1 = LogSums + (nint)rows * shape.Heads;
            Scales2 = Scales1 + rows;
        }

        /// <summary>The norms' inputs, standardised (R, D), and 1 / their deviations (R).</summary>
        public float* Norm1 { get; }
        public float* Scales1 { get; }
        public float* Norm2 { get; }
        public float* Scales2 { get; }

        /// <summary>(R, <see cref="FusedShape.MixColumns"/>) queries and keys as turned, values, the gate itself</summary>
        public float* Mix { get; }

        /// <summary>(R, D) what attention mixed</summary>
        public float* Mixed { get; }

        /// <summary>(histories)(H, L) logarithms of the softmaxes' sums</summary>
        public float* LogSums { get; }

        /// <summary>(R, D) the branches after their masks, before their gates</summary>
        public float* Branch1 { get; }
        public float* Branch2 { get; }

        /// <summary>(R, <see cref="FusedShape.FeedColumns"/>) the inner layer before its activation, the gate itself</summary>
        public float* Feed { get; }

        /// <summary>(R, F) the inner layer after its activation and mask</summary>
        public float* Hidden { get; }
    }
}
