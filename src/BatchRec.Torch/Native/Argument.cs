using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Native;

/// <summary>One argument of an operator, as it stands in its schema.</summary>
internal readonly unsafe struct Argument
{
    private enum Form : byte { Bits, Optional, Tensor, OptionalTensor, Tensors, OptionalTensors, Integers, OptionalIntegers, Text }

    private readonly object? _value;
    private readonly ulong _bits;
    private readonly Form _form;

    private Argument(Form form, object? value, ulong bits = 0) => (_form, _value, _bits) = (form, value, bits);

    /// <summary>Not given: an optional that stays empty, or a generator that stays the default one.</summary>
    public static Argument None => new(Form.Bits, null);

    public static implicit operator Argument(Tensor tensor) => new(Form.Tensor, tensor ?? throw new ArgumentNullException(nameof(tensor)));
    public static implicit operator Argument(Tensor[] tensors) => new(Form.Tensors, tensors);
    public static implicit operator Argument(long[] integers) => new(Form.Integers, integers);
    public static implicit operator Argument(string text) => new(Form.Text, text);
    public static implicit operator Argument(long value) => new(Form.Bits, null, (ulong)value);
    public static implicit operator Argument(bool value) => new(Form.Bits, null, value ? 1ul : 0);
    public static implicit operator Argument(double value) => new(Form.Bits, null, BitConverter.DoubleToUInt64Bits(value));
    public static implicit operator Argument(ScalarType type) => new(Form.Bits, null, (ulong)type);
    public static implicit operator Argument(Device device) => new(Form.Bits, null, ((ulong)device.type << 32) | (uint)device.index);

    /// <summary>An argument of a schema's type <c>Tensor?</c>.</summary>
    public static Argument Maybe(Tensor? tensor) => tensor is null ? None : new(Form.OptionalTensor, tensor);

    /// <summary>An argument of a schema's type <c>ScalarType?</c>.</summary>
    public static Argument Maybe(ScalarType? type) => type is { } given ? new(Form.Optional, null, (ulong)given) : None;

    /// <summary>An argument of a schema's type <c>int?</c>.</summary>
    public static Argument Maybe(long value) => new(Form.Optional, null, (ulong)value);

    /// <summary>An argument of a schema's type <c>bool?</c>.</summary>
    public static Argument Maybe(bool value) => new(Form.Optional, null, value ? 1ul : 0);

    /// <summary>An argument of a schema's type <c>int[]?</c>.</summary>
    public static Argument Maybe(long[]? integers) => integers is null ? None : new(Form.OptionalIntegers, integers);

    /// <summary>An argument of a schema's type <c>Tensor?[]</c>.</summary>
    public static Argument Indices(Tensor?[] tensors) => new(Form.OptionalTensors, tensors);

    /// <summary>The argument as a slot of the dispatcher's stack. The call that gets it owns, and frees, what it points to.</summary>
    public ulong ToSlot(Shim shim) => _form switch
    {
        Form.Bits => _bits,
        Form.Optional => Boxed(_bits),
        Form.Tensor => Handle(shim, (Tensor)_value!),
        Form.OptionalTensor => Boxed(Handle(shim, (Tensor)_value!)),
        Form.Tensors => List(shim, (Tensor[])_value!),
        Form.OptionalTensors => OptionalList(shim, (Tensor?[])_value!),
        Form.Integers => List(shim, (long[])_value!),
        Form.OptionalIntegers => Boxed(List(shim, (long[])_value!)),
        _ => Text(shim, (string)_value!),
    };

    /// <summary>For an error's message: <c>Float32[128, 200, 64]</c>.</summary>
    public override string ToString() => _value switch
    {
        Tensor tensor => Describe(tensor),
        Tensor?[] tensors => $"[{string.Join(", ", tensors.Select(Describe))}]",
        long[] integers => $"[{string.Join(", ", integers)}]",
        string text => $"\"{text}\"",
        _ => $"{(long)_bits}",
    };

    private static string Describe(Tensor? tensor) => tensor is null ? "none" : tensor.IsInvalid ? "disposed" : $"{tensor.dtype}[{string.Join(", ", tensor.shape)}]";

    private static ulong Handle(Shim shim, Tensor tensor)
    {
        nint copy;
        NativeException.ThrowIf(shim, shim.NewHandle(tensor.Handle, &copy), "aoti_torch_new_tensor_handle");
        GC.KeepAlive(tensor);
        return (ulong)copy;
    }

    // torch frees it with delete, which glibc's malloc serves.
    private static ulong Boxed(ulong bits)
    {
        var box = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *box = bits;
        return (ulong)box;
    }

    private static nint NewList(Shim shim, int capacity)
    {
        nint list;
        NativeException.ThrowIf(shim, shim.NewList((nuint)capacity, &list), "torch_new_list_reserve_size");
        return list;
    }

    private static ulong List(Shim shim, Tensor[] tensors)
    {
        var list = NewList(shim, tensors.Length);
        foreach (var tensor in tensors)
            NativeException.ThrowIf(shim, shim.ListPush(list, Handle(shim, tensor)), "torch_list_push_back");
        return (ulong)list;
    }

    private static ulong OptionalList(Shim shim, Tensor?[] tensors)
    {
        var list = NewList(shim, tensors.Length);
        foreach (var tensor in tensors)
            NativeException.ThrowIf(shim, shim.ListPush(list, tensor is null ? 0 : Boxed(Handle(shim, tensor))), "torch_list_push_back");
        return (ulong)list;
    }

    private static ulong List(Shim shim, long[] integers)
    {
        var list = NewList(shim, integers.Length);
        foreach (var integer in integers)
            NativeException.ThrowIf(shim, shim.ListPush(list, (ulong)integer), "torch_list_push_back");
        return (ulong)list;
    }

    private static ulong Text(Shim shim, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + '\0');
        nint handle;
        fixed (byte* pointer = bytes)
            NativeException.ThrowIf(shim, shim.NewString(pointer, (nuint)(bytes.Length - 1), &handle), "torch_new_string_handle");
        return (ulong)handle;
    }
}
