using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;

namespace Seawall.Control.Processes;

/// <summary>
/// Looks whether addresses can be had before the data path takes them. It shares its ports between its loops, and the
/// kernel would let a second Seawall of the same user share them too: each would get half of the clients.
/// </summary>
internal static class Listeners
{
    /// <summary>
    /// Why an address cannot be had; null when it can. A socket that a dead process left behind is removed.
    /// </summary>
    internal static string? ProblemOf(Endpoint endpoint, string setting)
    {
        if (endpoint.IsUnix)
            return ProblemOfPath(endpoint.Text, setting);
        try
        {
            var address = IPEndPoint.Parse(endpoint.Text);
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(address);
            probe.Listen(1);
            return null;
        }
        catch (SocketException failure)
        {
            return Describe(failure, endpoint, setting);
        }
    }

    /// <summary>What the system said, with the setting's name and value.</summary>
    internal static string Describe(SocketException failure, Endpoint endpoint, string setting) =>
        failure.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"{setting} = \"{endpoint}\": the address is in use already, by another process"
                + (endpoint.IsUnix ? "" : $" (see: ss -ltnp 'sport = :{PortOf(endpoint)}')"),
            SocketError.AddressNotAvailable => $"{setting} = \"{endpoint}\": this machine has no such address",
            SocketError.AccessDenied => $"{setting} = \"{endpoint}\": user {Environment.UserName} may not listen there"
                + (endpoint.IsUnix ? "" : "; ports below 1024 need CAP_NET_BIND_SERVICE"),
            _ => $"{setting} = \"{endpoint}\": {failure.Message}",
        };

    private static string? ProblemOfPath(string path, string setting)
    {
        if (!Path.Exists(path))
        {
            return Directory.Exists(Path.GetDirectoryName(path)) ? null
                : $"{setting} = \"{path}\": there is no such folder";
        }
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return $"{setting} = \"{path}\": another process listens there";
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionRefused
            && IsSocket(path))
        {
            return TryDelete(path) ? null
                : $"{setting} = \"{path}\": a dead process left the socket there, and it cannot be removed";
        }
        catch (SocketException failure)
        {
            return $"{setting} = \"{path}\": there is something else: {failure.Message}";
        }
    }

    // A file that somebody named by mistake must stay.
    private static bool IsSocket(string path) => FileStatus.Of(path) is { IsSocket: true };

    private static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static int PortOf(Endpoint endpoint) => IPEndPoint.Parse(endpoint.Text).Port;
}
