using Hangfire.Dashboard;
using Hangfire.Dashboard.Pages;
using Npgsql;

namespace BatchRec.Jobs.Dashboard;

/// <summary>A page of ours in Hangfire's layout. Hangfire renders synchronously, so what takes time is done before it begins.</summary>
/// <param name="title">Of the page, and its heading.</param>
/// <param name="body">What stands below the heading.</param>
internal sealed class PageDispatcher(string title, Func<PageRequest, Task<Markup>> body) : IDashboardDispatcher
{
    public async Task Dispatch(DashboardContext context)
    {
        var content = await BodyAsync(context);
        var page = new Hangfire.Dashboard.RouteCollection();
        page.AddRazorPage(".*", _ => new Page(title, content));
        context.Response.ContentType = "text/html; charset=utf-8";
        await page.FindDispatcher("/")!.Item1.Dispatch(context);
    }

    private async Task<Markup> BodyAsync(DashboardContext context)
    {
        try
        {
            var request = await PageRequest.OfAsync(context);
            return Markup.Of($"""<div class="br-page"><h1 class="page-header">{title}</h1>{Access.SignIn.Badge(request.Http)}{Pipelines(request)}{await body(request)}</div>""");
        }
        catch (BatchRecException fault)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Trouble(fault.Message);
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn)
        {
            return Trouble($"The results database is not prepared for this program: {fault.MessageText}. Run: batchrec migrate");
        }
    }

    private Markup Trouble(string message) =>
        Markup.Of($"""<div class="br-page"><h1 class="page-header">{title}</h1><div class="alert alert-warning" role="alert">{message}</div></div>""");

    private static Markup Pipelines(PageRequest request) => request.Setup.Pipelines.Count == 1 ? Markup.None : Markup.Of($"""
        <ul class="nav nav-pills br-pipelines">{request.Setup.Pipelines.Keys.Select(name => Markup.Of($"""
            <li class="{(name == request.Pipeline ? "active" : "")}"><a href="?pipeline={name}">{name}</a></li>
            """))}</ul>
        """);

    private sealed class Page : RazorPage
    {
        private readonly Markup _content;

        public Page(string title, Markup content)
        {
            Layout = new LayoutPage(title);
            _content = content;
        }

        public override void Execute() => WriteLiteral(_content.Html);
    }
}
