using System.Net;
using BatchRec.Configuration;
using BatchRec.Jobs.Dashboard.Access;

namespace BatchRec.Jobs.Configuration;

/// <summary>
/// Where the dashboard listens, and who may see it. Without <see cref="Operators"/> and <see cref="Viewers"/> it answers local requests only, wherever it listens:
/// reach it through an SSH tunnel. With them everyone signs in, and it can stand behind a reverse proxy that speaks TLS.
/// </summary>
public sealed record DashboardOptions : IStageOptions
{
    private static readonly IReadOnlyDictionary<string, string> Nobody = new Dictionary<string, string>();

    /// <summary>The dashboard is at /hangfire below it.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5080";

    /// <summary>Who may look and press buttons: <c>BATCHREC_Dashboard__Operators__anna=HASH</c>, with what <c>batchrec password</c> makes of a password. From the environment only.</summary>
    public IReadOnlyDictionary<string, string> Operators { get; init; } = Nobody;

    /// <summary>Who may look: <c>BATCHREC_Dashboard__Viewers__ben=HASH</c>. From the environment only.</summary>
    public IReadOnlyDictionary<string, string> Viewers { get; init; } = Nobody;

    /// <summary>Addresses of the reverse proxies that are believed when they say where a request came from, and that it came by TLS; from all others, such headers are refused.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>Without a request for so long, one has to sign in again.</summary>
    public double SessionHours { get; init; } = 12;

    /// <summary>Whether one signs in, rather than being on this machine.</summary>
    public bool HasUsers => Operators.Count + Viewers.Count > 0;

    public IEnumerable<string> Faults()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.AbsolutePath != "/")
            yield return $"Dashboard:Url is '{Url}'; write an address without a path, such as http://127.0.0.1:5080.";
        foreach (var (section, users) in ((string, IReadOnlyDictionary<string, string>)[])[(nameof(Operators), Operators), (nameof(Viewers), Viewers)])
        foreach (var (name, hash) in users)
        {
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')) yield return $"Dashboard:{section} has the name '{name}'; use letters, digits and underscores.";
            if (!Passwords.IsHash(hash)) yield return $"Dashboard:{section}:{name} is no hash of a password; write what `batchrec password` prints.";
        }
        foreach (var name in Operators.Keys.Intersect(Viewers.Keys, StringComparer.OrdinalIgnoreCase))
            yield return $"Dashboard:Operators and Dashboard:Viewers both have {name}; an operator may look, too: use the first alone.";
        foreach (var proxy in Proxies.Where(proxy => !IPAddress.TryParse(proxy, out _)))
            yield return $"Dashboard:Proxies has '{proxy}'; write addresses such as 127.0.0.1 or 10.0.0.7.";
        if (Proxies.Count > 0 && !HasUsers) yield return "Dashboard:Proxies is set, and nobody can sign in; add BATCHREC_Dashboard__Operators__NAME with what `batchrec password` prints.";
        if (HasUsers && Proxies.Count == 0 && url is { IsLoopback: false })
            yield return $"Dashboard:Url is {Url}, where passwords would come in clear; let a reverse proxy with TLS stand before it, name its address in Dashboard:Proxies, and listen where it alone can reach.";
        if (SessionHours is not (> 0 and <= 24 * 31)) yield return $"Dashboard:SessionHours is {SessionHours}; use more than 0 to 744.";
    }
}
