using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Rehearsal.Logins;

/// <summary>
/// What Linux counts of the other end of a TCP connection, where that end is a socket of this machine and of the same network namespace: asked for by its
/// addresses, as <c>ss -ti</c> does, which takes no rights (sock_diag(7)). Elsewhere nobody here knows.
/// </summary>
internal static class PeerSocket
{
    // include/uapi/linux: netlink.h, sock_diag.h, inet_diag.h.
    private const int NetlinkFamily = 16, SockDiag = 4, Datagram = 2;
    private const int HeaderLength = 16, RequestLength = HeaderLength + 56, MessageLength = 72;
    private const ushort ByFamily = 20, IsRequest = 1, InfoAttribute = 2;
    private const int AskedAt = 8, ToldAt = 4; // Where the addresses are, in the request and in what is told.
    private const int OwnAddressAt = 4, OtherAddressAt = 20, CookieAt = 40; // In them, behind both ports.
    private const int Ipv4 = 2, Ipv6 = 10, Tcp = 6;

    // An answer has a header, a message and the attributes asked for: some 400 bytes.
    private const int AnswerMax = 4096;

    /// <summary>Asks the kernel; unknown where the other end is not here, or it is not Linux.</summary>
    public static TcpFacts Of(Socket socket)
    {
        try
        {
            if (!OperatingSystem.IsLinux() || socket.LocalEndPoint is not IPEndPoint here || socket.RemoteEndPoint is not IPEndPoint there)
                return default;
            Span<byte> request = stackalloc byte[RequestLength];
            Write(request, there, here);
            Span<byte> answer = stackalloc byte[AnswerMax];
            return Read(answer[..Exchange(request, answer)], there.Port, here.Port);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return default;
        }
    }

    /// <summary>Asks for one connected socket, seen from its own side.</summary>
    internal static void Write(Span<byte> request, IPEndPoint own, IPEndPoint other)
    {
        request.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(request, RequestLength);
        BinaryPrimitives.WriteUInt16LittleEndian(request[4..], ByFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(request[6..], IsRequest);
        var body = request[HeaderLength..];
        body[0] = own.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)Ipv6 : (byte)Ipv4;
        body[1] = Tcp;
        body[2] = 1 << (InfoAttribute - 1);
        BinaryPrimitives.WriteUInt32LittleEndian(body[4..], uint.MaxValue); // In whatever state.
        var id = body[AskedAt..];
        BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)own.Port);
        BinaryPrimitives.WriteUInt16BigEndian(id[2..], (ushort)other.Port);
        _ = own.Address.TryWriteBytes(id[OwnAddressAt..], out _);
        _ = other.Address.TryWriteBytes(id[OtherAddressAt..], out _);
        id[CookieAt..].Fill(byte.MaxValue); // INET_DIAG_NOCOOKIE: any.
    }

    /// <summary>
    /// Reads an answer; unknown when it is an error, none, or about another socket: who listens on the port is told of when there is no such connection.
    /// </summary>
    internal static TcpFacts Read(ReadOnlySpan<byte> answer, int ownPort, int otherPort)
    {
        if (answer.Length < HeaderLength + MessageLength || BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) != ByFamily)
            return default;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(answer);
        if (length > answer.Length || length < HeaderLength + MessageLength)
            return default;
        var message = answer[HeaderLength..(int)length];
        if (BinaryPrimitives.ReadUInt16BigEndian(message[ToldAt..]) != ownPort || BinaryPrimitives.ReadUInt16BigEndian(message[(ToldAt + 2)..]) != otherPort)
            return default;
        // Attributes: length, which has these four bytes in it, type, value; each begins at a multiple of four.
        const int head = 4;
        for (var rest = message[MessageLength..]; rest.Length >= head;)
        {
            var (size, type) = (BinaryPrimitives.ReadUInt16LittleEndian(rest), BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]));
            if (size < head || size > rest.Length)
                return default;
            if (type == InfoAttribute)
                return TcpFacts.Read(rest[head..size]);
            rest = rest[Math.Min(rest.Length, (size + 3) & ~3)..];
        }
        return default;
    }

    // The kernel answers before the request is sent: nothing is waited for.
    private static unsafe int Exchange(ReadOnlySpan<byte> request, Span<byte> answer)
    {
        var netlink = Libc.socket(NetlinkFamily, Datagram | Libc.SOCK_CLOEXEC, SockDiag);
        if (netlink < 0)
            return 0;
        try
        {
            fixed (byte* asked = request, told = answer)
            {
                return Libc.send(netlink, asked, request.Length, Libc.MSG_DONTWAIT) == request.Length
                    ? (int)Math.Max(0, Libc.recv(netlink, told, answer.Length, Libc.MSG_DONTWAIT)) : 0;
            }
        }
        finally
        {
            Libc.close(netlink);
        }
    }
}
