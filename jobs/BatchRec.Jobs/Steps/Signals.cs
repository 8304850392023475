using System.Runtime.InteropServices;

namespace BatchRec.Jobs.Steps;

/// <summary>Unix signals: .NET sends no other than SIGKILL.</summary>
internal static partial class Signals
{
    public const int Terminate = 15;

    public static void Send(int process, int signal) => _ = Kill(process, signal);

    /// <summary>Of an exit code above 128: how the process was killed. Null for an ordinary exit.</summary>
    public static string? NameOf(int exitCode) => exitCode switch
    {
        128 + 4 => "SIGILL (is this processor too old for the library?)",
        128 + 6 => "SIGABRT",
        128 + 7 => "SIGBUS (is the disk full?)",
        128 + 8 => "SIGFPE",
        128 + 9 => "SIGKILL (out of memory? Then give the machine or its container more, or let interactions.sql leave out old or weak events)",
        128 + 11 => "SIGSEGV",
        128 + 15 => "SIGTERM",
        > 128 and < 128 + 65 => $"signal {exitCode - 128}",
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
