using BatchRec.Torch.Accelerated;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>One pass over a batch, for the threads that share its chunks.</summary>
internal unsafe struct FusedWork
{
    public FusedShape Shape;

    /// <summary><see cref="FusedParameters.Values"/> and <see cref="FusedParameters.Panels"/></summary>
    public float* Parameters, Panels;

    /// <summary>(B, L, D) item vectors in, what the histories look like after each event out; and their gradients</summary>
    public float* Input, Output, InputGradient, OutputGradient;

    public FusedChunk* Chunks;

    /// <summary>(B) events of each history</summary>
    public int* Lengths;

    /// <summary>L</summary>
    public int PaddedLength;

    /// <summary>(L, D/H / 2) each, of the rotation's angles</summary>
    public float* Cosines, Sines;

    /// <summary>(<see cref="FusedShape.Masks"/>)</summary>
    public DropoutBits* Masks;

    /// <summary>Of all chunks, each chunk's at its first row; null: nothing is kept for a backward pass.</summary>
    public float* Activations;

    /// <summary>(chunks) where the thread that began with that chunk has its gradients</summary>
    public nint* Gradients;

    /// <summary>Floats of all parameters.</summary>
    public int ParameterCount;

    /// <summary>Rows of the largest chunk.</summary>
    public int MostRows;

    /// <summary>Number of a history's first element, in a matrix of so many columns, as the masks count.</summary>
    public readonly long Place(int history, int columns) => (long)history * PaddedLength * columns;

    public readonly FusedActivations ActivationsOf(in FusedChunk chunk, float* scratch) =>
        new(Activations == null ? scratch : Activations + chunk.Before * FusedActivations.OfRow(Shape), Shape, chunk.Rows);

    /// <summary>One history's part of the arrays that attention reads and writes; gradients only for the backward pass.</summary>
    /// <param name="row">its first row in the chunk</param>
    /// <param name="mixGradient">(R, <see cref="FusedShape.MixColumns"/>)</param>
    public readonly AttentionWork Attention(in FusedActivations.Block kept, int history, int row, float* mixGradient, float* mixedGradient)
    {
        var (width, columns, head) = (Shape.Width, Shape.MixColumns, Shape.HeadWidth);
        float* mix = kept.Mix + (nint)row * columns, slopes = mixGradient + (nint)row * columns;
        return new AttentionWork
        {
            Query = new(mix, head, columns), Key = new(mix + width, head, columns), Value = new(mix + 2 * width, head, columns),
            Output = new(kept.Mixed + (nint)row * width, head, width), Gradient = new(mixedGradient + (nint)row * width, head, width),
            QueryGradient = new(slopes, head, columns), KeyGradient = new(slopes + width, head, columns), ValueGradient = new(slopes + 2 * width, head, columns),
            LogSums = kept.LogSums + (nint)row * Shape.Heads, Heads = Shape.Heads, Length = Lengths[history], Width = head,
        };
    }
}
