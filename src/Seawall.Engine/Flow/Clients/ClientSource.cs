using System.Net;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Where a client comes from, as limits count it: an IPv4 address, an IPv6 network of 64 bits, which is what one subscriber
/// has at least, or this machine's Unix sockets.
/// </summary>
internal readonly record struct ClientSource(ulong High, ulong Low, bool IsUnix)
{
    private const ulong MappedIPv4 = 0xFFFF;

    /// <summary>The source of a peer.</summary>
    internal static ClientSource Of(PeerAddress peer)
    {
        if (peer.IsUnix)
            return new(0, 0, true);
        var isIPv4 = peer.High == 0 && peer.Low >> 32 == MappedIPv4;
        return new(peer.High, isIPv4 ? peer.Low : 0, false);
    }

    /// <summary><c>192.0.2.7</c>, <c>2001:db8::/64</c> or <c>unix</c>.</summary>
    public override string ToString()
    {
        if (IsUnix)
            return "unix";
        IPAddress address = new PeerAddress(High, Low, 0, false).ToIPAddress();
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"{address}/64" : address.ToString();
    }
}
