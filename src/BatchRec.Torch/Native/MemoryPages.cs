using System.Runtime.InteropServices;

namespace BatchRec.Torch.Native;

/// <summary>
/// Tells glibc's malloc to keep what was freed. A training step allocates and frees the same few hundred megabytes over and over; by default
/// glibc returns large blocks to the kernel at once, and faulting them in again costs a third of the step (1,004 against 649 ms measured).
/// </summary>
internal static partial class MemoryPages
{
    private const int TrimThreshold = -1, TopPad = -2, MmapMax = -4;

    /// <summary>Must come before libtorch allocates; the price is a resident set that stays at its peak.</summary>
    public static void Keep()
    {
        if (!OperatingSystem.IsLinux()) return;
        _ = mallopt(MmapMax, 0);
        _ = mallopt(TrimThreshold, -1);
        _ = mallopt(TopPad, 64 << 20);
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
