using System.Runtime.InteropServices;
using BatchRec.Torch.Accelerated;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>The forward pass of <see cref="Sasrec"/> over chunks of a batch: the same arithmetic, in the cache from end to end.</summary>
internal static unsafe class FusedForward
{
    /// <summary>For threads: chunks from .. to of the <see cref="FusedWork"/>.</summary>
    [UnmanagedCallersOnly]
    public static void Chunks(long from, long to, void* context)
    {
        ref readonly var work = ref *(FusedWork*)context;
        var (shape, rows) = (work.Shape, work.MostRows);
        var own = work.Activations == null ? rows * FusedActivations.OfRow(shape) : 0;
        var size = (nuint)(2 * rows * shape.Width + AttentionHead.ForwardScratch(work.PaddedLength, shape.HeadWidth) + own) * sizeof(float);
        var scratch = (float*)NativeMemory.AlignedAlloc(size, 64);
        for (var chunk = from; chunk < to; chunk++) Chunk(in work, in work.Chunks[chunk], scratch);
        NativeMemory.AlignedFree(scratch);
    }

    private static void Chunk(in FusedWork work, in FusedChunk chunk, float* scratch)
    {
        var (shape, rows) = (work.Shape, chunk.Rows);
        var x = scratch;                                                                // (R, D) the residual stream
        var y = x + (nint)work.MostRows * shape.Width;                                  // (R, D)
        var room = y + (nint)work.MostRows * shape.Width;
        var kept = work.ActivationsOf(in chunk, room + AttentionHead.ForwardScratch(work.PaddedLength, shape.HeadWidth));
        Enter(in work, in chunk, x);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var (own, at) = (kept[layer], FusedPlaces.Of(shape, layer));
            RowNorm.Forward(x, rows, shape.Width, work.Parameters + at.Norm1, own.Norm1, own.Scales1, y);
            Product(in work, y, rows, shape.Width, at.Mix, own.Mix, shape.MixColumns);
            Attend(in work, in chunk, own, room);
            Product(in work, own.Mixed, rows, shape.Width, at.Output, own.Branch1, shape.Width);
            Add(in work, in chunk, x, own.Branch1, own.Mix + 3 * shape.Width, shape.MixColumns, in work.Masks[1 + 3 * layer]);

            RowNorm.Forward(x, rows, shape.Width, work.Parameters + at.Norm2, own.Norm2, own.Scales2, y);
            Product(in work, y, rows, shape.Width, at.Feed, own.Feed, shape.FeedColumns);
            Activate(in work, in chunk, own, in work.Masks[2 + 3 * layer]);
            Product(in work, own.Hidden, rows, shape.Inner, at.Outer, own.Branch2, shape.Width);
            Add(in work, in chunk, x, own.Branch2, own.Feed + shape.InnerColumns, shape.FeedColumns, in work.Masks[3 + 3 * layer]);
        }
        RowNorm.Forward(x, rows, shape.Width, work.Parameters + FusedPlaces.Norm(shape), kept.Norm, kept.Scales, y);
        Leave(in work, in chunk, y);
    }

    /// <summary>Item vectors and positions, masked; zeros behind the last history.</summary>
    private static void Enter(in FusedWork work, in FusedChunk chunk, float* x)
    {
        var (width, end) = (work.Shape.Width, chunk.First + chunk.Histories);
        new Span<float>(x + (nint)chunk.Tokens * width, (chunk.Rows - chunk.Tokens) * width).Clear();
        for (var history = chunk.First; history < end; x += (nint)work.Lengths[history++] * width)
        {
            var place = work.Place(history, width);
            EntryRows.Forward(work.Input + place, work.Parameters + FusedPlaces.Positions(work.Shape), x, work.Lengths[history] * width, in work.Masks[0], place);
        }
    }

    private static void Product(in FusedWork work, float* x, int rows, int inputs, int place, float* y, int outputs) =>
        RowProducts.Forward(x, rows, inputs, work.Panels + place, work.Parameters + place + outputs * inputs, y, outputs);

    private static void Attend(in FusedWork work, in FusedChunk chunk, in FusedActivations.Block own, float* room)
    {
        var (shape, row) = (work.Shape, 0);
        for (var history = chunk.First; history < chunk.First + chunk.Histories; row += work.Lengths[history++])
        {
            if (shape.Rotary) RotationRows.Turn(in work, own.Mix + (nint)row * shape.MixColumns, shape.MixColumns, work.Lengths[history], 1);
            var attention = work.Attention(own, history, row, null, null);
            for (var head = 0; head < shape.Heads; head++) AttentionHead.Forward(in attention, head, room);
        }
        new Span<float>(own.Mixed + (nint)row * shape.Width, (chunk.Rows - row) * shape.Width).Clear();
    }

    private static void Add(in FusedWork work, in FusedChunk chunk, float* x, float* branch, float* gate, int stride, in DropoutBits mask)
    {
        var (width, row) = (work.Shape.Width, 0);
        if (!work.Shape.Gates) stride = 0;
        for (var history = chunk.First; history < chunk.First + chunk.Histories; row += work.Lengths[history++])
            ResidualRows.Forward(x + (nint)row * width, branch + (nint)row * width, gate + (nint)row * stride, stride, work.Lengths[history], width, in mask, work.Place(history, width));
    }

    private static void Activate(in FusedWork work, in FusedChunk chunk, in FusedActivations.Block own, in DropoutBits mask)
    {
        var (shape, row) = (work.Shape, 0);
        for (var history = chunk.First; history < chunk.First + chunk.Histories; row += work.Lengths[history++])
            FeedForwardRows.Forward(shape, own.Feed + (nint)row * shape.FeedColumns, own.Hidden + (nint)row * shape.Inner, work.Lengths[history], in mask, work.Place(history, shape.Inner));
        new Span<float>(own.Hidden + (nint)row * shape.Inner, (chunk.Rows - row) * shape.Inner).Clear();
    }

    private static void Leave(in FusedWork work, in FusedChunk chunk, float* y)
    {
        var width = work.Shape.Width;
        for (var history = chunk.First; history < chunk.First + chunk.Histories; y += (nint)work.Lengths[history++] * width)
            new ReadOnlySpan<float>(y, work.Lengths[history] * width).CopyTo(new Span<float>(work.Output + work.Place(history, width), work.Lengths[history] * width));
    }
}
