using System.Runtime.InteropServices;

namespace BatchRec.Torch.Accelerated;

/// <summary>Instructions that C# has no name for, put where the processor may run them. They stay for the life of the process.</summary>
internal static unsafe partial class MachineCode
{
    private const int Read = 1, Write = 2, Execute = 4, Private = 0x02, Anonymous = 0x20;

    /// <returns>the address of the first instruction; null where the system lets no program have machine code of its own, as hardened ones may</returns>
    public static void* Place(ReadOnlySpan<byte> code)
    {
        var address = Map(0, (nuint)code.Length, Read | Write, Private | Anonymous, -1, 0);
        if (address == -1) return null;
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        // Never writable and executable at once, as hardened kernels demand.
        if (Protect(address, (nuint)code.Length, Read | Execute) == 0) return (void*)address;
        _ = Unmap(address, (nuint)code.Length);
        return null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
