using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;

namespace Seawall.Testing.Servers;

/// <summary>Writes answers as the two ends agreed on them.</summary>
internal sealed class FakeReplies(FakeSession session, PacketStream stream)
{
    // What is gathered before it is sent: about what a server's network buffer holds.
    private const int FlushBytes = 16 * 1024;

    internal Capabilities Capabilities { get; set; }

    private bool DeprecatesEof => Capabilities.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Writes an answer; false when the connection is to be closed.</summary>
    internal async LoopTask<bool> Send(FakeAnswer answer, bool moreFollow = false, bool isBinary = false)
    {
        switch (answer)
        {
            case FakeOk ok:
                WriteOk(ok, moreFollow);
                return true;
            case FakeError error:
                WriteError(error);
                return true;
            case FakeRows rows:
                return await WriteRows(rows, moreFollow, isBinary);
            case FakeSeveral several:
                for (var i = 0; i < several.Parts.Count; i++)
                {
                    if (!await Send(several.Parts[i], moreFollow || i + 1 < several.Parts.Count, isBinary))
                        return false;
                }
                return true;
            case FakeLater later:
                if (!await stream.Flush())
                    return false;
                var sleep = session.Sleeping = new Sleep(stream.Wire.Loop);
                await sleep.For(later.Milliseconds);
                session.Sleeping = null;
                if (session.IsInterrupted)
                {
                    session.IsInterrupted = false;
                    WriteError(FakeKill.Interrupted);
                    return true;
                }
                return !stream.Wire.IsClosed && await Send(later.Then, moreFollow, isBinary);
            case FakeFile file:
                SendRaw([0xFB, .. Encoding.UTF8.GetBytes(file.Name)]);
                if (!await stream.Flush())
                    return false;
                while (await stream.Read() is { } part)
                {
                    if (part.Length == 0)
                        return await Send(file.Then, moreFollow, isBinary);
                }
                return false;
            case FakePacket packet:
                return SendRaw(packet.Payload);
            case FakeHangUp:
                await stream.Flush();
                return false;
            default:
                throw new InvalidOperationException($"no such answer: {answer}");
        }
    }

    internal bool SendRaw(ReadOnlySpan<byte> payload)
    {
        stream.Begin().Raw(payload);
        stream.Finish();
        return true;
    }

    internal bool SendEof(ServerStatus extra = default)
    {
        WriteEnd(0, false, extra);
        return true;
    }

    internal bool SendFieldList()
    {
        for (var i = 0; i < 2; i++)
        {
            WriteColumn(stream.Begin(), $"column{i}").LengthEncodedBytes("def"u8);
            stream.Finish();
        }
        return SendEof();
    }

    internal void WriteColumns(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            WriteColumn(stream.Begin(), name);
            stream.Finish();
        }
    }

    /// <summary>The EOF packet between columns and rows, where there is one.</summary>
    internal void WriteColumnsEnd(ServerStatus extra = default)
    {
        if (DeprecatesEof)
            return;
        EofPacket.Write(stream.Begin(), 0, session.Status | extra);
        stream.Finish();
    }

    internal void WriteEnd(ushort warnings, bool moreFollow, ServerStatus extra = default)
    {
        var status = session.Status | extra | (moreFollow ? ServerStatus.MoreResults : 0);
        if (DeprecatesEof)
        {
            OkPacket.Write(stream.Begin(), OkPacket.EndHeader, 0, 0, status, warnings, default,
                TakeChanges().OpenPayload, Capabilities);
        }
        else
            EofPacket.Write(stream.Begin(), warnings, status);
        stream.Finish();
    }

    internal void WriteRow(IReadOnlyList<string?> row, bool isBinary)
    {
        var writer = stream.Begin();
        if (isBinary)
        {
            var nulls = new byte[(row.Count + 9) / 8];
            for (var i = 0; i < row.Count; i++)
                nulls[(i + 2) / 8] |= (byte)(row[i] is null ? 1 << ((i + 2) % 8) : 0);
            writer.Int1(0).Raw(nulls);
        }
        foreach (var value in row)
        {
            if (value is not null)
                writer.LengthEncodedBytes(Encoding.UTF8.GetBytes(value));
            else if (!isBinary)
                writer.Int1(0xFB);
        }
        stream.Finish();
    }

    private async LoopTask<bool> WriteRows(FakeRows rows, bool moreFollow, bool isBinary)
    {
        stream.Begin().LengthEncoded((ulong)rows.Columns.Count);
        stream.Finish();
        WriteColumns(rows.Columns);
        WriteColumnsEnd(rows.Flags | (moreFollow ? ServerStatus.MoreResults : 0));
        foreach (var row in rows.Rows)
        {
            WriteRow(row, isBinary);
            if (stream.Unflushed >= FlushBytes && !await stream.Flush())
                return false;
        }
        if (rows.Then is { } error)
            WriteError(error);
        else
            WriteEnd(rows.Warnings, moreFollow, rows.Flags);
        return true;
    }

    private void WriteOk(FakeOk ok, bool moreFollow)
    {
        var changes = TakeChanges();
        var status = session.Status | (moreFollow ? ServerStatus.MoreResults : 0);
        OkPacket.Write(stream.Begin(), OkPacket.Header, ok.AffectedRows, ok.InsertId, status, ok.Warnings,
            Encoding.UTF8.GetBytes(ok.Info), changes.OpenPayload, Capabilities);
        stream.Finish();
    }

    private PacketWriter TakeChanges()
    {
        var changes = new PacketWriter().Begin(0);
        foreach (var (kind, name, value) in session.Changes)
        {
            var data = new PacketWriter().Begin(0);
            if (kind == SessionChangeKind.SystemVariables)
                data.LengthEncodedText(name);
            if (kind == SessionChangeKind.Gtids)
                data.Int1(0); // Text, the only encoding that there is.
            if (kind == SessionChangeKind.State)
                data.Raw("1"u8); // A sign without a length (measured on 9.7 and 10.11).
            else
                data.LengthEncodedText(value);
            changes.Int1((byte)kind).LengthEncodedBytes(data.OpenPayload);
        }
        session.Changes.Clear();
        return changes;
    }

    private void WriteError(FakeError error)
    {
        ErrPacket.Write(stream.Begin(), new SqlError(error.Code, error.State), error.Message);
        stream.Finish();
    }

    // The collation of columns is one of character_set_results.
    private PacketWriter WriteColumn(PacketWriter writer, string name) => writer
        .LengthEncodedBytes("def"u8).LengthEncodedText("").LengthEncodedText("").LengthEncodedText("")
        .LengthEncodedText(name).LengthEncodedText("")
        .LengthEncoded(12).Int2((ushort)session.CollationOfResults).Int4(1024).Int1(0xFD).Int2(0).Int1(0).Int2(0);
}
