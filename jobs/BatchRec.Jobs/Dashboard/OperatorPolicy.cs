using Microsoft.AspNetCore.Authorization;

namespace BatchRec.Jobs.Dashboard;

/// <summary>
/// Who may press buttons: an authorization policy of ASP.NET Core, asked by our actions and by Hangfire's own. Requests of this machine only, until a host
/// puts a policy of its own under <see cref="Name"/>.
/// </summary>
public static class OperatorPolicy
{
    public const string Name = "batchrec-operator";

    public static IServiceCollection AddOperatorPolicy(this IServiceCollection services) => services
        .AddAuthorization(options => options.AddPolicy(Name, policy => policy.AddRequirements(new FromThisMachine())))
        .AddSingleton<IAuthorizationHandler, FromThisMachineHandler>();

    public static async Task<bool> AllowsAsync(HttpContext http) =>
        (await http.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(http.User, http, Name)).Succeeded;

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
