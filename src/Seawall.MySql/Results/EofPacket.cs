using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>The old end of columns and rows, for ends that have not agreed on OK instead.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_eof_packet.html</remarks>
public readonly record struct EofPacket(ushort Warnings, ServerStatus Status)
{
    /// <summary>
    /// A payload this long or longer that begins with 0xFE is no EOF packet: it is a row whose first column is at least
    /// 16 MiB long, or an OK packet that ends rows.
    /// </summary>
    public const int LengthLimit = 9;

    /// <summary>Reads a payload that is known to be an EOF packet; short ones read as zero.</summary>
    public static EofPacket Read(ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload);
        _ = reader.Int1();
        return new(reader.Int2(), (ServerStatus)reader.Int2());
    }

    /// <summary>
    /// Writes a payload. <paramref name="tellsOfChange"/>: MariaDB says here too that there is a report, which it does not send.
    /// </summary>
    public static void Write(PacketWriter writer, ushort warnings, ServerStatus status, bool tellsOfChange = false) => writer
        .Int1(OkPacket.EndHeader).Int2(warnings)
        .Int2((ushort)(status & ~ServerStatus.SessionStateChanged | (tellsOfChange ? ServerStatus.SessionStateChanged : 0)));
}
