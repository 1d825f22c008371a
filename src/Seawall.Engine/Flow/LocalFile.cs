using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Framing;
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
        var packets = new FilePackets(answer.SequenceShift);
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

    // Finds the empty packet at the end, and renumbers all of them in place.
    private struct FilePackets(byte shift)
    {
        private int _missing;
        private int _header;
        private int _headerSeen;
        private bool _continues;

        internal bool IsComplete { get; private set; }

        // Reads into the loop's buffer, never beyond the end of the file: what follows is the client's next command.
        internal int Read(Session session)
        {
            var buffer = session.Wire.Loop.Buffer;
            var count = 0;
            while (!IsComplete && count < buffer.Length)
            {
                var wanted = Math.Min(_missing > 0 ? _missing : PacketHeader.Size - _headerSeen, buffer.Length - count);
                var got = session.Inbox.TakeHeld(buffer.AsSpan(count, wanted));
                if (got == 0)
                    got = session.Wire.ReadReady ? session.Wire.Receive(buffer.AsSpan(count, wanted)) : WireResult.Later;
                if (got <= 0)
                    return count > 0 ? count : got;
                Note(buffer.AsSpan(count, got));
                count += got;
            }
            return count;
        }

        private void Note(Span<byte> bytes)
        {
            if (_missing > 0)
            {
                _missing -= bytes.Length;
                return;
            }
            foreach (ref var value in bytes)
            {
                if (_headerSeen < 3)
                    _header |= value << (8 * _headerSeen);
                else
                    value -= shift;
                _headerSeen++;
            }
            if (_headerSeen < PacketHeader.Size)
                return;
            // Behind a packet of full length an empty one only says that it was all of that packet.
            IsComplete = _header == 0 && !_continues;
            _continues = _header == PacketHeader.LengthMax;
            _missing = _header;
            _header = _headerSeen = 0;
        }
    }
}
