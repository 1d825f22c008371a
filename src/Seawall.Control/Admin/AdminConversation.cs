using System.Text;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>One client of the admin port, from greeting to goodbye. Control loop only.</summary>
internal sealed class AdminConversation(
    AdminWire wire, AdminSession session, AdminLogin login, AdminDesk desk, SmallTalk talk, ILogger logger, CancellationToken ends)
{
    /// <summary>How long a login may take: the server's own limit (<c>connect_timeout</c>).</summary>
    private const int LoginMsMax = 10_000;

    /// <summary>How long a client may be silent: there are few places, and a forgotten terminal must not keep one.</summary>
    internal const int IdleMsMax = 3_600_000;

    private readonly AdminWire.Limit _limit = new(wire);

    /// <summary>Serves the client until it leaves or must leave.</summary>
    internal async LoopTask Serve()
    {
        var loop = wire.Wire.Loop;
        loop.Arm(_limit, LoginMsMax);
        if (await login.Run())
        {
            do
            {
                loop.Arm(_limit, IdleMsMax);
            }
            while (await wire.NextCommand(SmallTalk.CommandBytesMax) is { } packet && await Answer(packet) && await wire.Flushed());
        }
        await wire.Flushed();
        loop.Timers.Disarm(_limit);
    }

    // False ends the conversation.
    private async LoopTask<bool> Answer(byte[] packet)
    {
        if (packet.Length == 0)
        {
            wire.SendError(SqlError.UnknownCommand, "Unknown command");
            return true;
        }
        var argument = packet.AsMemory(1);
        switch ((CommandKind)packet[0])
        {
            case CommandKind.Quit:
                return false;
            case CommandKind.Query:
                await AnswerQuery(Encoding.UTF8.GetString(argument.Span));
                return true;
            case CommandKind.Ping:
            case CommandKind.ResetConnection:
                wire.SendOk(session);
                return true;
            case CommandKind.InitDb:
                await Send(session.Enter(Encoding.UTF8.GetString(argument.Span)) is { } refusal ? refusal : new AdminDone());
                return true;
            case CommandKind.SetOption:
                SendEnd();
                return true;
            case CommandKind.Statistics:
                wire.Begin().Text(desk.Statistics());
                wire.Send();
                return true;
            case CommandKind.StatementPrepare:
                wire.SendError(SqlError.NotPreparable, "the admin port prepares no statements: send the command as text "
                    + "(no Prepare(); query() and not execute(); no server-side prepared statements)");
                return true;
            case CommandKind.StatementClose:
            case CommandKind.StatementSendLongData:
                return true; // These have no answer.
            default:
                wire.SendError(SqlError.UnknownCommand, "Unknown command; the admin port takes text: SHOW HELP");
                return true;
        }
    }

    private async LoopTask AnswerQuery(string source)
    {
        var text = AdminText.Read(source);
        var reply = talk.Answer(text, session);
        if (reply is null)
        {
            var command = AdminDesk.Find(text);
            if (command is { IsAction: true })
                AdminLog.Acts(logger, session.Id, session.User, session.Peer, AdminDesk.Said(text, command));
            reply = command is null ? AdminDesk.Unknown(text) : await Run(text, command);
        }
        // SHOW WARNINGS does not sweep away what it shows.
        if (!text.StartsWith("SHOW", "WARNINGS"))
            session.Warnings = reply.Warnings;
        await Send(reply);
    }

    private async LoopTask<AdminReply> Run(AdminText text, AdminCommand command)
    {
        try
        {
            return await new Homecoming<AdminReply>(wire.Wire.Loop, desk.Run(text, command, ends, $"{session.User} from {session.Peer}"));
        }
        catch (OperationCanceledException)
        {
            return new AdminRefusal(SqlError.ServerShutdown, "Seawall is going down");
        }
        catch (Exception bug)
        {
            // One command's bug must not end the port: it is what people reach for when something is wrong.
            AdminLog.Bug(logger, bug);
            return new AdminRefusal(SqlError.Internal, $"{command.Name} failed by a bug in Seawall; the log has it");
        }
    }

    private async LoopTask Send(AdminReply reply)
    {
        switch (reply)
        {
            case AdminTable table:
                await wire.SendTable(table, session);
                break;
            case AdminRefusal refusal:
                wire.SendError(refusal.Error, refusal.Words);
                break;
            case AdminDone done:
                wire.SendOk(session, (ushort)done.Warnings.Count, done.Words);
                if (done.Then is null)
                    break;
                await wire.Flushed();
                done.Then();
                break;
        }
    }

    private void SendEnd()
    {
        var packet = wire.Begin();
        if (session.Capabilities.HasFlag(Capabilities.DeprecateEof))
            OkPacket.Write(packet, OkPacket.EndHeader, 0, 0, AdminSession.Status, 0, default, default, session.Capabilities);
        else
            EofPacket.Write(packet, 0, AdminSession.Status);
        wire.Send();
    }
}
