using System.Buffers.Binary;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Commands;

/// <summary>The beginning of MariaDB's COM_STMT_BULK_EXECUTE: everything before the rows of values.</summary>
/// <remarks>https://mariadb.com/docs/server/reference/clientserver-protocol/3-binary-protocol-prepared-statements/com_stmt_bulk_execute</remarks>
public readonly ref struct BulkHead
{
    private const int FlagsAt = 1 + 4;

    // The command, the number and the flags.
    private const int TypesAt = 1 + 4 + 2;

    private const ushort HasTypesFlag = 0x80;

    private readonly ReadOnlySpan<byte> _fixed;

    private BulkHead(ReadOnlySpan<byte> payload, int parameters)
    {
        var reader = new FieldReader(payload);
        _fixed = reader.Bytes(TypesAt);
        if (reader.IsValid && (BinaryPrimitives.ReadUInt16LittleEndian(_fixed[FlagsAt..]) & HasTypesFlag) != 0)
        {
            HasTypes = true;
            Types = reader.Bytes(parameters * 2);
        }
        IsValid = reader.IsValid;
        ValuesAt = payload.Length - reader.Rest.Length;
    }

    /// <summary>Whether all of it is here.</summary>
    public bool IsValid { get; }

    /// <summary>Whether it tells the types; otherwise they are those of the execution before.</summary>
    public bool HasTypes { get; }

    /// <summary>The types, two bytes for each parameter.</summary>
    public ReadOnlySpan<byte> Types { get; }

    /// <summary>Where the values begin in the payload.</summary>
    public int ValuesAt { get; }

    /// <summary>Reads the payload of an execution of a statement with so many parameters.</summary>
    public static BulkHead Read(ReadOnlySpan<byte> payload, int parameters) => new(payload, parameters);

    /// <summary>Writes it with types.</summary>
    public void Write(PacketWriter writer, ReadOnlySpan<byte> types) => writer.Raw(_fixed[..FlagsAt])
        .Int2((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(_fixed[FlagsAt..]) | HasTypesFlag)).Raw(types);
}
