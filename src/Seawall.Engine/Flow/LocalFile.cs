using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Handshakes;

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

    /// <summary>
    /// Relays the file to its end; the server's answer follows. When the client leaves half-way the connection is broken: an
    /// empty packet would have the server believe that this was the whole file.
    /// </summary>
    internal static async LoopTask<RelayEnd> Relay(Session session, Answer answer, LoopMeter meter)
    {
        var connection = answer.Connection;
        if (!session.Capabilities.HasFlag(Capabilities.LocalFiles) || !await Flow.Relay.FlushPatiently(session))
            return session.Wire.IsClosed ? RelayEnd.ClientLost : RelayEnd.ServerLost;
        var packets = ClientPackets.File(answer.SequenceShift);
        var isLost = false;
        var chunks = 0;
        while (!packets.IsComplete)
        {
            var count = packets.Read(session);
            if (count is WireResult.End or WireResult.Broken)
                return RelayEnd.ClientLost;
            if (count == WireResult.Later)
            {
                await Flow.Relay.WaitPatiently(session.Wire);
                continue;
            }
            meter.BytesToServers += count;
            // A server that is lost is reported once the client has said all: until then it would not listen.
            isLost = isLost || !connection.Wire.Send(session.Wire.Loop.Buffer.AsSpan(0, count)) || !await connection.Wire.Flushed();
            if (++chunks % ChunksInARow == 0)
                await session.Wire.Loop.Yield();
        }
        return isLost ? RelayEnd.ServerLost : RelayEnd.Complete;
    }
}
