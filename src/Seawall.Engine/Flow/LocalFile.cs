using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// The file of a <c>LOAD DATA LOCAL</c>: the server has named it, the client sends it, packet by packet up to an empty one.
/// Seawall opens no file; it hands the packets on, numbered as the server expects them.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_local_infile_request.html</remarks>
internal static class LocalFile
{
    /// <summary>Chunks in one go before others on the loop get their turn: up to 1 MiB.</summary>
    private const int ChunksInARow = 16;

    /// <summary>What a server says to a client that did not allow files at its login.</summary>
    internal static (SqlError Error, string Message) Refusal(ServerVersion version) => version switch
    {
        { IsMariaDb: true } => (SqlError.LocalFilesOffMariaDb, "The used command is not allowed "
            + "because the MariaDB server or client has disabled the local infile capability"),
        { Number: >= 80000 } => (SqlError.LocalFilesOff,
            "Loading local data is disabled; this must be enabled on both the client and server sides"),
        _ => (SqlError.CommandNotAllowed, "The used command is not allowed with this MySQL version"),
    };

    /// <summary>
    /// Relays the file to its end; the server's answer follows. When the client leaves half-way the connection is broken: an
    /// empty packet would have the server believe that this was the whole file.
    /// </summary>
    internal static async LoopTask<RelayEnd> Relay(Session session, Answer answer, LoopMeter meter)
    {
        var connection = answer.Connection;
        if (!session.Capabilities.HasFlag(Capabilities.LocalFiles))
            return RelayEnd.FileRefused;
        if (!await Flow.Relay.FlushPatiently(session))
            return RelayEnd.ClientLost;
        session.Wire.BeginFile();
        connection.Wire.BeginFile();
        var packets = ClientPackets.File(session.Wire.Loop.NowMs, answer.NextSequence, answer.SequenceShift);
        var isLost = false;
        var chunks = 0;
        while (!packets.IsComplete)
        {
            var count = packets.Read(session);
            if (count is WireResult.End or WireResult.Broken)
                return RelayEnd.ClientLost;
            if (count == WireResult.Later)
            {
                await packets.WaitForMore(session);
                continue;
            }
            meter.BytesToServers += count;
            // A server that is lost is reported once the client has said all: until then it would not listen.
            isLost = isLost || !connection.Wire.Send(session.Wire.Loop.Buffer.AsSpan(0, count)) || !await connection.Wire.Flushed();
            if (++chunks % ChunksInARow == 0)
                await session.Wire.Loop.Yield();
        }
        answer.NoteFile((byte)(packets.Packets - 1));
        return isLost ? RelayEnd.ServerLost : RelayEnd.Complete;
    }
}
