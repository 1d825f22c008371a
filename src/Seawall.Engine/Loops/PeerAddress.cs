using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Seawall.Engine.Loops;

/// <summary>
/// Who is at the other end, as a value without heap objects: one is kept for each client, and clients are many.
/// IPv4 is kept in its IPv6-mapped form, so that the two families compare as one.
/// </summary>
/// <param name="High">The first eight bytes of the address, network order read as one number.</param>
/// <param name="Low">The last eight bytes.</param>
/// <param name="Port">The port, or 0 for a Unix socket.</param>
/// <param name="IsUnix">Whether it is a Unix socket, which has no address.</param>
public readonly record struct PeerAddress(ulong High, ulong Low, ushort Port, bool IsUnix)
{
    /// <summary>The other end of a Unix socket.</summary>
    public static PeerAddress Unix => new(0, 0, 0, true);

    /// <summary>The peer at an address and port.</summary>
    public static PeerAddress From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            (ushort)port, false);
    }

    /// <summary>Reads a kernel <c>sockaddr</c>; anything unknown counts as a Unix socket.</summary>
    internal static PeerAddress FromSockaddr(ReadOnlySpan<byte> sockaddr)
    {
        var family = sockaddr.Length >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(sockaddr) : 0;
        if (family == Linux.Libc.AF_INET && sockaddr.Length >= 8)
        {
            return new(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(sockaddr[4..]),
                BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]), false);
        }
        if (family == Linux.Libc.AF_INET6 && sockaddr.Length >= 24)
        {
            return new(BinaryPrimitives.ReadUInt64BigEndian(sockaddr[8..]),
                BinaryPrimitives.ReadUInt64BigEndian(sockaddr[16..]),
                BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]), false);
        }
        return Unix;
    }

    /// <summary>The address alone; the IPv6 "any" address for a Unix socket.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        var address = new IPAddress(bytes);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>Whether the peer is on this machine: a loopback address or a Unix socket.</summary>
    public bool IsLocal => IsUnix || IPAddress.IsLoopback(ToIPAddress());

    /// <summary><c>192.0.2.7:41234</c>, <c>[2001:db8::7]:41234</c> or <c>unix</c>.</summary>
    public override string ToString()
    {
        if (IsUnix)
            return "unix";
        var address = ToIPAddress();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]:{Port}" : $"{address}:{Port}";
    }
}
