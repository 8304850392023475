using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard;
using BatchRec.Jobs.Health;
using BatchRec.Jobs.Steps;
using Microsoft.Extensions.Logging.Console;

namespace BatchRec.Jobs.Hosting;

/// <summary>A process that serves some roles until it is told to stop.</summary>
public static class JobServer
{
    public static IHost Build(Setup setup, StepWork work, Roles roles, LogLevel level = LogLevel.Information)
    {
        if (!roles.HasFlag(Roles.Dashboard))
        {
            var worker = Host.CreateEmptyApplicationBuilder(null);
            Add(worker, setup, work, roles, level);
            return worker.Build();
        }
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Add(builder, setup, work, roles, level);
        builder.WebHost.UseKestrelCore().UseUrls(setup.Dashboard.Url);
        builder.Services.AddRunsDashboard(setup.Dashboard).AddHealthEndpoints();
        var application = builder.Build();
        application.UseRunsDashboard(setup.Dashboard);
        application.UseHealthEndpoints();
        return application;
    }

    /// <summary>To standard error: standard output is for what was asked for.</summary>
    /// <param name="json">An object a line instead of text.</param>
    public static ILoggingBuilder AddLog(this ILoggingBuilder logging, LogLevel level, bool json = false)
    {
        logging.SetMinimumLevel(level).AddFilter("Hangfire", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return json
            ? logging.AddJsonConsole(console => (console.IncludeScopes, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"))
            : logging.AddSimpleConsole(console =>
        {
            (console.SingleLine, console.IncludeScopes, console.UseUtcTimestamp, console.TimestampFormat) = (true, true, true, "yyyy-MM-dd HH:mm:ss'Z' ");
        });
    }

    private static void Add(IHostApplicationBuilder builder, Setup setup, StepWork work, Roles roles, LogLevel level)
    {
        builder.Logging.AddLog(level, setup.Log.Format == "json");
        // Says "ready" and "stopping" where systemd started us (Type=notify); elsewhere it does nothing.
        builder.Services.AddSystemd().AddBatchRec(setup, work).AddServers(setup, roles);
    }
}
