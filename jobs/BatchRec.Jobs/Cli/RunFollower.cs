using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Hosting;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Hangfire;

namespace BatchRec.Jobs.Cli;

/// <summary>Shows a run's steps until it ends, and sees to it that a server is there to do them.</summary>
internal static class RunFollower
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LookForServers = TimeSpan.FromSeconds(5);

    /// <returns>The exit code.</returns>
    public static async Task<int> FollowAsync(ServiceProvider services, RunRow run, bool ownServer, CancellationToken interrupted)
    {
        var runs = services.GetRequiredService<RunTable>();
        var servers = new Servers(services, run, ownServer);
        try
        {
            await using (var screen = RunScreen.Open())
            {
                while (true)
                {
                    await servers.LookAsync(screen, interrupted);
                    run = (await runs.GetAsync(run.RunId, interrupted))!;
                    screen.Show(await NightView.ReadAsync(runs, run, DateTimeOffset.UtcNow, interrupted));
                    if (!run.IsActive) break;
                    await Task.Delay(Look, interrupted);
                }
            }
            var ended = $"Run {run.RunId} is {run.State.ToString().ToLowerInvariant()} after {(run.Finished - run.Created)?.TotalSeconds:0.0} s{(run.Message is { } message ? ": " + message : ".")}";
            (run.State == RunState.Published ? Console.Out : Console.Error).WriteLine(ended);
            return run.State switch
            {
                RunState.Published => ExitCode.Done,
                RunState.Refused or RunState.Held => ExitCode.Refused,
                _ => ExitCode.Failed,
            };
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            Console.Error.WriteLine($"Run {run.RunId} is not finished. `batchrec run` goes on with it; so does `batchrec serve`.");
            return ExitCode.Failed;
        }
        finally
        {
            await servers.StopAsync();
        }
    }

    /// <summary>The servers that the run needs: those that live elsewhere, or one of our own for as long as the run lasts.</summary>
    private sealed class Servers(ServiceProvider services, RunRow run, bool own)
    {
        private readonly List<IHost> _own = [];
        private readonly HashSet<string> _served = [];
        private DateTimeOffset _next;

        public async Task LookAsync(RunScreen screen, CancellationToken cancellation)
        {
            if (DateTimeOffset.UtcNow < _next) return;
            _next = DateTimeOffset.UtcNow + LookForServers;

            var (setup, work) = (services.GetRequiredService<Setup>(), services.GetRequiredService<StepWork>());
            var options = setup.Of(run);
            var alive = Liveness.QueuesWithServer(services.GetRequiredService<JobStorage>());
            var missing = Enum.GetValues<Step>().Select(step => work.QueueOf(step, options)).Distinct().Where(queue => !alive.Contains(queue) && !_served.Contains(queue)).ToList();
            foreach (var queue in missing)
            {
                if (!own)
                {
                    screen.Say($"No server is at queue {queue}: start one with `batchrec serve --roles {(queue == Queues.Gpu ? "gpu" : "scheduler,cpu")}`.");
                    continue;
                }
                var host = JobServer.Build(setup, work, queue == Queues.Gpu ? Roles.Gpu : Roles.Cpu, LogLevel.Warning);
                _own.Add(host);
                _served.Add(queue);
                await host.StartAsync(cancellation);
            }
            // The reconcile job is the scheduler's, and there may be none.
            if (await services.GetRequiredService<RunTable>().GetAsync(run.RunId, cancellation) is { IsActive: true } active)
                await services.GetRequiredService<StepQueue>().EnqueueNextAsync(active, cancellation);
        }

        public async Task StopAsync()
        {
            await Task.WhenAll(_own.Select(host => host.StopAsync()));
            foreach (var host in _own) host.Dispose();
        }
    }
}
