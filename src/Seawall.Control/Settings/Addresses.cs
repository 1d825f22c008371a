using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops;

namespace Seawall.Control.Settings;

/// <summary>An address as somebody wrote it, taken apart.</summary>
/// <param name="Host">The host name or number; the path of a Unix socket when <paramref name="Port"/> is -1.</param>
/// <param name="Port">The port, or -1.</param>
internal readonly record struct WrittenAddress(string Host, int Port)
{
    /// <summary>Whether it is the path of a Unix socket.</summary>
    internal bool IsUnix => Port < 0;

    /// <summary>
    /// Reads <c>host:port</c>, <c>[::1]:port</c>, <c>/path</c> or <c>unix:/path</c>; null, with a problem, when it is none of them.
    /// </summary>
    internal static WrittenAddress? Read(string text, int portMin, out string problem)
    {
        problem = "";
        var path = text.StartsWith("unix:", StringComparison.Ordinal) ? text["unix:".Length..] : text;
        if (path.StartsWith('/'))
            return new WrittenAddress(path, -1);
        if (path.Length < text.Length)
        {
            problem = $"\"{text}\": the path of a Unix socket begins with \"/\"";
            return null;
        }
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (isBracketed)
            host = host[1..^1];
        if (colon <= 0 || host.Length == 0 || (host.Contains(':') && !isBracketed))
        {
            problem = $"\"{text}\" is no address: write host:port, [IPv6 address]:port or the path of a Unix socket";
            return null;
        }
        if (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port >= portMin && port <= IPEndPoint.MaxPort)
        {
            return new WrittenAddress(host, port);
        }
        problem = $"\"{text}\" has no port from {portMin} to {IPEndPoint.MaxPort}";
        return null;
    }
}

/// <summary>Asks for the addresses of a name.</summary>
internal delegate Task<IPAddress[]> NameLookup(string host, CancellationToken cancel);

/// <summary>Looks names up while the settings are read: later no loop may wait for a name server.</summary>
internal sealed class Addresses(NameLookup lookUp, TimeProvider time)
{
    /// <summary>
    /// How long a name server may take: twice what resolvers take for one attempt (resolv.conf(5): 5 s).
    /// </summary>
    private static readonly TimeSpan s_lookUpMax = TimeSpan.FromSeconds(10);

    /// <summary>The endpoint of an address, or why there is none.</summary>
    internal async Task<(Endpoint? Endpoint, string Problem)> Find(WrittenAddress address, CancellationToken cancel)
    {
        if (address.IsUnix)
            return Endpoint.Unix(address.Host) is { } path ? (path, "")
                : (null, "the path of a Unix socket has at most 107 bytes, and no zero among them");
        var (found, problem) = await FindHost(address.Host, cancel);
        return found is null ? (null, problem) : (Endpoint.Tcp(found, address.Port), "");
    }

    /// <summary>The number of a host, or why there is none.</summary>
    internal async Task<(IPAddress? Address, string Problem)> FindHost(string host, CancellationToken cancel)
    {
        if (IPAddress.TryParse(host, out var number))
            return (number, "");
        using var limit = new CancellationTokenSource(s_lookUpMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            // The resolver has put them in the order in which they should be tried.
            var all = await lookUp(host, either.Token);
            return all.Length > 0 ? (all[0], "") : (null, $"the name \"{host}\" has no address");
        }
        catch (SocketException failure)
        {
            return (null, $"the name \"{host}\" cannot be looked up: {failure.Message}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, $"the name \"{host}\" cannot be looked up: no answer within {s_lookUpMax.TotalSeconds} s");
        }
    }
}
