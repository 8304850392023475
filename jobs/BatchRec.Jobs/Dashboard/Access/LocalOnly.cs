using System.Net;

namespace BatchRec.Jobs.Dashboard.Access;

/// <summary>
/// Tells requests of this machine. A loopback address alone doesn't prove that: a reverse proxy on this machine has one too, and so has a browser
/// here that a foreign page sends to a name that resolves to us. So the Host header has to name this machine, and no proxy may have left its mark.
/// </summary>
public static class LocalOnly
{
    private static readonly string[] MarksOfProxies =
        ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded-Port", "X-Real-IP", "X-Original-Host", "X-Original-For", "CF-Connecting-IP", "True-Client-IP"];

    public static bool IsLocal(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote)
        && IsLocalName(http.Request.Host.Host)
        && !MarksOfProxies.Any(http.Request.Headers.ContainsKey);

    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
