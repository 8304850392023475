using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace BatchRec.Jobs.Health;

/// <summary>Memory of a GPU of this machine, as NVIDIA's driver tells.</summary>
/// <param name="Index">by which the driver names it</param>
public sealed record GpuMemory(string Index, double UsedBytes, double TotalBytes)
{
    private const double MiB = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Empty where there is no GPU, no driver, or none that answers.</summary>
    public static async Task<IReadOnlyList<GpuMemory>> ReadAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("nvidia-smi", ["--query-gpu=index,memory.used,memory.total", "--format=csv,noheader,nounits"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            try
            {
                var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
                await process.WaitForExitAsync(patience.Token);
                return process.ExitCode == 0 ? Parse(output) : [];
            }
            catch (OperationCanceledException)
            {
                // A driver that hangs must not keep the other numbers from whoever asks.
                process.Kill();
                cancellation.ThrowIfCancellationRequested();
                return [];
            }
        }
        catch (Win32Exception)
        {
            // No such program.
            return [];
        }
    }

    /// <param name="csv"><c>0, 1024, 81559</c>: the index, MiB used, MiB in all; <c>[N/A]</c> where the driver can't tell.</param>
    internal static IReadOnlyList<GpuMemory> Parse(string csv)
    {
        var found = new List<GpuMemory>();
        foreach (var line in csv.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            if (line.Split(',', StringSplitOptions.TrimEntries) is [var index, var used, var total] && Number(used) is { } usedMiB && Number(total) is { } totalMiB)
                found.Add(new GpuMemory(index, usedMiB * MiB, totalMiB * MiB));
        return found;
    }

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
