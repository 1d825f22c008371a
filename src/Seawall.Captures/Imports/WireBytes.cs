using Seawall.MySql.Framing;

namespace Seawall.Captures.Imports;

/// <summary>Bytes of one direction that were not read yet.</summary>
internal sealed class WireBytes
{
    private byte[] _bytes = [];
    private int _from;
    private int _until;

    /// <summary>All of them; whoever reads them may write on them.</summary>
    internal Span<byte> Writable => _bytes.AsSpan(_from, _until - _from);

    /// <summary>Adds some; false when there would be too many.</summary>
    internal bool Add(ReadOnlySpan<byte> bytes, int max)
    {
        var length = _until - _from;
        if (length > max)
            return false;
        if (_until + bytes.Length > _bytes.Length)
        {
            var grown = length + bytes.Length > _bytes.Length ? new byte[Math.Max(2 * _bytes.Length, length + bytes.Length)] : _bytes;
            _bytes.AsSpan(_from, length).CopyTo(grown);
            (_bytes, _from, _until) = (grown, 0, length);
        }
        bytes.CopyTo(_bytes.AsSpan(_until));
        _until += bytes.Length;
        return true;
    }

    /// <summary>Takes a whole packet.</summary>
    internal bool TryPacket(out ReadOnlySpan<byte> payload, out byte sequence)
    {
        payload = default;
        sequence = 0;
        var rest = Writable;
        if (rest.Length < PacketHeader.Size)
            return false;
        var length = PacketHeader.LengthOf(rest);
        if (rest.Length - PacketHeader.Size < length)
            return false;
        payload = rest.Slice(PacketHeader.Size, length);
        sequence = rest[3];
        _from += PacketHeader.Size + length;
        return true;
    }

    /// <summary>The first of them have been read.</summary>
    internal void Drop(int count) => _from += count;

    /// <summary>Forgets all.</summary>
    internal void Clear() => _from = _until = 0;
}
