using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard;
using BatchRec.Jobs.Steps;
using Hangfire;
using Microsoft.Extensions.Logging.Console;

namespace BatchRec.Jobs.Hosting;

/// <summary>A process that serves some roles until it is told to stop.</summary>
public static class JobServer
{
    public static IHost Build(Setup setup, StepWork work, Roles roles, LogLevel level = LogLevel.Information)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddConfiguration(setup.Configuration.GetSection("Logging").Exists() ? setup.Configuration : new ConfigurationBuilder().Build());
        builder.Logging.AddLog(level);
        builder.Services.AddBatchRec(setup, work).AddServers(setup, roles);
        if (!roles.HasFlag(Roles.Dashboard))
        {
            builder.WebHost.UseServer(new NoWebServer());
            return builder.Build();
        }
        builder.WebHost.UseKestrelCore().UseUrls(setup.Dashboard.Url);
        builder.Services.AddRouting().AddAntiforgery();
        var application = builder.Build();
        application.UseRunsDashboard();
        return application;
    }

    /// <summary>To standard error: standard output is for what was asked for.</summary>
    public static ILoggingBuilder AddLog(this ILoggingBuilder logging, LogLevel level)
    {
        logging.SetMinimumLevel(level).AddFilter("Hangfire", LogLevel.Warning).AddFilter("Microsoft", LogLevel.Warning);
        return logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
    }
}
