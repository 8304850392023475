using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Arrays whose memory Linux is asked to map in pages of 2 MB: rows that are read here and there would else miss the processor's few entries for pages of 4 KB,
/// which takes longer than the rows themselves.
/// </summary>
internal static partial class HugePages
{
    /// <summary>MADV_HUGEPAGE: when pages are first touched; MADV_COLLAPSE (Linux 6.1): those that have been.</summary>
    private const int AtFirstTouch = 14, Now = 25;

    private const int Alignment = 64;
    private const nint PageSize = 4_096;

    /// <returns>zeros, and where in them the first element stands that is at the start of a cache line</returns>
    public static unsafe (T[] Array, int Start) Allocate<T>(int length) where T : unmanaged
    {
        var array = GC.AllocateUninitializedArray<T>(length + Alignment / sizeof(T), pinned: true);
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        var (from, until) = ((address + PageSize - 1) / PageSize * PageSize, (address + array.Length * (nint)sizeof(T)) / PageSize * PageSize);
        // Only advice: where it is not taken everything works, more slowly.
        var isAdvised = OperatingSystem.IsLinux() && until > from;
        if (isAdvised) _ = madvise(from, (nuint)(until - from), AtFirstTouch);
        array.AsSpan().Clear();
        if (isAdvised) _ = madvise(from, (nuint)(until - from), Now);
        return (array, (int)((Alignment - address % Alignment) % Alignment) / sizeof(T));
    }

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);
}
