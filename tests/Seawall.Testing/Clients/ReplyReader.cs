using System.Globalization;
using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;

namespace Seawall.Testing.Clients;

/// <summary>Reads answers as a strict driver does.</summary>
internal sealed class ReplyReader(PacketStream stream, Capabilities capabilities)
{
    // Those of the last columns: values of numbers have no length before them in a binary row.
    private readonly List<FieldType> _types = [];

    private bool DeprecatesEof => capabilities.HasFlag(Capabilities.DeprecateEof);

    private bool Tracks => capabilities.HasFlag(Capabilities.SessionTrack);

    /// <summary>What was wrong with an answer.</summary>
    internal string? Problem { get; private set; }

    internal async LoopTask<Reply> Read(bool isBinary)
    {
        var results = new List<ReplyResult>();
        while (true)
        {
            if (await stream.Read() is not { } first)
                return new Reply(results, IsCut: true);
            // An end where a beginning was due is the answer to COM_SET_OPTION.
            var (result, isCut) = first is [0x00 or 0xFF, ..] ? (ReadOk(first), false)
                : IsEnd(first) ? (ReadEnd(first), false) : await ReadRows(first, isBinary);
            results.Add(result);
            // MySQL forgets at the end of the row of OUT parameters that an OK packet follows.
            const ServerStatus outParameters = ServerStatus.OutParameters | ServerStatus.MoreResults;
            var follow = result.Status.HasFlag(ServerStatus.MoreResults) || result.ColumnsStatus.HasFlag(outParameters);
            if (isCut || result.Error is not null || !follow)
                return new Reply(results, isCut);
        }
    }

    /// <summary>Rows without columns before them: of a fetch.</summary>
    internal async LoopTask<Reply> ReadFetched(int columns)
    {
        var (result, isCut) = await ReadRowsOnly([.. Enumerable.Repeat("", columns)], isBinary: true);
        return new Reply([result], isCut);
    }

    /// <summary>Column definitions up to their end.</summary>
    internal async LoopTask<Reply> ReadFields()
    {
        var names = new List<string>();
        while (await stream.Read() is { } packet)
        {
            if (packet[0] == ErrPacket.Header)
                return new Reply([ReadOk(packet)], false);
            if (IsEnd(packet))
                return new Reply([ReadEnd(packet) with { Columns = names }], false);
            names.Add(ReadColumn(packet));
        }
        return new Reply([new ReplyResult { Columns = names }], IsCut: true);
    }

    internal async LoopTask<PrepareReply> ReadPrepared()
    {
        if (await stream.Read() is not { } first)
            return new PrepareReply(null, 0, 0, 0, IsCut: true);
        if (first[0] == ErrPacket.Header)
            return new PrepareReply(ReadOk(first).Error, 0, 0, 0, false);
        var header = PreparedPacket.Read(first);
        var isWhole = await Skip(header.Parameters) && await Skip(header.Columns);
        return new PrepareReply(null, header.StatementId, header.Parameters, header.Columns, !isWhole);
    }

    internal ReplyResult ReadOk(byte[] packet)
    {
        if (packet[0] == ErrPacket.Header)
        {
            var error = ErrPacket.Read(packet);
            return new ReplyResult
            {
                Error = new(error.Code, Encoding.ASCII.GetString(error.SqlState), Encoding.UTF8.GetString(error.Message)),
            };
        }
        var ok = OkPacket.Read(packet, Tracks);
        if (!ok.IsValid)
            Problem ??= "an OK packet that makes no sense";
        return new ReplyResult
        {
            Status = ok.Status,
            AffectedRows = ok.AffectedRows,
            InsertId = ok.LastInsertId,
            Warnings = ok.Warnings,
            Info = Encoding.UTF8.GetString(ok.Info),
            Changes = ReadChanges(ok.SessionChanges),
        };
    }

