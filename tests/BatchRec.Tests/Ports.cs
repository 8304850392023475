using System.Net;
using System.Net.Sockets;

namespace BatchRec.Tests;

internal static class Ports
{
    /// <summary>A port of this machine that nothing listens on; another process may still take it first.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
