using BatchRec.Jobs.Dashboard.Access;
using BatchRec.Jobs.Dashboard.Pages;
using BatchRec.Train;
using Hangfire;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>Hangfire's pages at /hangfire, and ours among them.</summary>
public static class RunsDashboard
{
    public const string Path = "/hangfire";

    // Hangfire keeps its routes, menu, tiles and renderers in static lists, however many hosts a process has.
    private static readonly Lazy<bool> Registered = new(Register);

    /// <summary>Antiforgery: Hangfire checks its tokens only where the service is there.</summary>
    public static IServiceCollection AddRunsDashboard(this IServiceCollection services, Configuration.DashboardOptions options)
    {
        services.AddRouting().AddAntiforgery();
        return services.AddDashboardAccess(options).AddSingleton<ItemSpaces>();
    }

    public static void UseRunsDashboard(this WebApplication application, Configuration.DashboardOptions options)
    {
        application.UseDashboardAccess(options);
        _ = Registered.Value;
        application.UseHangfireDashboard(Path, new Hangfire.DashboardOptions
        {
            DashboardTitle = "BatchRec",
            AppPath = null,
            Authorization = [],
            AsyncAuthorization = [new DashboardAccess.Filter()],
            // Hangfire's own buttons too.
            IsReadOnlyFunc = context => !DashboardAccess.AllowsAsync(context.GetHttpContext(), DashboardAccess.Operate).GetAwaiter().GetResult(),
            DisplayStorageConnectionString = false,
        });
        application.Use((http, next) =>
        {
            if (http.Request.Path != "/") return next(http);
            http.Response.Redirect(Path);
            return Task.CompletedTask;
        });
    }

    private static bool Register()
    {
        (string Path, string Title, Func<PageRequest, Task<Markup>> Body)[] pages =
        [
            ("/night", "Night", NightPage.RenderAsync), ("/runs", "Runs", RunsPage.RenderAsync), ("/live", "Live", LivePage.RenderAsync),
            ("/quality", "Quality", QualityPage.RenderAsync), ("/look-up", "Look up", LookUpPage.RenderAsync),
        ];
        foreach (var (path, title, body) in pages) DashboardRoutes.Routes.Add(path, new PageDispatcher(title, body));
        DashboardRoutes.Routes.Add("/runs/diff", new PageDispatcher("Two runs", DiffPage.RenderAsync));
        DashboardRoutes.Routes.Add("/quality/report", new ReportDispatcher());
        DashboardRoutes.Routes.Add("/night/now", new FragmentDispatcher(NightPage.NowAsync));
        DashboardRoutes.Routes.Add("/night/step", new FragmentDispatcher(StepPanel.NowAsync));
        (string Path, Func<PageRequest, Task<string>> Act)[] actions =
        [
            ("/night/retry", NightPage.RetryAsync), ("/night/cancel", NightPage.CancelAsync), ("/night/start", NightPage.StartAsync),
            ("/live/rollback", LivePage.RollBackAsync), ("/live/hold", LivePage.HoldAsync), ("/live/release", LivePage.ReleaseAsync),
        ];
        foreach (var (path, act) in actions) DashboardRoutes.Routes.Add(path, new ActionDispatcher(act));

        // Before Hangfire's: they are why one comes here.
        NavigationMenu.Items.InsertRange(0, pages.Select(page => (Func<RazorPage, MenuItem>)(razor => new MenuItem(page.Title, razor.Url.To(page.Path))
        {
            Active = razor.RequestPath == page.Path || razor.RequestPath.StartsWith(page.Path + "/", StringComparison.Ordinal),
        })));
        GlobalConfiguration.Configuration
            .UseJobDetailsRenderer(order: 0, StepPanel.Render)
            .UseDashboardMetrics([.. OverviewTiles.All])
            .UseDashboardStylesheet(typeof(RunsDashboard).Assembly, "dashboard/batchrec.css")
            .UseDashboardJavaScript(typeof(RunsDashboard).Assembly, "dashboard/batchrec.js");
        return true;
    }
}
