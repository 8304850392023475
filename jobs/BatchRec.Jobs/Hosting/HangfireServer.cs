using BatchRec.Jobs.Configuration;
using Hangfire;
using Hangfire.Client;
using Hangfire.Common;
using Hangfire.Server;
using Hangfire.States;

namespace BatchRec.Jobs.Hosting;

/// <summary>
/// One Hangfire server: workers on one queue, or the scheduler. Put together from Hangfire's parts, since its ready-made server runs the recurring
/// scheduler in every process, whatever its role.
/// </summary>
/// <param name="queue">Null: no workers.</param>
public sealed class HangfireServer(
    JobStorage storage, IJobFilterProvider filters, JobActivator activator, HangfireOptions options, string name, string? queue, int workers, bool recurring)
    : IHostedLifecycleService, IDisposable
{
    private BackgroundProcessingServer? _server;

    /// <summary>When all else has started: a dashboard whose port is taken must not leave a step begun behind.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var poll = TimeSpan.FromSeconds(options.SchedulePollSeconds);
        var changer = new BackgroundJobStateChanger(filters);
        var processes = new List<IBackgroundProcessDispatcherBuilder> { new DelayedJobScheduler(poll, changer).UseBackgroundPool(1) };
        if (recurring) processes.Add(new RecurringJobScheduler(new BackgroundJobFactory(filters), poll).UseBackgroundPool(1));
        if (queue is not null)
            processes.Add(new Worker([queue], new BackgroundJobPerformer(filters, activator, TaskScheduler.Default), changer).UseBackgroundPool(workers));

        _server = new BackgroundProcessingServer(
            storage, processes, new Dictionary<string, object> { ["Queues"] = queue is null ? Array.Empty<string>() : [queue], ["WorkerCount"] = queue is null ? 0 : workers },
            new BackgroundProcessingServerOptions
            {
                ServerName = $"{Environment.MachineName.ToLowerInvariant()}:{Environment.ProcessId}:{name}",
                StopTimeout = TimeSpan.FromSeconds(options.StopSeconds),
                ShutdownTimeout = TimeSpan.FromSeconds(options.ShutdownSeconds),
                // A deleted job ends its step within a second, and a server that died is known as dead within a minute.
                CancellationCheckInterval = TimeSpan.FromSeconds(1),
                HeartbeatInterval = Liveness.Heartbeat,
                ServerTimeout = TimeSpan.FromMinutes(1),
                ServerCheckInterval = TimeSpan.FromSeconds(30),
                RestartDelay = TimeSpan.FromSeconds(5),
            });
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _server?.SendStop();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server?.WaitForShutdownAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _server?.Dispose();
}
