namespace Seawall.MySql.Framing;

/// <summary>
/// The four bytes before each packet: three of length, one of sequence. A payload of 16 MiB - 1 or more is cut into
/// packets of exactly <see cref="LengthMax"/> and a last shorter one, which may be empty.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html</remarks>
public static class PacketHeader
{
    /// <summary>The size of the header.</summary>
    public const int Size = 4;

    /// <summary>The longest packet, and the sign that another belongs to it.</summary>
    public const int LengthMax = 0xFFFFFF;

    /// <summary>The payload's length; the span holds at least <see cref="Size"/> bytes.</summary>
    public static int LengthOf(ReadOnlySpan<byte> header) => header[0] | (header[1] << 8) | (header[2] << 16);

    /// <summary>The sequence number; the span holds at least <see cref="Size"/> bytes.</summary>
    public static byte SequenceOf(ReadOnlySpan<byte> header) => header[3];

    /// <summary>Writes a header.</summary>
    public static void Write(Span<byte> header, int length, byte sequence)
    {
        header[3] = sequence; // First, so that the bounds are checked once.
        header[0] = (byte)length;
        header[1] = (byte)(length >> 8);
        header[2] = (byte)(length >> 16);
    }
}
