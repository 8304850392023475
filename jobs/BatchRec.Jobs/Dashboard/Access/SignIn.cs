using System.Net;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace BatchRec.Jobs.Dashboard.Access;

/// <summary>The page that asks for name and password, and the way out.</summary>
internal static class SignIn
{
    public const string Path = "/sign-in", OutPath = "/sign-out";

    /// <summary>Name of the limit on attempts.</summary>
    public const string Attempts = "sign-in";

    private const string Return = "return";

    private static readonly Lazy<string> Page = new(() => new StreamReader(typeof(SignIn).Assembly.GetManifestResourceStream("dashboard/sign-in.html")!).ReadToEnd());

    public static string AddressFor(HttpRequest request) => $"{Path}?{Return}={Uri.EscapeDataString(request.PathBase + request.Path + request.QueryString)}";

    public static void Map(WebApplication application)
    {
        application.MapGet(Path, (HttpContext http) => Show(http, message: null));
        application.MapPost(Path, EnterAsync).RequireRateLimiting(Attempts);
        application.MapPost(OutPath, LeaveAsync);
    }

    private static async Task<IResult> EnterAsync(HttpContext http, IAntiforgery antiforgery, Users users)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Results.Text("This form is out of date: go back and load it again.", statusCode: StatusCodes.Status400BadRequest);
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (users.SignIn($"{form["name"]}", $"{form["password"]}", CookieAuthenticationDefaults.AuthenticationScheme) is not { } user)
            return Show(http, "That name and password don't belong together.", StatusCodes.Status401Unauthorized);
        await http.SignInAsync(user);
        return Results.LocalRedirect(ReturnOf(http));
    }

    private static async Task<IResult> LeaveAsync(HttpContext http, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http)) return Results.Text("This button is out of date: load the page again.", statusCode: StatusCodes.Status400BadRequest);
        await http.SignOutAsync();
        return Results.LocalRedirect(Path);
    }

    /// <summary>Who is signed in, and the way out; nothing where nobody signs in.</summary>
    public static Markup Badge(HttpContext http)
    {
        if (http.User.Identity is not { IsAuthenticated: true, Name: { } name }) return Markup.None;
        var tokens = http.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(http);
        return Markup.Of($"""
            <form class="br-who" method="post" action="{OutPath}"><input type="hidden" name="{tokens.FormFieldName}" value="{tokens.RequestToken}">
            <span>{name}, {(http.User.IsInRole(Users.Operator) ? Users.Operator : Users.Viewer)}</span> <button class="btn btn-default btn-sm" type="submit">Sign out</button></form>
            """);
    }

    private static IResult Show(HttpContext http, string? message, int status = StatusCodes.Status200OK)
    {
        var tokens = http.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(http);
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
        var page = Page.Value.Replace("{action}", WebUtility.HtmlEncode($"{Path}?{Return}={Uri.EscapeDataString(ReturnOf(http))}"), StringComparison.Ordinal)
            .Replace("{field}", tokens.FormFieldName, StringComparison.Ordinal).Replace("{token}", WebUtility.HtmlEncode(tokens.RequestToken), StringComparison.Ordinal)
            .Replace("{message}", message is null ? "" : $"""<p class="wrong" role="alert">{WebUtility.HtmlEncode(message)}</p>""", StringComparison.Ordinal);
        return Results.Content(page, "text/html; charset=utf-8", statusCode: status);
    }

    /// <summary>A page of the dashboard, whatever the address says.</summary>
    private static string ReturnOf(HttpContext http) =>
        http.Request.Query[Return].FirstOrDefault() is { } wanted && (wanted == RunsDashboard.Path || wanted.StartsWith(RunsDashboard.Path + "/", StringComparison.Ordinal)) ? wanted : RunsDashboard.Path;
}
