using System.Buffers.Binary;
using System.Net;

namespace Seawall.Captures.Imports;

/// <summary>What became of a frame.</summary>
internal enum FrameKind : byte
{
    /// <summary>A TCP segment.</summary>
    Tcp,

    /// <summary>Something else, which has nothing to do with this.</summary>
    Other,

    /// <summary>A piece of an IP packet.</summary>
    Fragment,

    /// <summary>Only its beginning was captured (tcpdump -s).</summary>
    CutShort,

    /// <summary>A kind of frames that is not known here.</summary>
    UnknownLink,
}

/// <summary>One TCP segment.</summary>
internal readonly record struct TcpSegment(IPEndPoint From, IPEndPoint To, uint Sequence, byte Flags, ReadOnlyMemory<byte> Data)
{
    internal bool IsSyn => (Flags & 0x02) != 0;

    internal bool HasAck => (Flags & 0x10) != 0;

    internal bool Ends => (Flags & 0x05) != 0;

    /// <summary>Reads a frame of Ethernet, of Linux's "any", of a loopback, or bare IP.</summary>
    internal static FrameKind Read(int link, ReadOnlyMemory<byte> frame, out TcpSegment segment)
    {
        segment = default;
        var bytes = frame.Span;
        int at;
        switch (link)
        {
            case 1:
                at = 14;
                while (bytes.Length >= at && Type(bytes, at - 2) is 0x8100 or 0x88A8)
                    at += 4;
                if (bytes.Length < at || Type(bytes, at - 2) is not (0x0800 or 0x86DD))
                    return FrameKind.Other;
                break;
            case 113:
                at = 16;
                break;
            case 276:
                at = 20;
                break;
            case 0 or 108:
                at = 4;
                break;
            case 12 or 14 or 101 or 228 or 229:
                at = 0;
                break;
            default:
                return FrameKind.UnknownLink;
        }
        return bytes.Length <= at ? FrameKind.Other : (bytes[at] >> 4) switch
        {
            4 => ReadV4(frame[at..], ref segment),
            6 => ReadV6(frame[at..], ref segment),
            _ => FrameKind.Other,
        };
    }

    private static FrameKind ReadV4(ReadOnlyMemory<byte> packet, ref TcpSegment segment)
    {
        var bytes = packet.Span;
        var head = (bytes[0] & 0x0F) * 4;
        if (head < 20 || bytes.Length < head)
            return FrameKind.Other;
        if (bytes[9] != 6)
            return FrameKind.Other;
        if ((Type(bytes, 6) & 0x3FFF) != 0)
            return FrameKind.Fragment;
        int length = Type(bytes, 2);
        // 0: the network card cut it later (TSO).
        return ReadTcp(packet[head..], length == 0 ? bytes.Length - head : length - head,
            new IPAddress(bytes.Slice(12, 4)), new IPAddress(bytes.Slice(16, 4)), ref segment);
    }

    private static FrameKind ReadV6(ReadOnlyMemory<byte> packet, ref TcpSegment segment)
    {
        var bytes = packet.Span;
        if (bytes.Length < 40 || bytes[6] != 6)
            return bytes.Length >= 40 && bytes[6] == 44 ? FrameKind.Fragment : FrameKind.Other;
        int length = Type(bytes, 4);
        return ReadTcp(packet[40..], length == 0 ? bytes.Length - 40 : length,
            new IPAddress(bytes.Slice(8, 16)), new IPAddress(bytes.Slice(24, 16)), ref segment);
    }

    private static FrameKind ReadTcp(ReadOnlyMemory<byte> packet, int length, IPAddress from, IPAddress to, ref TcpSegment segment)
    {
        var bytes = packet.Span;
        if (bytes.Length < 20 || length < 20)
            return FrameKind.Other;
        var head = (bytes[12] >> 4) * 4;
        if (head < 20 || head > length || bytes.Length < head)
            return FrameKind.Other;
        var isCut = bytes.Length < length; // What is behind it, in a short Ethernet frame, is padding.
        segment = new TcpSegment(new(from, Type(bytes, 0)), new(to, Type(bytes, 2)), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), bytes[13],
            isCut ? default : packet[head..length]);
        return isCut ? FrameKind.CutShort : FrameKind.Tcp;
    }

    private static ushort Type(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
}
