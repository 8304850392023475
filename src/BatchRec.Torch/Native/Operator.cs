using System.Runtime.InteropServices;
using BatchRec.Torch.Accelerated;
using static TorchSharp.torch;

namespace BatchRec.Torch.Native;

/// <summary>
/// One operator of libtorch, called through its dispatcher, so that autograd records it. Its number of arguments is fixed here: the dispatcher
/// reads as many slots as the schema says, given or not.
/// </summary>
internal sealed unsafe class Operator(string name, string overload, int arguments)
{
    /// <summary>What we were built against, 2.10.0: libtorch translates the schemas of that version to its own.</summary>
    public const ulong BuiltAgainst = 0x020A000000000000;

    /// <summary>Slots of the stack: more than any operator's arguments, zero (None) past the given ones.</summary>
    private const int Slots = 24;

    private readonly byte* _name = (byte*)Marshal.StringToCoTaskMemUTF8(name);
    private readonly byte* _overload = (byte*)Marshal.StringToCoTaskMemUTF8(overload);

    /// <summary>As <c>aten::sum.dim_IntList</c>.</summary>
    public override string ToString() => overload.Length == 0 ? name : $"{name}.{overload}";

    /// <summary>Calls an operator that returns nothing.</summary>
    public void Run(params ReadOnlySpan<Argument> given)
    {
        var stack = stackalloc ulong[Slots];
        Call(given, stack);
    }

    /// <summary>Calls an operator that returns one tensor.</summary>
    public Tensor Tensor(params ReadOnlySpan<Argument> given)
    {
        var stack = stackalloc ulong[Slots];
        Call(given, stack);
        return new Tensor((nint)stack[0]);
    }

    /// <summary>Calls an operator that returns two tensors.</summary>
    public (Tensor First, Tensor Second) Tensors(params ReadOnlySpan<Argument> given)
    {
        var stack = stackalloc ulong[Slots];
        Call(given, stack);
        return (new Tensor((nint)stack[0]), new Tensor((nint)stack[1]));
    }

    /// <summary>Calls an operator whose results the caller takes apart, and owns.</summary>
    public void Call(Span<ulong> results, params ReadOnlySpan<Argument> given)
    {
        var stack = stackalloc ulong[Slots];
        Call(given, stack);
        new ReadOnlySpan<ulong>(stack, results.Length).CopyTo(results);
    }

    /// <summary>Calls an operator that returns a list of tensors.</summary>
    public Tensor[] List(params ReadOnlySpan<Argument> given)
    {
        var stack = stackalloc ulong[Slots];
        Call(given, stack);
        var (shim, list) = (Libtorch.C, (nint)stack[0]);
        nuint count;
        NativeException.ThrowIf(shim, shim.ListSize(list, &count), "torch_list_size");
        var tensors = new Tensor[(int)count];
        for (var i = 0; i < tensors.Length; i++)
        {
            ulong item;
            NativeException.ThrowIf(shim, shim.ListItem(list, (nuint)i, &item), "torch_list_get_item");
            tensors[i] = new Tensor((nint)item);
        }
        NativeException.ThrowIf(shim, shim.DeleteList(list), "torch_delete_list");
        return tensors;
    }

    /// <summary>Calls an operator that returns a truth value.</summary>
    public bool Truth(params ReadOnlySpan<Argument> given)
    {
        var stack = stackalloc ulong[Slots];
        Call(given, stack);
        return (stack[0] & 0xff) != 0;
    }

    /// <summary>Calls an operator that changes its first argument, <paramref name="self"/>, and returns it again.</summary>
    public Tensor InPlace(Tensor self, params ReadOnlySpan<Argument> others)
    {
        var stack = stackalloc ulong[Slots];
        Call([self, .. others], stack);
        var shim = Libtorch.C;
        NativeException.ThrowIf(shim, shim.Delete((nint)stack[0]), "aoti_torch_delete_tensor_object");
        return self;
    }

    private void Call(ReadOnlySpan<Argument> given, ulong* stack)
    {
        if (given.Length != arguments)
            throw new ArgumentException($"{this} has {arguments} arguments, not {given.Length}.", nameof(given));
        var shim = Libtorch.C;
        new Span<ulong>(stack, Slots).Clear();
        for (var i = 0; i < given.Length; i++) stack[i] = given[i].ToSlot(shim);
        if (shim.CallDispatcher(_name, _overload, stack, BuiltAgainst) != 0)
            throw NativeException.Create(shim, ToString(), given);
        Kernel.ThrowFault();
    }
}
