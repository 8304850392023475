namespace TorchSharp;

public static partial class torch
{
    /// <summary>Element types, numbered as libtorch numbers them.</summary>
    public enum ScalarType : sbyte
    {
        Byte = 0,
        Int8 = 1,
        Int16 = 2,
        Int32 = 3,
        Int64 = 4,
        Float16 = 5,
        Float32 = 6,
        Float64 = 7,
        Bool = 11,
        BFloat16 = 15,
    }

    public static readonly ScalarType @bool = ScalarType.Bool;
    public static readonly ScalarType int32 = ScalarType.Int32;
    public static readonly ScalarType int64 = ScalarType.Int64;
    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;
    public static readonly ScalarType float32 = ScalarType.Float32;
    public static readonly ScalarType float64 = ScalarType.Float64;

    public static bool is_floating_point(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16;

    public static bool is_integral(ScalarType type) => !is_floating_point(type);

    internal static ScalarType ToScalarType(Type type) =>
        type == typeof(float) ? ScalarType.Float32
        : type == typeof(double) ? ScalarType.Float64
        : type == typeof(long) ? ScalarType.Int64
        : type == typeof(int) ? ScalarType.Int32
        : type == typeof(bool) ? ScalarType.Bool
        : type == typeof(byte) ? ScalarType.Byte
        : throw new NotSupportedException($"There are no tensors of {type.Name}; use float, double, long, int, bool or byte.");
}

public static class TensorExtensionMethods
{
    /// <summary>Bytes an element.</summary>
    public static int ElementSize(this torch.ScalarType type) => type switch
    {
        torch.ScalarType.Int64 or torch.ScalarType.Float64 => 8,
        torch.ScalarType.Int32 or torch.ScalarType.Float32 => 4,
        torch.ScalarType.Int16 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16 => 2,
        _ => 1,
    };

    /// <summary>Makes a trainable parameter of the tensor, which becomes empty.</summary>
    public static Modules.Parameter AsParameter(this torch.Tensor tensor) => new(tensor);

    /// <summary>Writes element type, shape and elements.</summary>
    public static void Save(this torch.Tensor tensor, BinaryWriter writer)
    {
        using var contiguous = torch.NewDisposeScope();
        var values = tensor.detach().cpu().contiguous();
        writer.Write7BitEncodedInt((int)values.dtype);
        writer.Write7BitEncodedInt(values.shape.Length);
        foreach (var size in values.shape) writer.Write7BitEncodedInt64(size);
        writer.Flush();
        writer.BaseStream.Write(values.bytes);
    }

    /// <summary>Reads what <see cref="Save"/> wrote into a tensor of the same type and shape.</summary>
    /// <exception cref="ArgumentException">The stream holds another type or shape.</exception>
    public static void Load(this torch.Tensor tensor, BinaryReader reader, bool skip = false)
    {
        var type = (torch.ScalarType)reader.Read7BitEncodedInt();
        var shape = new long[reader.Read7BitEncodedInt()];
        for (var i = 0; i < shape.Length; i++) shape[i] = reader.Read7BitEncodedInt64();
        if (!skip && (type != tensor.dtype || !shape.AsSpan().SequenceEqual(tensor.shape)))
            throw new ArgumentException($"The stream holds {type}[{string.Join(", ", shape)}], the tensor is {tensor}.", nameof(reader));
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var values = torch.empty(shape, type);
        reader.BaseStream.ReadExactly(values.bytes);
        if (!skip) tensor.copy_(values);
    }
}
