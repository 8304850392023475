using System.Runtime.InteropServices;
using BatchRec.Torch.Accelerated;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>The backward pass of <see cref="Sasrec"/> over chunks of a batch, from what <see cref="FusedForward"/> kept.</summary>
internal static unsafe class FusedBackward
{
    /// <summary>For threads: chunks from .. to of the <see cref="FusedWork"/>.</summary>
    [UnmanagedCallersOnly]
    public static void Chunks(long from, long to, void* context)
    {
        ref readonly var work = ref *(FusedWork*)context;
        var size = (nuint)((long)work.MostRows * Room.OfRow(work.Shape) + AttentionHead.BackwardScratch(work.PaddedLength, work.Shape.HeadWidth)) * sizeof(float);
        var scratch = (float*)NativeMemory.AlignedAlloc(size, 64);
        var sums = Partials.New(work.ParameterCount);
        for (var chunk = from; chunk < to; chunk++) Chunk(in work, in work.Chunks[chunk], new Room(scratch, work.Shape, work.MostRows), sums);
        NativeMemory.AlignedFree(scratch);
        work.Gradients[from] = (nint)sums;
    }

    /// <summary>A thread's room.</summary>
    private readonly struct Room(float* start, FusedShape shape, int rows)
    {
        public static int OfRow(FusedShape shape) => 3 * shape.Width + Math.Max(shape.MixColumns, shape.FeedColumns) + shape.Inner;

        /// <summary>(R, D) gradient of the residual stream</summary>
        public float* X => start;

        /// <summary>(R, D) of a branch, and of what a norm gave</summary>
        public float* Branch => start + (nint)rows * shape.Width;

        /// <summary>(R, D) what a norm gave, or the gradient of what attention mixed</summary>
        public float* Y => start + 2 * (nint)rows * shape.Width;

        /// <summary>(R, F)</summary>
        public float* Hidden => start + 3 * (nint)rows * shape.Width;

        /// <summary>(R, <see cref="FusedShape.MixColumns"/>) or (R, <see cref="FusedShape.FeedColumns"/>)</summary>
        public float* Columns => Hidden + (nint)rows * shape.Inner;

        public float* Attention => start + (nint)rows * OfRow(shape);
    }

    private static void Chunk(in FusedWork work, in FusedChunk chunk, in Room room, float* sums)
    {
        var (shape, rows, kept) = (work.Shape, chunk.Rows, work.ActivationsOf(in chunk, null));
        Enter(in work, in chunk, room.Y);
        new Span<float>(room.X, rows * shape.Width).Clear();
        var norm = FusedPlaces.Norm(shape);
        RowNorm.Backward(room.Y, kept.Norm, kept.Scales, rows, shape.Width, work.Parameters + norm, room.X, sums + norm);
        for (var layer = shape.Layers - 1; layer >= 0; layer--)
        {
            var (own, at) = (kept[layer], FusedPlaces.Of(shape, layer));
            Split(in work, in chunk, in room, own.Branch2, own.Feed + shape.InnerColumns, shape.InnerColumns, shape.FeedColumns, in work.Masks[3 + 3 * layer]);
            Product(in work, room.Branch, rows, shape.Width, own.Hidden, at.Outer, room.Hidden, shape.Inner, sums);
            Activate(in work, in chunk, in room, own, in work.Masks[2 + 3 * layer]);
            RowNorm.Again(own.Norm2, rows, shape.Width, work.Parameters + at.Norm2, room.Y);
            Product(in work, room.Columns, rows, shape.FeedColumns, room.Y, at.Feed, room.Branch, shape.Width, sums);
            RowNorm.Backward(room.Branch, own.Norm2, own.Scales2, rows, shape.Width, work.Parameters + at.Norm2, room.X, sums + at.Norm2);

            Split(in work, in chunk, in room, own.Branch1, own.Mix + 3 * shape.Width, 3 * shape.Width, shape.MixColumns, in work.Masks[1 + 3 * layer]);
            Product(in work, room.Branch, rows, shape.Width, own.Mixed, at.Output, room.Y, shape.Width, sums);
            Attend(in work, in chunk, in room, own);
            RowNorm.Again(own.Norm1, rows, shape.Width, work.Parameters + at.Norm1, room.Y);
            Product(in work, room.Columns, rows, shape.MixColumns, room.Y, at.Mix, room.Branch, shape.Width, sums);
            RowNorm.Backward(room.Branch, own.Norm1, own.Scales1, rows, shape.Width, work.Parameters + at.Norm1, room.X, sums + at.Norm1);
        }
        Leave(in work, in chunk, room.X, sums + FusedPlaces.Positions(shape));
    }

