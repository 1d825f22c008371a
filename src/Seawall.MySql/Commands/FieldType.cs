using Seawall.MySql.Framing;

namespace Seawall.MySql.Commands;

/// <summary>The type of a value in the binary form; those that are not named here are strings.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html</remarks>
public enum FieldType : ushort
{
    /// <summary>A length and as many digits.</summary>
    Decimal = 0,

    /// <summary>One byte.</summary>
    Tiny = 1,

    /// <summary>Two bytes.</summary>
    Short = 2,

    /// <summary>Four bytes.</summary>
    Long = 3,

    /// <summary>Four bytes.</summary>
    Float = 4,

    /// <summary>Eight bytes.</summary>
    Double = 5,

    /// <summary>No bytes.</summary>
    Null = 6,

    /// <summary>A length and as many bytes.</summary>
    Timestamp = 7,

    /// <summary>Eight bytes.</summary>
    LongLong = 8,

    /// <summary>A length and as many bytes.</summary>
    Date = 10,

    /// <summary>A length and as many bytes.</summary>
    Time = 11,

    /// <summary>A length and as many bytes.</summary>
    DateTime = 12,

    /// <summary>Reserved: no server takes a value of it.</summary>
    Bool = 244,

    /// <summary>A length and as many digits.</summary>
    NewDecimal = 246,
}

/// <summary>Values in the binary form.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html</remarks>
public static class FieldTypes
{
    /// <summary>The bytes of a value of this type, without the length before them; makes the reader invalid if there are none.</summary>
    public static ReadOnlySpan<byte> ReadBinary(this FieldType type, scoped ref FieldReader reader) => type switch
    {
        FieldType.Tiny => reader.Bytes(1),
        FieldType.Short => reader.Bytes(2),
        FieldType.Long or FieldType.Float => reader.Bytes(4),
        FieldType.Double or FieldType.LongLong => reader.Bytes(8),
        FieldType.Null => default,
        FieldType.Bool => reader.Bytes(int.MaxValue),
        FieldType.Decimal or FieldType.NewDecimal or FieldType.Timestamp or FieldType.Date or FieldType.Time
            or FieldType.DateTime => reader.LengthEncodedBytes(),
        _ => ReadString(ref reader),
    };

    // A string that says that it is longer than the packet has what is left, as MySQL (9.7.4) reads it.
    private static ReadOnlySpan<byte> ReadString(scoped ref FieldReader reader)
    {
        if (reader.Rest is [0xFB, ..])
            return reader.ToEnd()[1..];
        var length = reader.LengthEncoded();
        return reader.Bytes((int)Math.Min(length, (ulong)reader.Rest.Length));
    }
}
