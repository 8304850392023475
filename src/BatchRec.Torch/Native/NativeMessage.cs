using System.Runtime.InteropServices;
using System.Text;

namespace BatchRec.Torch.Native;

/// <summary>
/// The text of libtorch's last exception. Up to 2.12 the C ABI writes it to std::cerr only, so std::cerr is given a std::stringbuf of ours that is
/// read and rewound after a failure; from 2.13 on there is a function for it.
/// </summary>
/// <remarks>libtorch's warnings go to the same buffer and are dropped with the next rewind.</remarks>
internal static unsafe class NativeMessage
{
    // libstdc++'s basic_stringbuf<char> is 104 bytes; its put area begins at +32, and the next character goes to where +40 points.
    private const int BufferSize = 256, PutBase = 32, PutNext = 40, OpenForWriting = 16;
    private static readonly Lock Reading = new();
    private static byte* _buffer;

    public static void CaptureFrom(nint library)
    {
        if (_buffer != null
            || !NativeLibrary.TryGetExport(library, "_ZNSt7__cxx1115basic_stringbufIcSt11char_traitsIcESaIcEEC1ESt13_Ios_Openmode", out var construct)
            || !NativeLibrary.TryGetExport(library, "_ZNSt9basic_iosIcSt11char_traitsIcEE5rdbufEPSt15basic_streambufIcS1_E", out var redirect)
            || !NativeLibrary.TryGetExport(library, "_ZSt4cerr", out var cerr))
            return;
        var buffer = (byte*)NativeMemory.AllocZeroed(BufferSize);
        ((delegate* unmanaged<byte*, int, void>)construct)(buffer, OpenForWriting);
        // std::cerr's virtual base std::ios lies where the word 24 bytes before its vtable says.
        var ios = cerr + *(nint*)(*(nint*)cerr - 24);
        ((delegate* unmanaged<nint, byte*, nint>)redirect)(ios, buffer);
        _buffer = buffer;
    }

    /// <summary>What libtorch said about the failure that just happened on this thread, without its C++ stack.</summary>
    public static string Read(Shim shim)
    {
        if (shim.ExceptionText != null)
            return Marshal.PtrToStringUTF8((nint)shim.ExceptionText()) ?? "";
        if (_buffer == null) return "its reason stands on standard error";
        lock (Reading)
        {
            var start = *(byte**)(_buffer + PutBase);
            var end = *(byte**)(_buffer + PutNext);
            var text = Encoding.UTF8.GetString(start, (int)(end - start));
            *(byte**)(_buffer + PutNext) = start;
            return Shorten(text);
        }
    }

    private static string Shorten(string text)
    {
        const string Marker = "Exception in aoti_torch: ";
        var start = text.LastIndexOf(Marker, StringComparison.Ordinal);
        if (start >= 0) text = text[(start + Marker.Length)..];
        var end = text.IndexOf("\nException raised from", StringComparison.Ordinal);
        return (end >= 0 ? text[..end] : text).Trim();
    }
}
