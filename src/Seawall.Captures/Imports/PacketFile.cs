using System.Buffers.Binary;

namespace Seawall.Captures.Imports;

/// <summary>Reads the frames of a packet capture: pcap and pcapng, of either byte order. Never throws but what the stream throws.</summary>
/// <remarks>https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html, draft-ietf-opsawg-pcap</remarks>
internal sealed class PacketFile
{
    private const int FrameMax = 256 * 1024;
    private const int InterfacesMax = 1024;
    private const uint BlockMax = FrameMax + 1024;

    private readonly Stream _from;
    private readonly List<(int Link, double UsPerTick)> _interfaces = [];
    private byte[] _bytes = new byte[4096];
    private bool _isBig;
    private bool _isNg;

    private PacketFile(Stream from) => _from = from;

    /// <summary>What kind of frames these are, by the number of tcpdump.org's list.</summary>
    internal int Link { get; private set; }

    /// <summary>When the present frame was seen.</summary>
    internal long AtUs { get; private set; }

    /// <summary>The present frame, as far as it was captured.</summary>
    internal ReadOnlyMemory<byte> Frame { get; private set; }

    /// <summary>Why the rest cannot be read; null at the end of the file.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Begins; null when it is no packet capture.</summary>
    internal static PacketFile? Open(Stream from)
    {
        var file = new PacketFile(from);
        if (!file.Take(4))
            return null;
        var magic = BinaryPrimitives.ReadUInt32BigEndian(file._bytes);
        switch (magic)
        {
            case 0x0A0D0D0A:
                file._isNg = true;
                return file.ReadSection() ? file : null;
            case 0xA1B2C3D4 or 0xA1B23C4D or 0xD4C3B2A1 or 0x4D3CB2A1:
                file._isBig = magic is 0xA1B2C3D4 or 0xA1B23C4D;
                if (!file.Take(20))
                    return null;
                file._interfaces.Add(((int)file.Number(16) & 0xFFFF, magic is 0xA1B2C3D4 or 0xD4C3B2A1 ? 1 : 0.001));
                return file;
            default:
                return null;
        }
    }

    /// <summary>Goes to the next frame; false at the end.</summary>
    internal bool Next() => Problem is null && (_isNg ? NextBlock() : NextRecord());

    private bool NextRecord()
    {
        if (!Take(16))
            return false;
        var (seconds, part, captured) = (Number(0), Number(4), Number(8));
        if (captured > FrameMax)
            return Fail("a frame of more than 256 KiB");
        if (!Take((int)captured))
            return Fail("it breaks off in the middle of a frame");
        (Link, AtUs) = (_interfaces[0].Link, (seconds * 1_000_000L) + (long)(part * _interfaces[0].UsPerTick));
        Frame = _bytes.AsMemory(0, (int)captured);
        return true;
    }

    private bool NextBlock()
    {
        while (Take(8))
        {
            var type = Number(0);
            if (BinaryPrimitives.ReadUInt32BigEndian(_bytes) == 0x0A0D0D0A)
            {
                if (!ReadSection(_bytes.AsSpan(4, 4)))
                    return Fail("a section that makes no sense");
                continue;
            }
            var length = Number(4);
            if (length is < 12 or > BlockMax || length % 4 != 0)
                return Fail("a block whose length makes no sense");
            if (!Take((int)length - 8))
                return Fail("it breaks off in the middle of a block");
            if (type == 1)
                AddInterface((int)length - 12);
            else if (type == 6 && TryEnhanced((int)length - 12))
                return true;
        }
        return false;
    }

    // Behind the type: the length, then the mark of the byte order.
    private bool ReadSection(ReadOnlySpan<byte> length = default)
    {
        Span<byte> head = stackalloc byte[4];
        if (length.IsEmpty)
        {
            if (!Take(4))
                return false;
            _bytes.AsSpan(0, 4).CopyTo(head);
        }
        else
        {
            length.CopyTo(head);
        }
        if (!Take(4))
            return false;
        var mark = BinaryPrimitives.ReadUInt32BigEndian(_bytes);
        if (mark is not (0x1A2B3C4D or 0x4D3C2B1A))
            return false;
        _isBig = mark == 0x1A2B3C4D;
        var bytes = _isBig ? BinaryPrimitives.ReadUInt32BigEndian(head) : BinaryPrimitives.ReadUInt32LittleEndian(head);
        _interfaces.Clear();
        return bytes is >= 28 and <= BlockMax && Take((int)bytes - 12);
    }

    private void AddInterface(int length)
    {
        if (length < 8 || _interfaces.Count >= InterfacesMax)
            return;
        var usPerTick = 1.0;
        for (var at = 8; at + 4 <= length;)
        {
            var (code, size) = (Short(at), Short(at + 2));
            if (code == 9 && size >= 1 && at + 4 < length)
                usPerTick = 1e6 / ((_bytes[at + 4] & 0x80) != 0 ? Math.Pow(2, _bytes[at + 4] & 0x7F) : Math.Pow(10, _bytes[at + 4]));
            at += 4 + ((size + 3) & ~3);
        }
        _interfaces.Add((Short(0), usPerTick));
    }

    private bool TryEnhanced(int length)
    {
        if (length < 20 || Number(0) >= _interfaces.Count)
            return false;
        var (link, usPerTick) = _interfaces[(int)Number(0)];
        var captured = Number(12);
        if (captured > length - 20)
            return false;
        var ticks = ((ulong)Number(4) << 32) | Number(8);
        (Link, AtUs) = (link, (long)Math.Min(ticks * usPerTick, 9e18));
        Frame = _bytes.AsMemory(20, (int)captured);
        return true;
    }

    private bool Fail(string problem)
    {
        Problem = problem;
        return false;
    }

    private bool Take(int count)
    {
        if (_bytes.Length < count)
            _bytes = new byte[count];
        return _from.ReadAtLeast(_bytes.AsSpan(0, count), count, throwOnEndOfStream: false) == count;
    }

    private uint Number(int at) => _isBig
        ? BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));

    private ushort Short(int at) => _isBig
        ? BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));
}
