using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>The types of columns that Seawall itself answers with, by the protocol's numbers.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html</remarks>
public enum ColumnKind : byte
{
    /// <summary>DOUBLE.</summary>
    Real = 0x05,

    /// <summary>BIGINT.</summary>
    Number = 0x08,

    /// <summary>DATETIME.</summary>
    DateTime = 0x0C,

    /// <summary>VARCHAR.</summary>
    Text = 0xFD,
}

/// <summary>A column of a result that Seawall itself gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its type.</param>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html
/// </remarks>
public readonly record struct ResultColumn(string Name, ColumnKind Kind)
{
    // From information_schema.COLLATIONS; both are the same in every MySQL and MariaDB.
    private const ushort Utf8Mb4GeneralCi = 45;
    private const ushort Binary = 63;

    /// <summary>Set where bytes are not text in a character set: on numbers and times (BINARY_FLAG).</summary>
    private const ushort BinaryFlag = 128;

    /// <summary>"As many decimals as there are", for DOUBLE.</summary>
    private const byte AnyDecimals = 31;

    /// <summary>How many bytes a text may have, where that is known.</summary>
    public uint? TextBytesMax { get; init; }

    /// <summary>
    /// Writes the definition's payload; with <paramref name="isExtended"/> as MariaDB's clients and servers agree on it, where there is
    /// room for what else is known of a type.
    /// </summary>
    public void Write(PacketWriter writer, bool isExtended = false)
    {
        var isText = Kind == ColumnKind.Text;
        writer.LengthEncodedBytes("def"u8)
            .LengthEncodedBytes(default).LengthEncodedBytes(default).LengthEncodedBytes(default) // Schema, table, its real name.
            .LengthEncodedText(Name).LengthEncodedBytes(default);
        if (isExtended)
            writer.LengthEncodedBytes(default);
        writer.LengthEncoded(12) // The length of what follows.
            .Int2(isText ? Utf8Mb4GeneralCi : Binary).Int4(DisplayLength).Int1((byte)Kind)
            .Int2(isText ? (ushort)0 : BinaryFlag).Int1(Kind == ColumnKind.Real ? AnyDecimals : (byte)0).Int2(0);
    }

    // How wide servers say that such a column may get; clients lay out tables by it.
    private uint DisplayLength => Kind switch
    {
        ColumnKind.Real => 22,
        ColumnKind.Number => 20,
        ColumnKind.DateTime => 19,
        ColumnKind.Text => TextBytesMax ?? 1024,
    };
}
