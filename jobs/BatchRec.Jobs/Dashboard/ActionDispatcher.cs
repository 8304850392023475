using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>
/// What a button does. By POST alone, with Hangfire's antiforgery token, which its middleware has checked before it comes here, and for those whom
/// the policy <see cref="Access.DashboardAccess.Operate"/> allows it. Answers with a sentence for the person who pressed it.
/// </summary>
internal sealed class ActionDispatcher(Func<PageRequest, Task<string>> act) : IDashboardDispatcher
{
    public async Task Dispatch(DashboardContext context)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        var (status, sentence) = await ActAsync(context);
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(sentence);
    }

    private async Task<(int Status, string Sentence)> ActAsync(DashboardContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method)) return (StatusCodes.Status405MethodNotAllowed, "An action is a POST.");
        try
        {
            var request = await PageRequest.OfAsync(context);
            if (!request.MayOperate) return (StatusCodes.Status403Forbidden, "You may look, but not press this.");
            return (StatusCodes.Status200OK, await act(request));
        }
        catch (BatchRecException fault)
        {
            return (StatusCodes.Status409Conflict, fault.Message);
        }
    }
}
