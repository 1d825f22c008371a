using System.Buffers.Binary;
using System.Net.Sockets;

namespace Seawall.Rehearsal.Logins;

/// <summary>What Linux counts of a TCP connection.</summary>
/// <param name="IsKnown">Whether it said so.</param>
/// <param name="SegmentsOut">Segments sent, those that only acknowledge among them: their number depends on timing.</param>
/// <param name="SegmentsIn">The same from the server.</param>
/// <param name="DataOut">Segments sent that carried bytes.</param>
/// <param name="DataIn">The same from the server.</param>
/// <param name="Retransmits">Segments sent again.</param>
/// <param name="RttUs">The round trip, smoothed, in microseconds.</param>
internal readonly record struct TcpFacts(
    bool IsKnown, int SegmentsOut, int SegmentsIn, int DataOut, int DataIn, int Retransmits, int RttUs)
{
    // tcp(7) and include/uapi/linux/tcp.h, struct tcp_info; fields are only ever added at its end.
    private const int IpProtocolTcp = 6, TcpInfo = 11, Length = 160, LengthMax = 512;
    private const int RttAt = 68, TotalRetransAt = 100, SegsOutAt = 136, SegsInAt = 140, DataSegsInAt = 152, DataSegsOutAt = 156, OutOfOrderAt = 224;

    /// <summary>Segments from the other side that came out of order, which they do behind one that was lost; 0 too where Linux is older than 5.4.</summary>
    public int OutOfOrder { get; init; }

    /// <summary>Asks the kernel; unknown where it is another one, older than 4.6, or the socket no TCP.</summary>
    public static TcpFacts Of(Socket socket)
    {
        Span<byte> info = stackalloc byte[LengthMax];
        try
        {
            if (!OperatingSystem.IsLinux() || socket.AddressFamily == AddressFamily.Unix)
                return default;
            return Read(info[..socket.GetRawSocketOption(IpProtocolTcp, TcpInfo, info)]);
        }
        catch (SocketException)
        {
            return default;
        }
    }

    internal static TcpFacts Read(ReadOnlySpan<byte> info) => info.Length < Length
        ? default
        : new TcpFacts(
            true, Field(info, SegsOutAt), Field(info, SegsInAt), Field(info, DataSegsOutAt), Field(info, DataSegsInAt),
            Field(info, TotalRetransAt), Field(info, RttAt))
        {
            OutOfOrder = info.Length >= OutOfOrderAt + sizeof(int) ? Field(info, OutOfOrderAt) : 0,
        };

    private static int Field(ReadOnlySpan<byte> info, int at) => (int)BinaryPrimitives.ReadUInt32LittleEndian(info[at..]);
}
