using System.Runtime.InteropServices;

namespace BatchRec.Torch.Native;

/// <summary>
/// Tells libgomp how long its threads spin for each other before they sleep. By default that is about a millisecond, during which they keep the cores from
/// PostgreSQL and whoever else is on the machine: on two busy cores a training step took 1.55 s of wall time and 1.2 s of the processor; sleeping at once,
/// 0.85 and 0.7 s.
/// </summary>
internal static partial class ThreadPatience
{
    /// <summary>Must come before libgomp is loaded, which reads it once. What the environment says already stays.</summary>
    public static void Shorten()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null) return;
        // .NET's own variables are a copy that native code doesn't see.
        _ = setenv("GOMP_SPINCOUNT", "1000", overwrite: 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
