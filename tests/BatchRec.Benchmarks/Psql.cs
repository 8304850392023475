using System.Diagnostics;

namespace BatchRec.Benchmarks;

/// <summary>PostgreSQL's own client, the peer of whatever is bounded by the server.</summary>
internal static class Psql
{
    /// <summary>Runs statements at the same time, a connection each; what they print goes to /dev/null, or to the file named.</summary>
    /// <returns>seconds until the last has ended</returns>
    public static double Run(params IReadOnlyList<(string Sql, string? Output)> statements)
    {
        var clock = Stopwatch.StartNew();
        var running = statements.Select(statement => Start(statement.Sql, statement.Output ?? "/dev/null")).ToArray();
        foreach (var process in running)
        {
            process.WaitForExit();
            if (process.ExitCode != 0) throw new BatchRecException($"psql failed: {process.StandardError.ReadToEnd()}");
            process.Dispose();
        }
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Server and user come from PGHOST, PGPORT, PGUSER and PGPASSWORD. The shell redirects: through a pipe of ours the bytes would cost us, not psql.</summary>
    private static Process Start(string sql, string output) => Process.Start(
        new ProcessStartInfo("/bin/sh", ["-c", "exec psql -X -q -v ON_ERROR_STOP=1 -d bench -c \"$1\" >\"$2\"", "psql", sql, output]) { RedirectStandardError = true })!;
}
