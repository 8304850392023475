using System.Net;
using System.Threading.RateLimiting;
using BatchRec.Jobs.Configuration;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.HttpOverrides;

namespace BatchRec.Jobs.Dashboard.Access;

/// <summary>
/// Who gets in, and who may press buttons: two authorization policies of ASP.NET Core. Where no user is configured, both let this machine in and nobody else. Where
/// there are users, everyone signs in (cookie authentication), over TLS or from this machine.
/// </summary>
internal static class DashboardAccess
{
    /// <summary>Policy of the buttons, Hangfire's own among them.</summary>
    public const string Operate = "batchrec-operate";

    /// <summary>Policy of the pages.</summary>
    public const string View = "batchrec-view";

    private const string Cookie = CookieAuthenticationDefaults.AuthenticationScheme;

    public static IServiceCollection AddDashboardAccess(this IServiceCollection services, DashboardOptions options)
    {
        if (!options.HasUsers)
            return services.AddSingleton<IAuthorizationHandler, FromThisMachineHandler>().AddAuthorization(all =>
            {
                foreach (var name in (string[])[View, Operate]) all.AddPolicy(name, policy => policy.AddRequirements(new FromThisMachine()));
            });

        services.AddAuthentication(Cookie).AddCookie(cookie =>
        {
            (cookie.Cookie.Name, cookie.Cookie.HttpOnly, cookie.Cookie.SameSite) = ("batchrec", true, SameSiteMode.Lax);
            // Always over TLS; this machine may do without it.
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            (cookie.ExpireTimeSpan, cookie.SlidingExpiration) = (TimeSpan.FromHours(options.SessionHours), true);
            cookie.Events.OnValidatePrincipal = context =>
            {
                if (context.Principal is null || !context.HttpContext.RequestServices.GetRequiredService<Users>().Knows(context.Principal)) context.RejectPrincipal();
                return Task.CompletedTask;
            };
            cookie.Events.OnRedirectToLogin = context =>
            {
                // Relative: behind a proxy this process doesn't know its own name. What a script asks for is told, not led elsewhere.
                if (HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
                    context.Response.Redirect(SignIn.AddressFor(context.Request));
                else context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            };
        });
        services.AddAuthorization(all =>
        {
            all.AddPolicy(View, policy => policy.RequireRole(Users.Viewer, Users.Operator));
            all.AddPolicy(Operate, policy => policy.RequireRole(Users.Operator));
        });
        services.Configure<ForwardedHeadersOptions>(headers =>
        {
            headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            headers.KnownIPNetworks.Clear();
            headers.KnownProxies.Clear();
            foreach (var proxy in options.Proxies) headers.KnownProxies.Add(IPAddress.Parse(proxy));
            headers.ForwardLimit = options.Proxies.Count;
        });
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.AddPolicy(SignIn.Attempts, http => RateLimitPartition.GetFixedWindowLimiter(
                http.Connection.RemoteIpAddress, _ => new FixedWindowRateLimiterOptions { PermitLimit = 10, Window = TimeSpan.FromMinutes(1) }));
        });
        return services.AddSingleton(options).AddSingleton<Users>();
    }

    /// <summary>Stands before everything else.</summary>
    public static void UseDashboardAccess(this WebApplication application, DashboardOptions options)
    {
        if (!options.HasUsers) return;
        if (options.Proxies.Count > 0) application.UseForwardedHeaders();
        application.UseRouting();
        application.UseRateLimiter();
        application.UseAuthentication();
        application.Use(async (http, next) =>
        {
            // Health and metrics are for this network's monitors; whoever comes through a proxy signs in for them, too.
            var guarded = http.Request.Path.StartsWithSegments(RunsDashboard.Path) || http.Request.Headers.ContainsKey("X-Original-For");
            var signingIn = http.Request.Path.StartsWithSegments(SignIn.Path);
            if ((guarded || signingIn) && !http.Request.IsHttps && !LocalOnly.IsLocal(http))
            {
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                await http.Response.WriteAsync("Passwords and sessions go over TLS only: come through the reverse proxy that Dashboard:Proxies names.");
            }
            else if (guarded && !signingIn && !await AllowsAsync(http, View)) await http.ChallengeAsync();
            else await next(http);
        });
        SignIn.Map(application);
    }

    public static async Task<bool> AllowsAsync(HttpContext http, string policy) =>
        (await http.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(http.User, http, policy)).Succeeded;

    /// <summary>Hangfire asks it, too, for every page of its own.</summary>
    public sealed class Filter : IDashboardAsyncAuthorizationFilter
    {
        public Task<bool> AuthorizeAsync(DashboardContext context) => AllowsAsync(context.GetHttpContext(), View);
    }

    private sealed class FromThisMachine : IAuthorizationRequirement;

    private sealed class FromThisMachineHandler : AuthorizationHandler<FromThisMachine, HttpContext>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, FromThisMachine requirement, HttpContext resource)
        {
            if (LocalOnly.IsLocal(resource)) context.Succeed(requirement);
            return Task.CompletedTask;
        }
    }
}
