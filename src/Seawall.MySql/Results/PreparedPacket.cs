using System.Buffers.Binary;
using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>"Prepared": the first packet of the answer to COM_STMT_PREPARE.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html</remarks>
public readonly record struct PreparedPacket(
    bool IsValid, uint StatementId, ushort Columns, ushort Parameters, ushort Warnings, bool OmitsMetadata)
{
    private const int StatementIdAt = 1;

    /// <summary>Reads a payload.</summary>
    public static PreparedPacket Read(ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload);
        var first = reader.Int1();
        var id = reader.Int4();
        var columns = reader.Int2();
        var parameters = reader.Int2();
        _ = reader.Int1();
        var warnings = reader.IsAtEnd ? (ushort)0 : reader.Int2(); // The documentation has it only "if packet_length > 12".
        // Where the ends agreed that definitions may be left out, a byte says whether they are.
        var omits = !reader.IsAtEnd && reader.Int1() == 0;
        return new(reader.IsValid && first == OkPacket.Header, id, columns, parameters, warnings, omits);
    }

    /// <summary>Puts another number into a valid payload.</summary>
    public static void Renumber(Span<byte> payload, uint statementId) =>
        BinaryPrimitives.WriteUInt32LittleEndian(payload[StatementIdAt..], statementId);
}
