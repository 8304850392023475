using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>A part of a page, for the script that keeps it up to date.</summary>
internal sealed class FragmentDispatcher(Func<PageRequest, Task<Markup>> part) : IDashboardDispatcher
{
    public async Task Dispatch(DashboardContext context)
    {
        try
        {
            var html = await part(await PageRequest.OfAsync(context));
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(html.Html);
        }
        catch (BatchRecException)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }
}
