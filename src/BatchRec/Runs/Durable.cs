using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace BatchRec.Runs;

/// <summary>Writes that survive a power cut: content is on disk before its name is, and the name before we say so.</summary>
public static partial class Durable
{
    /// <summary>Writes a whole file under a temporary name, then renames it: a reader sees the old content or the new.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
        FlushFolder(Path.GetDirectoryName(path)!);
    }

    public static void Write(string path, string content) => Write(path, Encoding.UTF8.GetBytes(content));

    /// <summary>Moves a finished file to its name, content first.</summary>
    public static void Move(string from, string to)
    {
        Flush(from);
        File.Move(from, to, overwrite: true);
        FlushFolder(Path.GetDirectoryName(to)!);
    }

    /// <summary>Moves a finished folder of files to its name, contents first.</summary>
    public static void MoveFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) Flush(file);
        FlushFolder(from);
        Directory.Move(from, to);
        FlushFolder(Path.GetDirectoryName(to)!);
    }

    public static void Flush(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>A rename is in its folder's data: .NET has no call for it, so fsync(2) on the folder.</summary>
    private static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux()) return;
        const int readOnly = 0;
        var descriptor = Open(folder, readOnly);
        if (descriptor < 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Can't open the folder {folder}");
        try
        {
            if (Fsync(descriptor) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Can't flush the folder {folder}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
