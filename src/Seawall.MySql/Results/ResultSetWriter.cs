using System.Globalization;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;

namespace Seawall.MySql.Results;

/// <summary>
/// Writes a result: columns, rows as text or as executions have them, end, in the form that a client with these capabilities expects.
/// The packets' numbers go on over <see cref="PacketWriter.Clear"/>, so a long result can be sent in pieces.
/// </summary>
/// <remarks>
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html,
/// https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html
/// </remarks>
public readonly struct ResultSetWriter(PacketWriter writer, Capabilities capabilities)
{
    /// <summary>In place of a length: there is no value.</summary>
    private const byte Null = 0xFB;

    /// <summary>Column definitions follow: said where the two ends agreed that they may be left out.</summary>
    private const byte HasDefinitions = 1;

    /// <summary>The bit of the first column in a binary row's map of NULLs.</summary>
    private const int FirstNullBit = 2;

    private bool DeprecatesEof => capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Writes what comes before the rows; <paramref name="sequence"/> is the number of the first packet.</summary>
    public void Begin(IReadOnlyList<ResultColumn> columns, byte sequence, ServerStatus status)
    {
        writer.Begin(sequence).LengthEncoded((ulong)columns.Count);
        if (capabilities.HasFlag(Capabilities.OptionalMetadata))
            writer.Int1(HasDefinitions);
        writer.End();
        Define(columns, status);
    }

    /// <summary>Writes the whole answer to the preparation of a statement that gives such columns.</summary>
    /// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html</remarks>
    public void Prepared(uint id, IReadOnlyList<ResultColumn> parameters, IReadOnlyList<ResultColumn> columns, byte sequence, ServerStatus status)
    {
        writer.Begin(sequence).Int1(OkPacket.Header).Int4(id).Int2((ushort)columns.Count).Int2((ushort)parameters.Count).Int1(0).Int2(0);
        if (capabilities.HasFlag(Capabilities.OptionalMetadata))
            writer.Int1(HasDefinitions);
        writer.End();
        if (parameters.Count > 0)
            Define(parameters, status);
        if (columns.Count > 0)
            Define(columns, status);
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

    /// <summary>Writes a row as the answer to an execution has it, of columns of text and of whole numbers.</summary>
    public void BinaryRow(IReadOnlyList<ResultColumn> columns, IReadOnlyList<string?> values)
    {
        writer.BeginNext().Int1(OkPacket.Header);
        for (var from = 0; from < values.Count + FirstNullBit; from += 8)
        {
            var bits = 0;
            for (var bit = 0; bit < 8; bit++)
                bits |= from + bit - FirstNullBit is >= 0 and var i && i < values.Count && values[i] is null ? 1 << bit : 0;
            writer.Int1((byte)bits);
        }
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is not { } value)
                continue;
            if (columns[i].Kind == ColumnKind.Number)
                writer.Int8((ulong)long.Parse(value, CultureInfo.InvariantCulture));
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

    private void Define(IReadOnlyList<ResultColumn> columns, ServerStatus status)
    {
        foreach (var column in columns)
        {
            writer.BeginNext();
            column.Write(writer, capabilities.HasFlag(Capabilities.MariaDbExtendedMetadata));
            writer.End();
        }
        if (DeprecatesEof)
            return;
        writer.BeginNext();
        EofPacket.Write(writer, 0, status);
        writer.End();
    }
}
