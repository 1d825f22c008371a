using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;

namespace Seawall.MySql.Results;

/// <summary>
/// Writes a result with rows as text: columns, rows, end, in the form that a client with these capabilities expects. The
/// packets' numbers go on over <see cref="PacketWriter.Clear"/>, so a long result can be sent in pieces.
/// </summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
/// </remarks>
public readonly struct ResultSetWriter(PacketWriter writer, Capabilities capabilities)
{
    /// <summary>In place of a length: there is no value.</summary>
    private const byte Null = 0xFB;

    private bool DeprecatesEof => capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Writes what comes before the rows; <paramref name="sequence"/> is the number of the first packet.</summary>
    public void Begin(IReadOnlyList<ResultColumn> columns, byte sequence, ServerStatus status)
    {
        writer.Begin(sequence).LengthEncoded((ulong)columns.Count).End();
        foreach (var column in columns)
        {
            writer.BeginNext();
            column.Write(writer);
            writer.End();
        }
        if (DeprecatesEof)
            return;
        writer.BeginNext();
        EofPacket.Write(writer, 0, status);
        writer.End();
    }

    /// <summary>Writes a row: a value for each column, null for NULL.</summary>
    public void Row(IReadOnlyList<string?> values)
    {
        writer.BeginNext();
        foreach (var value in values)
        {
            if (value is null)
                writer.Int1(Null);
            else
                writer.LengthEncodedText(value);
        }
        writer.End();
    }

    /// <summary>Writes what comes after the rows.</summary>
    public void End(ServerStatus status, ushort warnings)
    {
        writer.BeginNext();
        if (DeprecatesEof)
            OkPacket.Write(writer, OkPacket.EndHeader, 0, 0, status, warnings, default, default, capabilities);
        else
            EofPacket.Write(writer, warnings, status);
        writer.End();
    }
}
