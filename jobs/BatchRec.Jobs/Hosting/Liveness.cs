using Hangfire;

namespace BatchRec.Jobs.Hosting;

/// <summary>Which queues somebody listens to.</summary>
public static class Liveness
{
    /// <summary>How often a server says that it lives.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    // A server that was killed goes on being listed until the others miss it.
    private static readonly TimeSpan SilentAfter = 4 * Heartbeat;

    public static IReadOnlySet<string> QueuesWithServer(JobStorage storage)
    {
        var now = DateTime.UtcNow;
        return storage.GetMonitoringApi().Servers().Where(server => server.WorkersCount > 0 && now - (server.Heartbeat ?? server.StartedAt) < SilentAfter)
            .SelectMany(server => server.Queues).ToHashSet();
    }
}
