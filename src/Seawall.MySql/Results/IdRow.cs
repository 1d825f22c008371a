using System.Buffers.Binary;
using System.Buffers.Text;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>Puts another number of a connection into rows that have it, in columns that are known to be that number.</summary>
public static class IdRow
{
    private const byte Null = 0xFB;

    // Collation, width, type, flags, decimals and two unused bytes, at the end of each definition.
    private const int FixedLength = 12;

    /// <summary>The type of a column, from its definition; 0 when it makes no sense.</summary>
    public static byte TypeOf(ReadOnlySpan<byte> definition)
    {
        // From the end: names, and at MariaDB more than names, are before. Behind it are flags, decimals and two unused bytes.
        return definition.Length > FixedLength ? definition[^6] : (byte)0;
    }

    /// <summary>
    /// Writes a row of text anew; false, with nothing written, when none of the columns has the number
    /// <paramref name="from"/>.
    /// </summary>
    public static bool TryWriteText(PacketWriter writer, byte sequence, ReadOnlySpan<byte> row, ulong columns, uint from, uint to)
    {
        if (!HasInText(row, columns, from))
            return false;
        Span<byte> number = stackalloc byte[10];
        Utf8Formatter.TryFormat(to, number, out var length);
        writer.Begin(sequence);
        var reader = new FieldReader(row);
        for (var column = 0; !reader.IsAtEnd; column++)
        {
            var value = TakeText(ref reader, out var isNull);
            if (isNull)
                writer.Int1(Null);
            else
                writer.LengthEncodedBytes(IsAmong(columns, column) && IsNumber(value, from) ? number[..length] : value);
        }
        writer.End();
        return true;
    }

    /// <summary>Changes a row of binary values in place.</summary>
    public static void ChangeBinary(Span<byte> row, ReadOnlySpan<byte> types, ulong columns, uint from, uint to)
    {
        var bitmapLength = (types.Length + 2 + 7) / 8;
        var reader = new FieldReader(row);
        _ = reader.Int1();
        var nulls = reader.Bytes(bitmapLength);
        for (var column = 0; column < types.Length && reader.IsValid; column++)
        {
            if (!nulls.IsEmpty && (nulls[(column + 2) / 8] & (1 << ((column + 2) % 8))) != 0)
                continue;
            var value = TakeBinary(ref reader, types[column]);
            if (!reader.IsValid || !IsAmong(columns, column) || value.Length is not (4 or 8))
                continue;
            var at = row.Length - reader.Rest.Length - value.Length;
            if (BinaryPrimitives.ReadUInt32LittleEndian(value) == from && !value[4..].ContainsAnyExcept((byte)0))
                BinaryPrimitives.WriteUInt32LittleEndian(row[at..], to);
        }
    }

    private static bool HasInText(ReadOnlySpan<byte> row, ulong columns, uint from)
    {
        var reader = new FieldReader(row);
        var isThere = false;
        for (var column = 0; !reader.IsAtEnd; column++)
        {
            var value = TakeText(ref reader, out var isNull);
            isThere |= !isNull && IsAmong(columns, column) && IsNumber(value, from);
        }
        return isThere && reader.IsValid;
    }

    private static ReadOnlySpan<byte> TakeText(ref FieldReader reader, out bool isNull)
    {
        isNull = reader.Rest is [Null, ..];
        if (!isNull)
            return reader.LengthEncodedBytes();
        _ = reader.Int1();
        return default;
    }

    // By the numbers of the protocol; everything else has its length before it.
    private static ReadOnlySpan<byte> TakeBinary(ref FieldReader reader, byte type) => type switch
    {
        0x01 => reader.Bytes(1),
        0x02 or 0x0D => reader.Bytes(2),
        0x03 or 0x04 or 0x09 => reader.Bytes(4),
        0x05 or 0x08 => reader.Bytes(8),
        0x06 => default,
        _ => reader.LengthEncodedBytes(),
    };

    private static bool IsAmong(ulong columns, int column) => column < 64 && (columns & (1UL << column)) != 0;

    private static bool IsNumber(ReadOnlySpan<byte> value, uint number) =>
        Utf8Parser.TryParse(value, out uint read, out var length) && length == value.Length && read == number;
}
