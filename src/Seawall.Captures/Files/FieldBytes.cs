using System.Buffers.Binary;
using System.Text;

namespace Seawall.Captures.Files;

/// <summary>Bytes that grow: fields are written behind one another. Numbers take as many bytes as they need.</summary>
internal sealed class FieldBytes
{
    private byte[] _bytes = new byte[4096];

    /// <summary>How many there are.</summary>
    internal int Length { get; private set; }

    /// <summary>What was written.</summary>
    internal ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Forgets everything.</summary>
    internal void Clear() => Length = 0;

    internal void Byte(byte value) => Room(1)[0] = value;

    internal void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    internal void Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)(value | 0x80));
        Byte((byte)value);
    }

    /// <summary>A number that is as likely large as small: a hash.</summary>
    internal void Whole(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Room(8), value);

    /// <summary>A length and as many bytes: no more of them than <paramref name="max"/>.</summary>
    internal void Bytes(ReadOnlySpan<byte> bytes, int max)
    {
        bytes = bytes[..Math.Min(bytes.Length, max)];
        Number((ulong)bytes.Length);
        Raw(bytes);
    }

    internal void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    internal void Word(string text, int max = CaptureLimits.WordBytes)
    {
        if (text.Length > max)
            text = text[..max];
        Bytes(Encoding.UTF8.GetBytes(text), max);
    }

    /// <summary>A place for a length that is known later.</summary>
    internal int Reserve4()
    {
        Room(4).Clear();
        return Length - 4;
    }

    /// <summary>Fills it.</summary>
    internal void Fill4(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}

/// <summary>Reads fields; after one that does not fit, everything reads as zero or empty.</summary>
internal ref struct FieldsOf(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether every field so far was there.</summary>
    internal bool IsValid { get; private set; } = true;

    internal byte Byte() => Raw(1) is [var value] ? value : (byte)0;

    internal bool Flag() => Byte() != 0;

    internal ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        Spoil();
        return 0;
    }

    internal uint Number4() => (uint)Math.Min(Number(), uint.MaxValue);

    internal ushort Number2() => (ushort)Math.Min(Number(), ushort.MaxValue);

    internal ulong Whole() => Raw(8) is { Length: 8 } eight ? BinaryPrimitives.ReadUInt64LittleEndian(eight) : 0;

    internal ReadOnlySpan<byte> Bytes(int max)
    {
        var length = Number();
        if (length <= (ulong)max)
            return Raw((int)length);
        Spoil();
        return default;
    }

    internal string Word(int max = CaptureLimits.WordBytes) => Encoding.UTF8.GetString(Bytes(max));

    /// <summary>A value that has a name; spoils the record otherwise.</summary>
    internal T Named<T>()
        where T : unmanaged, Enum
    {
        var value = (T)Enum.ToObject(typeof(T), Byte());
        if (!Enum.IsDefined(value))
            Spoil();
        return value;
    }

    private ReadOnlySpan<byte> Raw(int count)
    {
        if (!IsValid || (uint)count > (uint)_rest.Length)
        {
            Spoil();
            return default;
        }
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private void Spoil()
    {
        IsValid = false;
        _rest = default;
    }
}
