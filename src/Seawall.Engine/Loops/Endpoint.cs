using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Seawall.Engine.Loops;

/// <summary>
/// Somewhere to listen or to connect: an address that needs no more looking up, because a loop must not wait for a
/// name server.
/// </summary>
public sealed class Endpoint
{
    private readonly byte[] _sockaddr;

    private Endpoint(string text, byte[] sockaddr, int family, bool isLocal)
    {
        Text = text;
        _sockaddr = sockaddr;
        Family = family;
        IsLocal = isLocal;
    }

    /// <summary>How people write it: <c>127.0.0.1:3306</c> or <c>/run/mysqld/mysqld.sock</c>.</summary>
    public string Text { get; }

    /// <summary>Whether it is a path of this machine.</summary>
    public bool IsUnix => Family == Linux.Libc.AF_UNIX;

    /// <summary>Who may connect when somebody listens here, if it is a path: the bits of its mode. As with servers, everybody.</summary>
    public int Mode { get; private init; } = 0x1FF;

    /// <summary>Whether what is sent there stays on this machine: loopback or a Unix socket.</summary>
    public bool IsLocal { get; }

    internal int Family { get; }

    internal ReadOnlySpan<byte> Sockaddr => _sockaddr;

    /// <summary>A TCP endpoint.</summary>
    public static Endpoint Tcp(IPAddress address, int port)
    {
        var endpoint = new IPEndPoint(address, port);
        var bytes = endpoint.Serialize();
        var family = address.AddressFamily == AddressFamily.InterNetworkV6 ? Linux.Libc.AF_INET6 : Linux.Libc.AF_INET;
        return new(endpoint.ToString(), bytes.Buffer[..bytes.Size].ToArray(), family, IPAddress.IsLoopback(address));
    }

    /// <summary>The same place, with other rights for those who connect.</summary>
    public Endpoint WithMode(int mode) => new(Text, _sockaddr, Family, IsLocal) { Mode = mode };

    /// <summary>A Unix socket; null when the path is empty or longer than the kernel takes (107 bytes), or has a zero in it.</summary>
    public static Endpoint? Unix(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length is 0 or > 107 || bytes.Contains((byte)0))
            return null;
        var sockaddr = new byte[2 + bytes.Length + 1];
        sockaddr[0] = Linux.Libc.AF_UNIX;
        bytes.CopyTo(sockaddr, 2);
        return new(path, sockaddr, Linux.Libc.AF_UNIX, true);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
