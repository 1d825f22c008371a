using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Flow;

/// <summary>How relaying ended.</summary>
internal enum RelayEnd : byte
{
    /// <summary>The answer is complete.</summary>
    Complete,

    /// <summary>The server was lost, or said something that is no answer.</summary>
    ServerLost,

    /// <summary>The client has left before all of its command, or of its file, had come.</summary>
    ClientLost,

    /// <summary>The server asked for a file of a client that gives none.</summary>
    FileRefused,
}

/// <summary>
/// Moves bytes between a client and a server connection: the rest of a long command one way, the answer the other way.
/// While one side does not take what it was sent, nothing is read from the other: a slow peer holds one chunk of memory.
/// </summary>
internal static class Relay
{
    /// <summary>Chunks in one go before others on the loop get their turn: 1 MiB.</summary>
    private const int ChunksInARow = 16;

    /// <summary>The same when each chunk is compressed, which takes up to a millisecond.</summary>
    private const int CostlyChunksInARow = 2;

    /// <summary>
    /// How long a client may take to take one buffer of its answer: the server's own limit (<c>net_write_timeout</c>).
    /// </summary>
    internal const int StallMsMax = 60_000;

    /// <summary>How long a client may be silent in the middle of a command: the server's own limit (<c>net_read_timeout</c>).</summary>
    private const int SilenceMsMax = 30_000;

    /// <summary>
    /// How slowly a command may come: as an answer may go, which has <see cref="StallMsMax"/> for each buffer. Modems were
    /// faster in 1985.
    /// </summary>
    private const int BytesPerSecondMin = Loop.BufferBytes / (StallMsMax / 1_000);

    /// <summary>
    /// Whether nothing of a statement's answer is here, and its client waits for nothing else: then whoever has it relayed waits for that
    /// himself, and no method of its own is suspended meanwhile.
    /// </summary>
    internal static bool IsToCome(Statement statement) => statement is
    {
        Session.Wire.HasUnsent: false,
        Answer.Connection: { Wire.ReadReady: false, Inbox.HasHeld: false },
    };

    /// <summary>
    /// Relays an answer to its end. When the client leaves, the rest is read and thrown away; <paramref name="orphaned"/>: it has left already.
    /// </summary>
    internal static LoopTask<RelayEnd> Answer(Statement statement, Cancelling cancelling, LoopMeter meter, bool orphaned)
    {
        var state = Follow(statement, meter, out var received);
        return state == AnswerState.Complete ? new(RelayEnd.Complete) : GoOn(statement, cancelling, meter, orphaned, state, received);
    }

    // Most answers come in one piece, and do not get here.
    private static async LoopTask<RelayEnd> GoOn(
        Statement statement, Cancelling cancelling, LoopMeter meter, bool orphaned, AnswerState state, int received)
    {
        var session = statement.Session;
        var answer = statement.Answer;
        var wire = answer.Connection.Wire;
        var chunks = 0;
        for (; ; state = Follow(statement, meter, out received))
        {
            if (state == AnswerState.Complete)
                return RelayEnd.Complete;
            if (state == AnswerState.WantsFile)
            {
                var end = await LocalFile.Relay(session, answer, meter);
                if (end != RelayEnd.Complete)
                    return end;
                continue;
            }
            if (state == AnswerState.Malformed || received is WireResult.End or WireResult.Broken)
                return RelayEnd.ServerLost;
            if (session.Wire.HasUnsent && !orphaned)
            {
                // While the client does not take what it got, the server does not work: somebody else's statement may.
                statement.Passage.Pause(session.Wire.Loop);
                orphaned = !await FlushPatiently(session);
                statement.Passage.Resume(session.Wire.Loop);
            }
            if (orphaned && answer.Orphan())
                cancelling.Vanished(statement);
            if (received == WireResult.Later)
                await (orphaned ? wire.Readable() : wire.ReadableOrGone(session.Wire));
            else if (++chunks % InARow(session.Wire, wire) == 0)
                await wire.Loop.Yield();
            orphaned |= session.Wire.PeerGone;
        }
    }

