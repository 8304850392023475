using System.Runtime.InteropServices;
using BatchRec.Torch.Native;

namespace TorchSharp;

public static unsafe partial class torch
{
    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        var strides = stackalloc long[size.Length];
        for (var (i, stride) = (size.Length - 1, 1L); i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(size[i], 1);
        }
        var (type, where) = (dtype ?? ScalarType.Float32, device ?? CPU);
        nint handle;
        fixed (long* sizes = size)
            if (Libtorch.C.EmptyStrided(size.Length, sizes, strides, (int)type, (int)where.type, Math.Max(where.index, 0), &handle) != 0)
                throw NativeException.Create(Libtorch.C, $"aten::empty[{type} on {where}]", [size]);
        var tensor = new Tensor(handle);
        if (requires_grad) tensor.requires_grad = true;
        return tensor;
    }

    public static Tensor empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty([size], dtype, device, requires_grad);

    public static Tensor empty(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty([rows, columns], dtype, device, requires_grad);

    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Filled(empty(size, dtype, device), 0, requires_grad);

    public static Tensor zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros([size], dtype, device, requires_grad);

    public static Tensor zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros([rows, columns], dtype, device, requires_grad);

    public static Tensor zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros([dim0, dim1, dim2], dtype, device, requires_grad);

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Filled(empty(size, dtype, device), 1, requires_grad);

    public static Tensor ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones([size], dtype, device, requires_grad);

    public static Tensor ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones([rows, columns], dtype, device, requires_grad);

    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Filled(empty(size, dtype ?? TypeOf(value), device), value, requires_grad);

    public static Tensor full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full([size], value, dtype, device, requires_grad);

    public static Tensor full(long rows, long columns, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        full([rows, columns], value, dtype, device, requires_grad);

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        zeros(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        ones(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty(input.shape, dtype ?? input.dtype, device ?? input.device, requires_grad);

    /// <summary>start, start + step, … below stop; whole numbers unless a bound is not.</summary>
    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        if (step.Value == 0) throw new ArgumentException("arange: the step must not be 0.", nameof(step));
        var values = new double[Math.Max(0, (int)Math.Ceiling((stop.Value - start.Value) / step.Value))];
        for (var i = 0; i < values.Length; i++) values[i] = start.Value + i * step.Value;
        var whole = start.Type == ScalarType.Int64 && stop.Type == ScalarType.Int64 && step.Type == ScalarType.Int64;
        return from_array(values, dtype ?? (whole ? ScalarType.Int64 : ScalarType.Float32), device, requires_grad);
    }

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        empty(size, dtype, device).uniform_(0, 1).requires_grad_(requires_grad);

    public static Tensor rand(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        rand([rows, columns], dtype, device, requires_grad);

    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        empty(size, dtype, device).normal_().requires_grad_(requires_grad);

    public static Tensor randn(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn([size], dtype, device, requires_grad);

    public static Tensor randn(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) =>
        randn([rows, columns], dtype, device, requires_grad);

    /// <summary>0 … n - 1 in a random order.</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null)
    {
        var order = Operators.Randperm.Tensor(n, Argument.None, Argument.None, Argument.None, Argument.None);
        return order.to(dtype ?? ScalarType.Int64, device ?? CPU);
    }

    /// <summary>A copy of an array of any rank of float, double, long, int, bool or byte.</summary>
    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        var size = new long[rawArray.Rank];
        for (var i = 0; i < size.Length; i++) size[i] = rawArray.GetLength(i);
        var type = ToScalarType(rawArray.GetType().GetElementType()!);
        var tensor = empty(size, type);
        var bytes = tensor.bytes;
        if (bytes.Length > 0)
            MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(rawArray), bytes.Length).CopyTo(bytes);
        return Converted(tensor, dtype ?? type, device ?? CPU, requires_grad);
    }

    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor tensor(float scalar, Device? device = null, bool requires_grad = false) => full([], scalar, ScalarType.Float32, device, requires_grad);

    public static Tensor tensor(double scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        full([], scalar, dtype ?? ScalarType.Float64, device, requires_grad);

    public static Tensor tensor(long scalar, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        full([], scalar, dtype ?? ScalarType.Int64, device, requires_grad);

    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(rawArray, dtype, device, requires_grad);

    public static Tensor tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(rawArray, dtype, device, requires_grad);

    public static Tensor tensor(long[] dataArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(dataArray, dtype, device, requires_grad);

    public static Tensor tensor(int[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(rawArray, dtype, device, requires_grad);

    public static Tensor tensor(bool[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(rawArray, dtype, device, requires_grad);

    public static Tensor tensor(float[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(rawArray, dtype, device, requires_grad);

    public static Tensor tensor(long[,] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        from_array(rawArray, dtype, device, requires_grad);

    public static Tensor tensor(float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(rawArray, dimensions, dtype, device, requires_grad);

    public static Tensor tensor(double[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(rawArray, dimensions, dtype, device, requires_grad);

    public static Tensor tensor(long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(dataArray, dimensions, dtype, device, requires_grad);

    public static Tensor tensor(int[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(rawArray, dimensions, dtype, device, requires_grad);

    public static Tensor tensor(IList<float> rawArray, long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(rawArray as float[] ?? [.. rawArray], [rows, columns], dtype, device, requires_grad);

    public static Tensor tensor(IList<int> rawArray, long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(rawArray as int[] ?? [.. rawArray], [rows, columns], dtype, device, requires_grad);

    public static Tensor tensor(IList<long> rawArray, long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Shaped(rawArray as long[] ?? [.. rawArray], [rows, columns], dtype, device, requires_grad);

    private static Tensor Filled(Tensor tensor, Scalar value, bool requiresGrad)
    {
        if (value.Value == 0) tensor.zero_();
        else tensor.fill_(value);
        return requiresGrad ? tensor.requires_grad_() : tensor;
    }

    private static ScalarType TypeOf(Scalar value) => value.Type == ScalarType.Float64 ? ScalarType.Float32 : value.Type;

    private static Tensor Shaped(Array values, ReadOnlySpan<long> dimensions, ScalarType? dtype, Device? device, bool requiresGrad)
    {
        using var flat = from_array(values, dtype, device);
        var tensor = flat.reshape(dimensions.ToArray());
        return requiresGrad ? tensor.requires_grad_() : tensor;
    }

    private static Tensor Converted(Tensor tensor, ScalarType type, Device device, bool requiresGrad)
    {
        if (type != tensor.dtype) tensor = tensor.to_type(type, disposeAfter: true);
        if (device.type != DeviceType.CPU) tensor = tensor.to(device, disposeAfter: true);
        return requiresGrad ? tensor.requires_grad_() : tensor;
    }
}
