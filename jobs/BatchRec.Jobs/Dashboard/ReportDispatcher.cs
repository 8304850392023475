using BatchRec.Jobs.Reports;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>The report of the run that the address names, as it would be written now.</summary>
internal sealed class ReportDispatcher : IDashboardDispatcher
{
    public async Task Dispatch(DashboardContext context)
    {
        try
        {
            var request = await PageRequest.OfAsync(context);
            var run = request.QueryRun("run") is { } id ? await request.Runs.GetAsync(id, request.Cancelled) : null;
            if (run is null) throw new BatchRecException("There is no such run.");
            var report = await new RunReport(request.Setup, request.Databases.Results, request.Runs, request.Get<TimeProvider>()).RenderAsync(run, request.Cancelled);
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(report.Html);
        }
        catch (BatchRecException fault)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync(fault.Message);
        }
    }
}
