using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using BatchRec.Jobs.Configuration;

namespace BatchRec.Jobs.Dashboard.Access;

/// <summary>Those who may sign in.</summary>
internal sealed class Users(DashboardOptions options)
{
    public const string Viewer = "viewer", Operator = "operator";

    /// <summary>Claim that changes with the password.</summary>
    private const string Stamp = "batchrec-stamp";

    /// <summary>Null: the name or the password is wrong, and nobody is told which.</summary>
    public ClaimsPrincipal? SignIn(string name, string password, string scheme)
    {
        var user = Find(name);
        if (!Passwords.Match(user?.Hash, password) || user is null) return null;
        return new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim(ClaimTypes.Name, user.Name), new Claim(ClaimTypes.Role, user.Role), new Claim(Stamp, StampOf(user))], scheme));
    }

    /// <summary>Whether who signed in some time ago still is who they were: not removed, not of another role, the password not changed.</summary>
    public bool Knows(ClaimsPrincipal who) => Find(who.Identity?.Name ?? "") is { } user && who.IsInRole(user.Role) && who.HasClaim(Stamp, StampOf(user));

    private sealed record User(string Name, string Hash, string Role);

    private User? Find(string name) =>
        options.Operators.Select(user => new User(user.Key, user.Value, Operator)).Concat(options.Viewers.Select(user => new User(user.Key, user.Value, Viewer)))
            .FirstOrDefault(user => user.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string StampOf(User user) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Role}\0{user.Hash}")))[..16];
}
