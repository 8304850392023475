using System.Collections;
using System.Runtime.InteropServices;

namespace TorchSharp.Utils;

/// <summary>The elements of a CPU tensor in row-major order; writing goes to the tensor itself, which must then be contiguous.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
            throw new InvalidOperationException($"{tensor} is not in CPU memory; use cpu() first.");
        if (tensor.dtype != torch.ToScalarType(typeof(T)))
            throw new ArgumentException($"{tensor} has no elements of type {typeof(T).Name}.");
        _tensor = tensor;
    }

    public long Count => _tensor.numel();

    public T this[params long[] indices]
    {
        get
        {
            var strides = _tensor.stride();
            var offset = 0L;
            for (var i = 0; i < indices.Length; i++)
            {
                if ((ulong)indices[i] >= (ulong)_tensor.size(i)) throw new ArgumentOutOfRangeException(nameof(indices), $"[{string.Join(", ", indices)}] of {_tensor}.");
                offset += indices[i] * strides[i];
            }
            unsafe { return ((T*)_tensor.DataPointer)[offset]; }
        }
    }

    public T[] ToArray()
    {
        var values = new T[Count];
        CopyTo(values);
        return values;
    }

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        using var scope = torch.NewDisposeScope();
        var source = Elements(_tensor.is_contiguous() ? _tensor : _tensor.detach().contiguous())[(int)tensorIndex..];
        var target = array[arrayIndex..];
        source[..Math.Min(source.Length, target.Length)].CopyTo(target);
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = Elements(_tensor)[(int)tensorIndex..];
        var source = array[arrayIndex..];
        source[..Math.Min(source.Length, target.Length)].CopyTo(target);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Nothing to release: the memory is the tensor's.</summary>
    public void Dispose() { }

    private static Span<T> Elements(torch.Tensor tensor) => MemoryMarshal.Cast<byte, T>(tensor.bytes);
}
