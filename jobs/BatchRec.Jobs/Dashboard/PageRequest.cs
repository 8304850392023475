using BatchRec.Jobs.Configuration;
using BatchRec.Jobs.Dashboard.Access;
using BatchRec.Runs;
using Hangfire.Dashboard;

namespace BatchRec.Jobs.Dashboard;

/// <summary>What a page or an action is asked, and what it answers from.</summary>
internal sealed class PageRequest
{
    private PageRequest(HttpContext http, Setup setup, string pipeline, bool mayOperate)
    {
        (Http, Setup, Pipeline, MayOperate) = (http, setup, pipeline, mayOperate);
        Runs = Get<RunTable>();
        Databases = Get<Databases>();
        Now = Get<TimeProvider>().GetUtcNow();
    }

    public HttpContext Http { get; }

    public Setup Setup { get; }

    public string Pipeline { get; }

    /// <summary>Whether this reader's buttons would do anything.</summary>
    public bool MayOperate { get; }

    /// <summary>Says who pressed a button, where one signs in: <c> by anna</c>.</summary>
    public string ByWhom => Http.User.Identity?.Name is { } name ? $" by {name}" : "";

    public RunTable Runs { get; }

    public Databases Databases { get; }

    public DateTimeOffset Now { get; }

    public CancellationToken Cancelled => Http.RequestAborted;

    /// <exception cref="BatchRecException">There is no such pipeline.</exception>
    public static Task<PageRequest> OfAsync(DashboardContext context) => OfAsync(context, named: null);

    /// <param name="named">Null: the pipeline that the address names, else the first.</param>
    /// <inheritdoc cref="OfAsync(DashboardContext)"/>
    public static async Task<PageRequest> OfAsync(DashboardContext context, string? named)
    {
        var http = context.GetHttpContext();
        var setup = http.RequestServices.GetRequiredService<Setup>();
        var pipeline = named ?? http.Request.Query["pipeline"].FirstOrDefault() ?? setup.Pipelines.Keys.First();
        setup.Of(pipeline);
        return new PageRequest(http, setup, pipeline, await DashboardAccess.AllowsAsync(http, DashboardAccess.Operate));
    }

    public T Get<T>() where T : notnull => Http.RequestServices.GetRequiredService<T>();

    /// <summary>Null where it is missing or empty.</summary>
    public string? Query(string name) => Http.Request.Query[name].FirstOrDefault() is { Length: > 0 } value ? value : null;

    /// <summary>The run that the address names, if it names one.</summary>
    /// <exception cref="BatchRecException">It isn't a run id.</exception>
    public RunId? QueryRun(string name)
    {
        try
        {
            return Query(name) is { } text ? RunId.Parse(text) : null;
        }
        catch (FormatException fault)
        {
            throw new BatchRecException(fault.Message, fault);
        }
    }

    /// <summary>The address of a page of this pipeline.</summary>
    public string Url(string path, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var parts = new List<string>();
        if (Setup.Pipelines.Count > 1) parts.Add("pipeline=" + Uri.EscapeDataString(Pipeline));
        foreach (var (name, value) in query) parts.Add($"{name}={Uri.EscapeDataString(value)}");
        return Http.Request.PathBase + path + (parts.Count > 0 ? "?" + string.Join('&', parts) : "");
    }

    /// <summary>A button that asks, and then does what its address says; nothing for readers who may not.</summary>
    /// <param name="ask">The question; its answer is the button's own text or "no".</param>
    public Markup Button(string text, string action, string ask, string style = "btn-default") => MayOperate
        ? Markup.Of($"""<button type="button" class="btn {style}" data-br-action="{action}" data-br-ask="{ask}">{text}</button>""")
        : Markup.None;
}