    private static AnswerState Follow(Statement statement, LoopMeter meter, out int received)
    {
        var answer = statement.Answer;
        var beat = statement.Beat;
        var state = FollowChunk(answer, meter, out received);
        if (received > 0)
        {
            statement.Passage.Answered(answer.Connection.Wire.Loop);
            beat?.Bytes += received;
        }
        if (state == AnswerState.Complete)
            beat?.Answers += 1;
        return state;
    }

    /// <summary>
    /// Relays the rest of a command that is longer than the loop's buffer: first what the inbox holds, then what the client
    /// still sends, up to the last byte of the last packet. Without a connection it is read and thrown away, so that the
    /// next command can be found.
    /// </summary>
    internal static async LoopTask<RelayEnd> Command(Statement statement, ServerConnection? connection, LoopMeter meter)
    {
        var session = statement.Session;
        var body = ClientPackets.RestOf(statement);
        var chunks = 0;
        while (!body.IsComplete)
        {
            var count = body.Read(session);
            if (count is WireResult.End or WireResult.Broken)
                return RelayEnd.ClientLost;
            if (count == WireResult.Later)
            {
                await body.WaitForMore(session);
                continue;
            }
            if (connection is not null)
            {
                meter.BytesToServers += count;
                if (!connection.Wire.Send(session.Wire.Loop.Buffer.AsSpan(0, count)) || !await connection.Wire.Flushed())
                    connection = Lose(connection);
            }
            if (++chunks % InARow(session.Wire, connection?.Wire) == 0)
                await session.Wire.Loop.Yield();
        }
        statement.NoteBody(body.Packets);
        return RelayEnd.Complete;
    }

    /// <summary>
    /// Waits for more of a command that has begun to come, but not for ever: somebody's connection waits with it. So many bytes
    /// have come since then; whoever sends a byte now and then is no better than one who is silent.
    /// </summary>
    internal static async LoopTask WaitPatiently(Session session, long beganMs, long received)
    {
        var wire = session.Wire;
        var leftMs = beganMs + SilenceMsMax + (received * 1_000 / BytesPerSecondMin) - wire.Loop.NowMs;
        if (leftMs <= 0)
        {
            wire.Close();
            return;
        }
        var patience = new Patience(session, Math.Min(leftMs, SilenceMsMax));
        patience.Begin();
        await wire.Readable();
        patience.End();
        // Whatever is wanted of the session can wait until its statement has ended; the wire must not wake for it again.
        wire.Heed();
    }

    /// <summary>Waits until the client has taken what it was sent; false when it has gone, or takes too long: <see cref="Patience"/>.</summary>
    internal static async LoopTask<bool> FlushPatiently(Session session)
    {
        var patience = new Patience(session, StallMsMax);
        patience.Begin();
        var flushed = await session.Wire.Flushed();
        patience.End();
        return flushed;
    }

    /// <summary>Reads once, behind what is left of the read before, and follows the answer through it.</summary>
    internal static AnswerState FollowChunk(Answer answer, LoopMeter? meter, out int received)
    {
        var connection = answer.Connection;
        var buffer = connection.Wire.Loop.Buffer;
        var held = connection.Inbox.TakeHeld(buffer);
        received = WireResult.Later;
        if (connection.Wire.ReadReady && held < buffer.Length)
            received = connection.Wire.Receive(buffer.AsSpan(held));
        if (received > 0)
            meter?.BytesFromServers += received;
        else if (held == 0)
            return AnswerState.Open;
        var length = held + Math.Max(received, 0);
        var state = answer.Follow(buffer.AsSpan(0, length), out var used);
        if (used < length)
        {
            // A packet that must be seen whole and does not fit into the buffer is none that a server would send.
            if (used == 0 && length == buffer.Length && state == AnswerState.Open)
                return AnswerState.Malformed;
            connection.Inbox.PutBack(buffer.AsSpan(used, length - used));
        }
        return state;
    }

    private static int InARow(Wire client, Wire? server) =>
        client.IsCostly || server is { IsCostly: true } ? CostlyChunksInARow : ChunksInARow;

    // The server may have refused the command in the middle and hung up: its words may be there to read.
    private static ServerConnection? Lose(ServerConnection connection)
    {
        connection.IsBroken = true;
        return null;
    }
}
