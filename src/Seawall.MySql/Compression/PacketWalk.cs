using Seawall.MySql.Framing;

namespace Seawall.MySql.Compression;

/// <summary>Finds the headers of packets in a stream that goes by in pieces, which end wherever they like.</summary>
internal struct PacketWalk
{
    private int _left;
    private int _length;
    private int _seen;
    private bool _wasFull;

    /// <summary>Whether the next byte begins a packet of its own, and not the rest of one of 16 MiB and more.</summary>
    internal readonly bool IsBetween => IsAtHeader && !_wasFull;

    /// <summary>Whether the next byte begins a header.</summary>
    internal readonly bool IsAtHeader => _left == 0 && _seen == 0;

    /// <summary>Goes over what remains of the present packet.</summary>
    internal void SkipPayload(int length, ref int at)
    {
        var count = Math.Min(_left, length - at);
        at += count;
        _left -= count;
    }

    /// <summary>Goes over a header; where in the bytes the packet's number is, or -1 when it has not come yet.</summary>
    internal int Header(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (at < bytes.Length && _seen < PacketHeader.Size - 1)
            _length |= bytes[at++] << (8 * _seen++);
        if (at == bytes.Length)
            return -1;
        _left = _length;
        _wasFull = _length == PacketHeader.LengthMax;
        _length = _seen = 0;
        return at++;
    }
}
