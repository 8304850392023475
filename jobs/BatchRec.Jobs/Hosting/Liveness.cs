using Hangfire;
using Hangfire.Storage.Monitoring;

namespace BatchRec.Jobs.Hosting;

/// <summary>Which servers live, and which queues they listen to.</summary>
public static class Liveness
{
    /// <summary>How often a server says that it lives.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    // A server that was killed goes on being listed until the others miss it.
    private static readonly TimeSpan SilentAfter = 4 * Heartbeat;

    public static IReadOnlySet<string> QueuesWithServer(JobStorage storage) =>
        Living(storage).Where(server => server.WorkersCount > 0).SelectMany(server => server.Queues).ToHashSet();

    public static bool HasScheduler(JobStorage storage) => Living(storage).Any(server => server.Name.Contains(":scheduler", StringComparison.Ordinal));

    /// <param name="server">Hangfire's id of the one that asks.</param>
    public static int OthersOn(JobStorage storage, string queue, string server) => Living(storage).Count(other => other.Name != server && other.Queues.Contains(queue));

    private static IEnumerable<ServerDto> Living(JobStorage storage)
    {
        var now = DateTime.UtcNow;
        return storage.GetMonitoringApi().Servers().Where(server => now - (server.Heartbeat ?? server.StartedAt) < SilentAfter);
    }
}
