namespace TorchSharp;

/// <summary>A number that is not yet of any element type.</summary>
public sealed class Scalar : IDisposable
{
    private readonly double _value;
    private readonly long _integer;

    private Scalar(double value) => (_value, Type) = (value, torch.ScalarType.Float64);

    private Scalar(long value, torch.ScalarType type) => (_integer, _value, Type) = (value, value, type);

    /// <summary>Float64, Int64 or Bool.</summary>
    public torch.ScalarType Type { get; }

    internal double Value => _value;

    internal long Integer => Type == torch.ScalarType.Float64 ? (long)_value : _integer;

    public static implicit operator Scalar(int value) => new(value, torch.ScalarType.Int64);
    public static implicit operator Scalar(long value) => new(value, torch.ScalarType.Int64);
    public static implicit operator Scalar(float value) => new(value);
    public static implicit operator Scalar(double value) => new(value);
    public static implicit operator Scalar(bool value) => new(value ? 1 : 0, torch.ScalarType.Bool);

    /// <summary>Nothing to release here; TorchSharp's owns native memory.</summary>
    public void Dispose() { }

    public override string ToString() => Type == torch.ScalarType.Float64 ? $"{_value}" : $"{_integer}";
}
