using System.Runtime.InteropServices;
using BatchRec.Torch.Accelerated;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>
/// <see cref="Sasrec"/>'s passes by hand on CPUs with 512-bit vectors: what the graph of some sixty operators computes, without padding, without a walk through
/// memory for each of them, and on threads that meet once a pass. Same parameters, same masks, the same numbers up to rounding.
/// </summary>
internal sealed unsafe class FusedSasrec : IDisposable
{
    private const int RowAlignment = 64;

    private readonly FusedShape _shape;
    private readonly FusedParameters _parameters;
    private readonly float* _angles;
    private float* _activations;
    private long _room;
    private Pass? _last;

    /// <param name="parameters">in the order of <see cref="FusedPlaces"/></param>
    public FusedSasrec(FusedShape shape, IEnumerable<Parameter> parameters)
    {
        (_shape, _parameters) = (shape, new FusedParameters(shape, parameters));
        var half = shape.HeadWidth / 2;
        _angles = (float*)NativeMemory.AlignedAlloc((nuint)(2 * shape.Positions * half) * sizeof(float), RowAlignment);
        for (var position = 0; position < shape.Positions; position++)
            for (var i = 0; i < half; i++)
            {
                var angle = Rotation.Angle(position, i, half);
                (_angles[position * half + i], _angles[(shape.Positions + position) * half + i]) = (MathF.Cos(angle), MathF.Sin(angle));
            }
    }

    private sealed record Pass(int[] Lengths, FusedChunk[] Chunks, DropoutBits[] Masks, long[] Shape);

    /// <param name="x">(B, L, D) item vectors of each event</param>
    /// <param name="lengths">(B) events of each history</param>
    /// <param name="masks">(<see cref="FusedShape.Masks"/>)</param>
    /// <param name="keep">whether a <see cref="Backward"/> follows</param>
    /// <returns>(B, L, D), zeros where padded; no graph leads back</returns>
    public Tensor Forward(Tensor x, int[] lengths, DropoutBits[] masks, bool keep)
    {
        using var input = x.detach().contiguous();
        var pass = new Pass(lengths, FusedChunk.Of(lengths, get_num_threads()), masks, x.shape);
        var output = zeros(x.shape);
        _parameters.Load();
        if (keep) Reserve((pass.Chunks[^1].Before + pass.Chunks[^1].Rows) * FusedActivations.OfRow(_shape));
        Run(pass, (float*)input.DataPointer, (float*)output.DataPointer, null, null, keep ? _activations : null, null, &FusedForward.Chunks);
        _last = keep ? pass : null;
        return output;
    }

    /// <summary>Adds to the gradients of the parameters as they were in the forward pass before.</summary>
    /// <param name="gradient">(B, L, D) of what that pass gave</param>
    /// <returns>(B, L, D) gradient of its input, zeros where padded</returns>
    public Tensor Backward(Tensor gradient)
    {
        var pass = _last ?? throw new InvalidOperationException("There is no forward pass that kept what a backward pass needs.");
        _last = null;
        using var slopes = gradient.contiguous();
        var inputGradient = zeros(pass.Shape);
        var sums = new nint[pass.Chunks.Length];
        fixed (nint* sum = sums) Run(pass, null, null, (float*)inputGradient.DataPointer, (float*)slopes.DataPointer, _activations, sum, &FusedBackward.Chunks);
        var total = Partials.New(_parameters.Count);
        Partials.AddAndFree(sums, total, _parameters.Count);
        _parameters.Accumulate(total);
        NativeMemory.AlignedFree(total);
        return inputGradient;
    }

    private void Run(
        Pass pass, float* input, float* output, float* inputGradient, float* outputGradient, float* activations, nint* gradients, delegate* unmanaged<long, long, void*, void> body)
    {
        fixed (FusedChunk* chunks = pass.Chunks)
        fixed (int* lengths = pass.Lengths)
        fixed (DropoutBits* masks = pass.Masks)
        {
            var work = new FusedWork
            {
                Shape = _shape, Parameters = _parameters.Values, Panels = _parameters.Panels, ParameterCount = _parameters.Count,
                Input = input, Output = output, InputGradient = inputGradient, OutputGradient = outputGradient,
                Chunks = chunks, MostRows = pass.Chunks.Max(chunk => chunk.Rows), Lengths = lengths, PaddedLength = (int)pass.Shape[1],
                Cosines = _angles, Sines = _angles + _shape.Positions * _shape.HeadWidth / 2, Masks = masks, Activations = activations, Gradients = gradients,
            };
            NativeThreads.For(pass.Chunks.Length, 1, body, &work);
        }
    }

    private void Reserve(long floats)
    {
        if (floats <= _room) return;
        NativeMemory.AlignedFree(_activations);
        _activations = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), RowAlignment);
        _room = floats;
    }

    public void Dispose()
    {
        _parameters.Dispose();
        NativeMemory.AlignedFree(_angles);
        NativeMemory.AlignedFree(_activations);
    }
}