    /// <summary>The gradients of what left the network; zeros behind the last history.</summary>
    private static void Enter(in FusedWork work, in FusedChunk chunk, float* slopes)
    {
        var width = work.Shape.Width;
        new Span<float>(slopes + (nint)chunk.Tokens * width, (chunk.Rows - chunk.Tokens) * width).Clear();
        for (var history = chunk.First; history < chunk.First + chunk.Histories; slopes += (nint)work.Lengths[history++] * width)
            new ReadOnlySpan<float>(work.OutputGradient + work.Place(history, width), work.Lengths[history] * width).CopyTo(new Span<float>(slopes, work.Lengths[history] * width));
    }

    /// <summary>The residual stream's gradient to a branch and its gate; zeros behind the last history.</summary>
    /// <param name="place">the gate's first column among the <paramref name="columns"/></param>
    private static void Split(in FusedWork work, in FusedChunk chunk, in Room room, float* branch, float* gate, int place, int columns, in DropoutBits mask)
    {
        var (width, row) = (work.Shape.Width, 0);
        var stride = work.Shape.Gates ? columns : 0;
        for (var history = chunk.First; history < chunk.First + chunk.Histories; row += work.Lengths[history++])
            ResidualRows.Backward(room.X + (nint)row * width, branch + (nint)row * width, gate + (nint)row * stride, room.Columns + place + (nint)row * stride, stride,
                room.Branch + (nint)row * width, work.Lengths[history], width, in mask, work.Place(history, width));
        new Span<float>(room.Branch + (nint)row * width, (chunk.Rows - row) * width).Clear();
        new Span<float>(room.Columns + (nint)row * columns, (chunk.Rows - row) * columns).Clear();
    }

    private static void Product(in FusedWork work, float* slopes, int rows, int outputs, float* x, int place, float* gradient, int inputs, float* sums) =>
        RowProducts.Backward(slopes, rows, outputs, x, work.Parameters + place, gradient, inputs, sums + place);

    private static void Activate(in FusedWork work, in FusedChunk chunk, in Room room, in FusedActivations.Block own, in DropoutBits mask)
    {
        var (shape, row) = (work.Shape, 0);
        for (var history = chunk.First; history < chunk.First + chunk.Histories; row += work.Lengths[history++])
            FeedForwardRows.Backward(shape, own.Feed + (nint)row * shape.FeedColumns, room.Hidden + (nint)row * shape.Inner, room.Columns + (nint)row * shape.FeedColumns,
                work.Lengths[history], in mask, work.Place(history, shape.Inner));
    }

    private static void Attend(in FusedWork work, in FusedChunk chunk, in Room room, in FusedActivations.Block own)
    {
        var (shape, row) = (work.Shape, 0);
        for (var history = chunk.First; history < chunk.First + chunk.Histories; row += work.Lengths[history++])
        {
            var attention = work.Attention(own, history, row, room.Columns, room.Y);
            for (var head = 0; head < shape.Heads; head++) AttentionHead.Backward(in attention, head, room.Attention);
            if (shape.Rotary) RotationRows.Turn(in work, room.Columns + (nint)row * shape.MixColumns, shape.MixColumns, work.Lengths[history], -1);
        }
    }

    private static void Leave(in FusedWork work, in FusedChunk chunk, float* slopes, float* positionSums)
    {
        var width = work.Shape.Width;
        for (var history = chunk.First; history < chunk.First + chunk.Histories; slopes += (nint)work.Lengths[history++] * width)
        {
            var place = work.Place(history, width);
            EntryRows.Backward(slopes, work.InputGradient + place, positionSums, work.Lengths[history] * width, in work.Masks[0], place);
        }
    }
}
