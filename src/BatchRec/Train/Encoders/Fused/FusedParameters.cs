using System.Runtime.InteropServices;
using BatchRec.Torch.Accelerated;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BatchRec.Train.Encoders.Fused;

/// <summary>
/// A network's parameters side by side in one stretch of memory, where matrices that meet the same input lie below each other and are one product, and once more
/// as <see cref="Tile"/> reads them. Gradients are added up in the same places.
/// </summary>
internal sealed unsafe class FusedParameters : IDisposable
{
    private readonly Parameter[] _parameters;
    private readonly FusedShape _shape;

    /// <param name="parameters">in the order of <see cref="FusedPlaces"/></param>
    public FusedParameters(FusedShape shape, IEnumerable<Parameter> parameters)
    {
        (_shape, _parameters, Count) = (shape, [.. parameters], FusedPlaces.Count(shape));
        if (_parameters.Sum(parameter => parameter.numel()) != Count) throw new ArgumentException("The parameters are not those of the shape.", nameof(parameters));
        Values = (float*)NativeMemory.AlignedAlloc((nuint)Count * sizeof(float), 64);
        Panels = (float*)NativeMemory.AlignedAlloc((nuint)Count * sizeof(float), 64);
    }

    /// <summary>Elements of all parameters.</summary>
    public int Count { get; }

    public float* Values { get; }

    /// <summary>The same places; a matrix (out, in) is (out / 32, in, 32) there. Other parameters are not.</summary>
    public float* Panels { get; }

    /// <summary>Takes the parameters' present values.</summary>
    public void Load()
    {
        var place = 0L;
        foreach (var parameter in _parameters)
        {
            using var values = parameter.detach().contiguous();
            new ReadOnlySpan<float>(values.DataPointer, (int)values.numel()).CopyTo(new Span<float>(Values + place, (int)values.numel()));
            place += values.numel();
        }
        var (width, inner) = (_shape.Width, _shape.Inner);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            var at = FusedPlaces.Of(_shape, layer);
            Pack(at.Mix, _shape.MixColumns, width);
            Pack(at.Output, width, width);
            Pack(at.Feed, _shape.FeedColumns, width);
            Pack(at.Outer, width, inner);
        }
    }

    /// <summary>Adds gradients to those of the parameters.</summary>
    /// <param name="gradients">(<see cref="Count"/>)</param>
    public void Accumulate(float* gradients)
    {
        foreach (var parameter in _parameters)
        {
            var count = (int)parameter.numel();
            using var gradient = empty(parameter.shape);
            new ReadOnlySpan<float>(gradients, count).CopyTo(new Span<float>(gradient.DataPointer, count));
            autograd.backward(parameter, gradient);
            gradients += count;
        }
    }

    private void Pack(int place, int outputs, int inputs)
    {
        float* from = Values + place, to = Panels + place;
        for (var panel = 0; panel < outputs; panel += Tile.Columns)
            for (var input = 0; input < inputs; input++)
                for (var column = 0; column < Tile.Columns; column++) *to++ = from[(panel + column) * inputs + input];
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Values);
        NativeMemory.AlignedFree(Panels);
    }
}
