using BatchRec.Runs;
using Hangfire;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>Hangfire's pages at /hangfire, with the step's own row on the page of its job.</summary>
public static class RunsDashboard
{
    public const string Path = "/hangfire";

    // Hangfire keeps its renderers in a static list.
    private static readonly Lazy<bool> StepPanels = new(() =>
    {
        GlobalConfiguration.Configuration.UseJobDetailsRenderer(order: 0, StepPanel.Render);
        return true;
    });

    /// <summary>Antiforgery: Hangfire checks its tokens only where the service is there.</summary>
    public static IServiceCollection AddRunsDashboard(this IServiceCollection services)
    {
        services.AddRouting().AddAntiforgery();
        return services;
    }

    public static void UseRunsDashboard(this WebApplication application)
    {
        _ = StepPanels.Value;
        application.UseHangfireDashboard(Path, new Hangfire.DashboardOptions
        {
            DashboardTitle = "BatchRec",
            AppPath = null,
            Authorization = [new LocalOnly()],
            DisplayStorageConnectionString = false,
        });
        application.Use((http, next) =>
        {
            if (http.Request.Path != "/") return next(http);
            http.Response.Redirect(Path);
            return Task.CompletedTask;
        });
    }
}
