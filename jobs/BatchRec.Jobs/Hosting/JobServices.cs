using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Health;
using BatchRec.Jobs.Steps;
using BatchRec.Runs;
using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Common;

namespace BatchRec.Jobs.Hosting;

/// <summary>What servers and verbs share: the run table, Hangfire's client, the jobs.</summary>
public static class JobServices
{
    private static readonly Lazy<ILoggerFactory> HangfireLog = new(() => LoggerFactory.Create(logging => logging.AddLog(LogLevel.Warning)));

    public static IServiceCollection AddBatchRec(this IServiceCollection services, Setup setup, StepWork work)
    {
        services.AddSingleton(setup).AddSingleton(work).AddSingleton(TimeProvider.System);
        services.AddSingleton(setup.Hangfire).AddSingleton(setup.Alarms).AddSingleton<Examinations>().AddSingleton(_ => new Databases(setup.ConnectionStrings));
        services.AddSingleton(provider => new RunTable(provider.GetRequiredService<Databases>().Results, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(_ => HangfireStorage.Open(setup.ConnectionStrings.EffectiveHangfire, setup.Hangfire));
        services.AddSingleton<RunFollowsJob>();
        services.AddSingleton(provider => JobFilters.Of(setup.Hangfire, provider.GetRequiredService<RunFollowsJob>()));
        services.AddSingleton<JobActivator>(provider => new AspNetCoreJobActivator(provider.GetRequiredService<IServiceScopeFactory>()));
        // Ours stand before Hangfire's, which would take its statics. Its log is one: it must outlive each host of this process.
        services.AddHangfire(hangfire => hangfire.UseLogProvider(new AspNetCoreLogProvider(HangfireLog.Value)));
        services.AddSingleton<StepQueue>().AddSingleton<StepAssistance>().AddSingleton<StepExecution>().AddSingleton<Nights>();
        services.AddScoped<StepJob>().AddScoped<AssistJob>().AddScoped<NightJob>().AddScoped<ReconcileJob>();
        return services;
    }

    public static IServiceCollection AddServers(this IServiceCollection services, Setup setup, Roles roles)
    {
        // Within the stop of the host each server has its time, and what is left is for the rest.
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(setup.Hangfire.ShutdownSeconds + 15));
        if (roles.HasFlag(Roles.Scheduler))
        {
            services.AddHostedService<NightSchedule>();
            services.AddHttpClient(nameof(Watch), client => client.Timeout = TimeSpan.FromSeconds(10));
            services.AddHostedService<Watch>();
            services.AddServer("scheduler", queue: null, workers: 0, recurring: true);
        }
        // One more than pipelines have steps at a time, so that nights and reconciliations get through.
        if (roles.HasFlag(Roles.Cpu)) services.AddServer("cpu", Queues.Default, setup.Hangfire.Workers > 0 ? setup.Hangfire.Workers : setup.Pipelines.Count + 1);
        if (roles.HasFlag(Roles.Gpu)) services.AddServer("gpu", Queues.Gpu, workers: 1);
        return services;
    }

    private static void AddServer(this IServiceCollection services, string name, string? queue, int workers, bool recurring = false) =>
        services.AddSingleton<IHostedService>(provider => new HangfireServer(
            provider.GetRequiredService<JobStorage>(), provider.GetRequiredService<IJobFilterProvider>(), provider.GetRequiredService<JobActivator>(),
            provider.GetRequiredService<HangfireOptions>(), name, queue, workers, recurring));
}
