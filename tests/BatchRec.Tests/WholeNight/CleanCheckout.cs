using System.Diagnostics;
using System.Text;
using Xunit;

namespace BatchRec.Tests.WholeNight;

/// <summary>What a new user has: a fresh clone of the last commit, in which nothing is built.</summary>
public sealed class CleanCheckout : IDisposable
{
    // Everything is built from nothing, and the machine may be busy.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);

    // PostgreSQL doesn't run as root: its own user has to reach the clone, or the demo's cluster would stand elsewhere and stay behind.
    private readonly string _parent = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"batchrec-clone-{Guid.NewGuid():N}")).FullName;
    private bool _cloned;

    public string Folder => Path.Combine(_parent, "BatchRec");

    /// <summary>Skips the test where there is nothing to clone.</summary>
    public async Task RequireAsync()
    {
        Skip.IfNot(Path.Exists(Path.Combine(Checkout.Folder, ".git")), "This is no git checkout.");
        if (_cloned) return;
        // PostgreSQL doesn't run as root: its own user has to reach the clone, or the demo's cluster would stand elsewhere and stay behind.
        var (exitCode, output) = await RunAsync(_parent, $"chmod 755 . && git clone --quiet --no-local 'file://{Checkout.Folder}' BatchRec", []);
        Assert.True(exitCode == 0, output);
        _cloned = true;
    }

    /// <summary>Lines for bash, as a person would paste them, until one fails.</summary>
    /// <returns>The exit code, and all that was printed.</returns>
    public Task<(int ExitCode, string Output)> RunAsync(string script, params (string Name, string? Value)[] environment) => RunAsync(Folder, script, environment);

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private static async Task<(int ExitCode, string Output)> RunAsync(string folder, string script, (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", ["-e", "-o", "pipefail", "-c", script])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        };
        // A new user has none of ours.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("BATCHREC_", StringComparison.Ordinal) || name.StartsWith("ConnectionStrings__", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = new StringBuilder();
        void Append(object sender, DataReceivedEventArgs line)
        {
            lock (output) output.AppendLine(line.Data);
        }
        process.OutputDataReceived += Append;
        process.ErrorDataReceived += Append;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{script}\n{output}");
        }
        lock (output) return (process.ExitCode, output.ToString());
    }
}
