using System.Buffers.Binary;

namespace Seawall.MySql.Compression;

/// <summary>
/// What is in front of each frame of a compressed connection: the length of what follows, the frame's number, and how long
/// that was before it was compressed; 0 when it is not compressed.
/// </summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_compression_packet.html
/// </remarks>
public readonly record struct FrameHeader(int Length, byte Sequence, int PlainLength)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 7;

    /// <summary>The longest frame, and the longest that one may have been: both lengths have three bytes.</summary>
    public const int LengthMax = 0xFF_FFFF;

    /// <summary>Whether what follows is compressed.</summary>
    public bool IsPacked => PlainLength > 0;

    /// <summary>Reads a header; there are <see cref="Size"/> bytes at least.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0] | (bytes[1] << 8) | (bytes[2] << 16), bytes[3], bytes[4] | (bytes[5] << 8) | (bytes[6] << 16));

    /// <summary>Writes it into <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)Length | ((uint)Sequence << 24));
        into[4] = (byte)PlainLength;
        into[5] = (byte)(PlainLength >> 8);
        into[6] = (byte)(PlainLength >> 16);
    }
}
