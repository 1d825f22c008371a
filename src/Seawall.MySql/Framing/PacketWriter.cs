using System.Buffers.Binary;
using System.Text;

namespace Seawall.MySql.Framing;

/// <summary>
/// Builds packets one after another in a buffer that grows and is used again, so that a steady state allocates nothing.
/// Not thread-safe: each loop has its own.
/// </summary>
public sealed class PacketWriter
{
    /// <summary>A buffer that grew beyond this is let go at <see cref="Clear"/>: one large answer must not stay for ever.</summary>
    private const int KeptBytes = 256 * 1024;

    private byte[] _buffer = new byte[512];
    private int _length;
    private int _packetStart = -1;
    private byte _sequence;

    /// <summary>The packets written so far, headers included.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    /// <summary>The payload of the packet that is being written.</summary>
    public ReadOnlySpan<byte> OpenPayload => _buffer.AsSpan(_packetStart + PacketHeader.Size, PayloadLength);

    /// <summary>The sequence number that the next packet would have.</summary>
    public byte NextSequence => _sequence;

    private int PayloadLength => _length - _packetStart - PacketHeader.Size;

    /// <summary>Forgets everything written.</summary>
    public PacketWriter Clear()
    {
        if (_buffer.Length > KeptBytes)
            _buffer = new byte[512];
        _length = 0;
        _packetStart = -1;
        return this;
    }

    /// <summary>Begins a packet.</summary>
    public PacketWriter Begin(byte sequence)
    {
        _sequence = sequence;
        return BeginNext();
    }

    /// <summary>Begins the packet after the last one.</summary>
    public PacketWriter BeginNext()
    {
        _packetStart = _length;
        _ = Take(PacketHeader.Size);
        return this;
    }

    /// <summary>
    /// Ends the packet. A payload of 16 MiB - 1 or more is cut as the protocol wants it; the bytes are moved for that,
    /// which only the largest statements pay.
    /// </summary>
    public PacketWriter End()
    {
        var start = _packetStart;
        var left = PayloadLength;
        while (left >= PacketHeader.LengthMax)
        {
            PacketHeader.Write(_buffer.AsSpan(start), PacketHeader.LengthMax, _sequence++);
            start += PacketHeader.Size + PacketHeader.LengthMax;
            left -= PacketHeader.LengthMax;
            _ = Take(PacketHeader.Size);
            _buffer.AsSpan(start, left).CopyTo(_buffer.AsSpan(start + PacketHeader.Size));
        }
        PacketHeader.Write(_buffer.AsSpan(start), left, _sequence++);
        _packetStart = -1;
        return this;
    }

    /// <summary>Ends the packet of which only the beginning is here: it will be <paramref name="length"/> long, in one packet.</summary>
    public PacketWriter End(int length)
    {
        PacketHeader.Write(_buffer.AsSpan(_packetStart), length, _sequence++);
        _packetStart = -1;
        return this;
    }

    /// <summary>Takes back the packet that is being written, as if it had not been begun.</summary>
    public PacketWriter Cancel()
    {
        _length = _packetStart;
        _packetStart = -1;
        return this;
    }

    /// <summary>int&lt;1&gt;</summary>
    public PacketWriter Int1(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    /// <summary>int&lt;2&gt;</summary>
    public PacketWriter Int2(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);
        return this;
    }

    /// <summary>int&lt;3&gt;</summary>
    public PacketWriter Int3(int value)
    {
        var bytes = Take(3);
        bytes[0] = (byte)value;
        bytes[1] = (byte)(value >> 8);
        bytes[2] = (byte)(value >> 16);
        return this;
    }

    /// <summary>int&lt;4&gt;</summary>
    public PacketWriter Int4(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);
        return this;
    }

    /// <summary>int&lt;8&gt;</summary>
    public PacketWriter Int8(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);
        return this;
    }

    /// <summary>int&lt;lenenc&gt;</summary>
    public PacketWriter LengthEncoded(ulong value) => value switch
    {
        < 0xFB => Int1((byte)value),
        <= 0xFFFF => Int1(0xFC).Int2((ushort)value),
        <= 0xFFFFFF => Int1(0xFD).Int3((int)value),
        _ => Int1(0xFE).Int8(value),
    };

    /// <summary>string&lt;fix&gt; or string&lt;EOF&gt;</summary>
    public PacketWriter Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    /// <summary>string&lt;EOF&gt; of text, as UTF-8.</summary>
    public PacketWriter Text(ReadOnlySpan<char> text)
    {
        _ = Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetByteCount(text)));
        return this;
    }

    /// <summary>string&lt;lenenc&gt;</summary>
    public PacketWriter LengthEncodedBytes(ReadOnlySpan<byte> bytes) => LengthEncoded((ulong)bytes.Length).Raw(bytes);

    /// <summary>string&lt;lenenc&gt; of text, as UTF-8.</summary>
    public PacketWriter LengthEncodedText(ReadOnlySpan<char> text) =>
        LengthEncoded((ulong)Encoding.UTF8.GetByteCount(text)).Text(text);

    /// <summary>string&lt;NUL&gt;</summary>
    public PacketWriter NulTerminated(ReadOnlySpan<byte> bytes) => Raw(bytes).Int1(0);

    /// <summary>Filler.</summary>
    public PacketWriter Zeros(int count)
    {
        Take(count).Clear();
        return this;
    }

    /// <summary>Takes back the last bytes of the packet that is being written: a separator too many.</summary>
    public PacketWriter DropLast(int count)
    {
        _length -= Math.Min(count, PayloadLength);
        return this;
    }

    /// <summary>Packets that are ready as they are, headers included.</summary>
    public PacketWriter Packets(ReadOnlySpan<byte> packets) => Raw(packets);

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, checked(_length + count)));
        var bytes = _buffer.AsSpan(_length, count);
        _length += count;
        return bytes;
    }
}
