using System.Runtime.InteropServices;

namespace BatchRec.Torch.Native;

/// <summary>Turns libtorch's failures into <see cref="ExternalException"/>, the type that TorchSharp throws.</summary>
internal static class NativeException
{
    public static void ThrowIf(Shim shim, int result, string function)
    {
        if (result != 0) throw Create(shim, function, []);
    }

    /// <summary>libtorch's own message, then the operator with the types and shapes of its arguments.</summary>
    public static ExternalException Create(Shim shim, string operation, ReadOnlySpan<Argument> arguments)
    {
        var texts = new string[arguments.Length];
        for (var i = 0; i < texts.Length; i++) texts[i] = arguments[i].ToString();
#pragma warning disable CA2201 // It is the type that TorchSharp throws, which callers catch under either binding.
        return new ExternalException($"{NativeMessage.Read(shim)}\n  in {operation}({string.Join(", ", texts)})");
#pragma warning restore CA2201
    }
}
