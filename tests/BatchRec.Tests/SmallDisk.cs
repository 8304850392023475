using System.Diagnostics;
using Xunit;

namespace BatchRec.Tests;

/// <summary>A file system of so many MiB, to be filled. Mounting one takes root: a test that needs it skips with a message where it can't be had.</summary>
public sealed class SmallDisk : IDisposable
{
    public SmallDisk(int mebibytes)
    {
        Folder = Directory.CreateTempSubdirectory("batchrec-small-disk-").FullName;
        var mounted = Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", Folder);
        if (!mounted) Directory.Delete(Folder);
        Skip.IfNot(mounted, "A small file system can't be mounted here: run the tests as root to see what a full disk does.");
    }

    public string Folder { get; }

    public void Dispose()
    {
        Run("umount", Folder);
        Directory.Delete(Folder);
    }

    private static bool Run(string program, params string[] arguments)
    {
        if (!Environment.IsPrivilegedProcess) return false;
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
