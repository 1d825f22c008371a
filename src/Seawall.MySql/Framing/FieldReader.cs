using System.Buffers.Binary;

namespace Seawall.MySql.Framing;

/// <summary>
/// Reads the fields of one packet's payload. Bytes come from strangers: nothing here throws. Read what should be there,
/// then ask <see cref="IsValid"/> once; after a field that did not fit, everything reads as zero or empty.
/// </summary>
/// <remarks>Types: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html</remarks>
public ref struct FieldReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads from <paramref name="payload"/>.</summary>
    public FieldReader(ReadOnlySpan<byte> payload)
    {
        _rest = payload;
        IsValid = true;
    }

    /// <summary>Whether every field so far was there.</summary>
    public bool IsValid { get; private set; }

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>int&lt;1&gt;</summary>
    public byte Int1() => Bytes(1) is [var value] ? value : (byte)0;

    /// <summary>int&lt;2&gt;</summary>
    public ushort Int2() => Bytes(2) is { Length: 2 } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;

    /// <summary>int&lt;3&gt;</summary>
    public int Int3() => Bytes(3) is [var low, var middle, var high] ? low | (middle << 8) | (high << 16) : 0;

    /// <summary>int&lt;4&gt;</summary>
    public uint Int4() => Bytes(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;

    /// <summary>int&lt;8&gt;</summary>
    public ulong Int8() => Bytes(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    /// <summary>int&lt;lenenc&gt;; 0xFB (NULL) and 0xFF (ERR) are no numbers and make the reader invalid.</summary>
    public ulong LengthEncoded()
    {
        var first = Int1();
        switch (first)
        {
            case < 0xFB:
                return first;
            case 0xFC:
                return Int2();
            case 0xFD:
                return (ulong)Int3();
            case 0xFE:
                return Int8();
            default:
                Fail();
                return 0;
        }
    }

    /// <summary>string&lt;fix&gt;</summary>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)_rest.Length)
        {
            Fail();
            return default;
        }
        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    /// <summary>string&lt;lenenc&gt;</summary>
    public ReadOnlySpan<byte> LengthEncodedBytes()
    {
        var length = LengthEncoded();
        return length <= (ulong)_rest.Length ? Bytes((int)length) : Bytes(int.MaxValue);
    }

    /// <summary>string&lt;NUL&gt;; without the NUL.</summary>
    public ReadOnlySpan<byte> NulTerminated()
    {
        var length = _rest.IndexOf((byte)0);
        if (length < 0)
        {
            Fail();
            return default;
        }
        var bytes = _rest[..length];
        _rest = _rest[(length + 1)..];
        return bytes;
    }

    /// <summary>string&lt;NUL&gt; whose NUL may be missing at the end of the packet, as some clients send it.</summary>
    public ReadOnlySpan<byte> NulTerminatedOrRest() => _rest.Contains((byte)0) ? NulTerminated() : Bytes(_rest.Length);

    /// <summary>string&lt;EOF&gt;</summary>
    public ReadOnlySpan<byte> ToEnd() => Bytes(_rest.Length);

    private void Fail()
    {
        IsValid = false;
        _rest = default;
    }
}
