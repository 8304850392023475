using System.Runtime.InteropServices;
using BatchRec.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BatchRec.Torch.Accelerated;

/// <summary>Gives libtorch's operators CPU kernels of ours, through the stable C ABI's counterpart of TORCH_LIBRARY_IMPL.</summary>
internal static unsafe class Kernel
{
    [ThreadStatic]
    private static Exception? _fault;

    /// <param name="name">an operator of the namespace aten, without a CPU kernel of its own</param>
    /// <param name="kernel">gets the arguments on the stack, owns them, and leaves the results there, owned by the caller</param>
    public static void Register(string name, delegate* unmanaged<ulong*, ulong, ulong, void> kernel)
    {
        var shim = Libtorch.C;
        nint library;
        fixed (byte* space = "aten\0"u8, key = "CPU\0"u8, file = "BatchRec.Torch\0"u8)
            NativeException.ThrowIf(shim, shim.NewLibraryImplementation(space, key, file, 0, &library), "aoti_torch_library_init_impl");
        // Both must stay for as long as the process: the registration ends with the library object.
        NativeException.ThrowIf(shim, shim.Implement(library, (byte*)Marshal.StringToCoTaskMemUTF8(name), kernel, Operator.BuiltAgainst), $"torch_library_impl {name}");
    }

    /// <summary>
    /// Runs a kernel's body. An exception must not cross native frames: it is kept, the results are left undefined, and the operator that was called throws
    /// it (<see cref="ThrowFault"/>).
    /// </summary>
    public static void Run(ulong* stack, ulong results, Body body)
    {
        using var scope = NewDisposeScope();
        try
        {
            body(stack);
        }
        catch (Exception fault)
        {
            _fault = fault;
            for (var i = 0ul; i < results; i++) stack[i] = Undefined();
        }
    }

    public delegate void Body(ulong* stack);

    /// <summary>Throws what a kernel called by this thread has thrown since the last time.</summary>
    public static void ThrowFault()
    {
        if (_fault is not { } fault) return;
        _fault = null;
        throw new InvalidOperationException($"A kernel of BatchRec.Torch failed: {fault.Message}", fault);
    }

    public static Tensor Take(ulong slot) => new((nint)slot);

    /// <summary>An argument of a schema's type <c>Tensor?</c>.</summary>
    public static Tensor? TakeOptional(ulong slot)
    {
        if (slot == 0) return null;
        var tensor = Take(*(ulong*)slot);
        NativeMemory.Free((void*)slot);
        return tensor;
    }

    /// <summary>An argument of a schema's type <c>bool[3]</c>.</summary>
    public static bool[] TakeFlags(ulong slot)
    {
        var (shim, list) = (Libtorch.C, (nint)slot);
        nuint count;
        NativeException.ThrowIf(shim, shim.ListSize(list, &count), "torch_list_size");
        var flags = new bool[(int)count];
        for (var i = 0; i < flags.Length; i++)
        {
            ulong flag;
            NativeException.ThrowIf(shim, shim.ListItem(list, (nuint)i, &flag), "torch_list_get_item");
            flags[i] = (flag & 0xff) != 0;
        }
        DeleteList(slot);
        return flags;
    }

    /// <summary>The tensor as a result; it keeps its own handle.</summary>
    public static ulong Give(Tensor tensor) => ((Argument)tensor).ToSlot(Libtorch.C);

    /// <summary>A tensor that is none.</summary>
    public static ulong Undefined()
    {
        nint handle;
        NativeException.ThrowIf(Libtorch.C, Libtorch.C.NewUninitialized(&handle), "aoti_torch_new_uninitialized_tensor");
        return (ulong)handle;
    }

    public static void Delete(ulong slot) => NativeException.ThrowIf(Libtorch.C, Libtorch.C.Delete((nint)slot), "aoti_torch_delete_tensor_object");

    public static void DeleteList(ulong slot) => NativeException.ThrowIf(Libtorch.C, Libtorch.C.DeleteList((nint)slot), "torch_delete_list");

    /// <summary>Releases an argument of a schema's type <c>Tensor?</c>.</summary>
    public static void DeleteOptional(ulong slot)
    {
        if (slot == 0) return;
        Delete(*(ulong*)slot);
        Free(slot);
    }

    /// <summary>Releases the box of an optional.</summary>
    public static void Free(ulong slot) => NativeMemory.Free((void*)slot);
}
