using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Servers;

/// <summary>Prepares a statement on a server connection for Seawall's own account: no client sees the answer.</summary>
internal static class ServerPreparation
{
    /// <summary>The longest packet of the answer that is believed: a column definition.</summary>
    private const int LengthMax = 60 * 1024;

    /// <summary>Prepares a text; the server's number for it, or why not.</summary>
    internal static LoopTask<(ServerReply Reply, uint Id)> Run(ServerConnection connection, PreparedText text) =>
        Run(connection, text.Text.AsMemory());

    /// <summary>Prepares a text; the server's number for it, or why not.</summary>
    internal static async LoopTask<(ServerReply Reply, uint Id)> Run(ServerConnection connection, ReadOnlyMemory<byte> text)
    {
        if (!Send(connection, text) || !await connection.Wire.Flushed())
            return (new ServerReply(ServerReplyKind.Lost), 0);
        var answer = new PreparationAnswer(connection.DeprecatesEof, connection.MayOmitMetadata);
        byte due = 1;
        while (!answer.IsOver)
        {
            switch (connection.Inbox.Take(connection.Wire, LengthMax, out var packet))
            {
                case InboxResult.Packet when ServerReplies.IsInTurn(packet, due++):
                    answer.Note(packet.Payload);
                    break;
                case InboxResult.Later:
                    await connection.Wire.Readable();
                    break;
                case InboxResult.Packet:
                case InboxResult.Beginning:
                case InboxResult.Gone:
                    return (new ServerReply(ServerReplyKind.Lost), 0);
            }
        }
        return (answer.Reply, answer.Id);
    }

    /// <summary>Has the server forget a statement; it does not answer to that.</summary>
    internal static void Close(ServerConnection connection, uint id) => connection.Wire.Send(
        connection.Wire.Loop.Writer.Clear().Begin(0).Int1((byte)CommandKind.StatementClose).Int4(id).End().Bytes);

    private static bool Send(ServerConnection connection, ReadOnlyMemory<byte> text) => connection.Wire.Send(
        connection.Wire.Loop.Writer.Clear().Begin(0).Int1((byte)CommandKind.StatementPrepare).Raw(text.Span).End().Bytes);

    private struct PreparationAnswer(bool deprecatesEof, bool mayOmit)
    {
        private int _left = -1;

        internal ServerReply Reply { get; private set; } = new(ServerReplyKind.Ok);

        internal uint Id { get; private set; }

        internal readonly bool IsOver => _left == 0;

        internal void Note(ReadOnlySpan<byte> payload)
        {
            if (_left > 0)
            {
                _left--;
                return;
            }
            var prepared = PreparedPacket.Read(payload);
            if (!prepared.IsValid)
            {
                Reply = payload is [ErrPacket.Header, ..] ? ServerReplies.ReadError(payload) : new(ServerReplyKind.Lost);
                _left = 0;
                return;
            }
            Id = prepared.StatementId;
            Reply = Reply with { HasWarnings = prepared.Warnings > 0 };
            var omits = mayOmit && prepared.OmitsMetadata;
            _left = Follow(prepared.Parameters, omits) + Follow(prepared.Columns, omits);
        }

        // Definitions, and an EOF packet behind them unless the ends agreed on none.
        private readonly int Follow(int definitions, bool areOmitted) =>
            definitions == 0 ? 0 : (areOmitted ? 0 : definitions) + (deprecatesEof ? 0 : 1);
    }
}
