using System.Runtime.InteropServices;

namespace BatchRec.Torch.Accelerated;

/// <summary>Instructions that C# has no name for, put where the processor may run them. They stay for the life of the process.</summary>
internal static unsafe partial class MachineCode
{
    private const int Read = 1, Write = 2, Execute = 4, Private = 0x02, Anonymous = 0x20;

    /// <returns>the address of the first instruction</returns>
    public static void* Place(ReadOnlySpan<byte> code)
    {
        var address = Map(0, (nuint)code.Length, Read | Write, Private | Anonymous, -1, 0);
        if (address == -1) throw new InvalidOperationException($"mmap of {code.Length} bytes for machine code failed with error {Marshal.GetLastPInvokeError()}.");
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        // Never writable and executable at once, as hardened kernels demand.
        if (Protect(address, (nuint)code.Length, Read | Execute) != 0)
            throw new InvalidOperationException($"mprotect refused to make machine code executable, with error {Marshal.GetLastPInvokeError()}.");
        return (void*)address;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);
}