    private async LoopTask<(ReplyResult Result, bool IsCut)> ReadRows(byte[] first, bool isBinary)
    {
        var count = (int)new FieldReader(first).LengthEncoded();
        var columns = new List<string>();
        _types.Clear();
        for (var i = 0; i < count; i++)
        {
            if (await stream.Read() is not { } column)
                return (new ReplyResult { Columns = columns }, true);
            if (column[0] == ErrPacket.Header)
                return (ReadOk(column) with { Columns = columns }, false);
            columns.Add(ReadColumn(column));
        }
        var columnsStatus = ServerStatus.None;
        if (!DeprecatesEof)
        {
            if (await stream.Read() is not { } eof)
                return (new ReplyResult { Columns = columns }, true);
            if (!IsEnd(eof))
                Problem ??= "no EOF after the columns";
            var middle = EofPacket.Read(eof);
            columnsStatus = middle.Status;
            if (middle.Status.OpensCursor())
                return (new ReplyResult { Columns = columns, Status = middle.Status }, false);
        }
        var (result, isCut) = await ReadRowsOnly(columns, isBinary);
        // Drivers take what comes after an end without this flag for rows, and do not fetch any more.
        if (!DeprecatesEof && result.Status.OpensCursor())
            Problem ??= "a cursor that was told of only behind the end of its columns";
        return (result with { ColumnsStatus = columnsStatus }, isCut);
    }

    private async LoopTask<(ReplyResult Result, bool IsCut)> ReadRowsOnly(List<string> columns, bool isBinary)
    {
        var rows = new List<string?[]>();
        while (await stream.Read() is { } packet)
        {
            if (packet is [ErrPacket.Header, ..])
                return (ReadOk(packet) with { Columns = columns, Rows = rows }, false);
            if (IsEnd(packet))
                return (ReadEnd(packet) with { Columns = columns, Rows = rows }, false);
            rows.Add(ReadRow(packet, columns.Count, isBinary));
        }
        return (new ReplyResult { Columns = columns, Rows = rows }, true);
    }

    private ReplyResult ReadEnd(byte[] packet)
    {
        if (DeprecatesEof)
            return ReadOk(packet);
        var eof = EofPacket.Read(packet);
        return new ReplyResult { Status = eof.Status, Warnings = eof.Warnings };
    }

    private bool IsEnd(byte[] packet) =>
        packet is [OkPacket.EndHeader, ..] && packet.Length < (DeprecatesEof ? PacketHeader.LengthMax : EofPacket.LengthLimit);

    private string?[] ReadRow(byte[] packet, int columns, bool isBinary)
    {
        var reader = new FieldReader(packet);
        var row = new string?[columns];
        ReadOnlySpan<byte> nulls = default;
        if (isBinary)
        {
            if (reader.Int1() != 0)
                Problem ??= "a binary row that begins with something else than 0";
            nulls = reader.Bytes((columns + 9) / 8);
        }
        for (var i = 0; i < columns; i++)
        {
            var isNull = isBinary ? (nulls[(i + 2) / 8] & (1 << ((i + 2) % 8))) != 0 : reader.Rest is [0xFB, ..];
            if (!isNull && isBinary && i < _types.Count && _types[i] == FieldType.LongLong)
                row[i] = ((long)reader.Int8()).ToString(CultureInfo.InvariantCulture);
            else if (!isNull)
                row[i] = Encoding.UTF8.GetString(reader.LengthEncodedBytes());
            else if (!isBinary)
                _ = reader.Int1();
        }
        if (!reader.IsValid || !reader.IsAtEnd)
            Problem ??= "a row that is longer or shorter than its columns";
        return row;
    }

    private string ReadColumn(byte[] packet)
    {
        var reader = new FieldReader(packet);
        for (var i = 0; i < 4; i++)
            reader.LengthEncodedBytes();
        var name = Encoding.UTF8.GetString(reader.LengthEncodedBytes());
        _ = reader.LengthEncodedBytes();
        var width = reader.LengthEncoded();
        _ = reader.Bytes(2 + 4);
        _types.Add((FieldType)reader.Int1());
        if (!reader.IsValid || width != 12)
            Problem ??= "a column that makes no sense";
        return name;
    }

    private async LoopTask<bool> Skip(int definitions)
    {
        for (var i = 0; i < definitions; i++)
        {
            if (await stream.Read() is not { } column || column is [ErrPacket.Header, ..])
                return false;
            ReadColumn(column);
        }
        if (definitions == 0 || DeprecatesEof)
            return true;
        if (await stream.Read() is not { } eof || eof is [ErrPacket.Header, ..])
            return false;
        if (!IsEnd(eof))
            Problem ??= "no EOF after the definitions of a prepared statement";
        return true;
    }

    private static List<(SessionChangeKind, string, string)> ReadChanges(ReadOnlySpan<byte> changes)
    {
        var list = new List<(SessionChangeKind, string, string)>();
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
            list.Add((reader.Current.Kind, Encoding.UTF8.GetString(reader.Current.Name),
                Encoding.UTF8.GetString(reader.Current.Value)));
        return list;
    }
}
