using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// A client, from greeting to goodbye; one object for all of a loop, since idle ones are many. The order of things is written here and nowhere
/// else:
/// <code>
///  client ─▶ Clients ─▶ Decisions ─▶ Floodgates ─▶ Pools ─▶ Servers ─▶ server
///    ◀──────────── the answer streams straight back ────────────┘
/// </code>
/// </summary>
internal sealed class Conversation(FrontDoor door, ConversationRooms rooms)
{
    /// <summary>A command up to this length is looked at whole; a longer one is streamed.</summary>
    private const int CommandMax = Loop.BufferBytes - 4096;

    /// <summary>Commands of one client in one go, when it sends them ahead, before others on the loop get their turn.</summary>
    private const int CommandsInARow = 64;

    /// <summary>Serves the client until it leaves or must leave.</summary>
    internal async LoopTask Serve(Session session)
    {
        var isIn = false;
        try
        {
            isIn = await rooms.Reception.LogIn(session);
        }
        finally
        {
            if (!isIn)
                Leave(session);
        }
        // By itself from here on: what the login held is given back, and an idle client keeps one suspended method, not two.
        if (isIn)
            Converse(session).Forget(door.Loop.Report);
    }

    private void Leave(Session session)
    {
        if (session.Note is not null)
            rooms.Scribe.Left(session);
        Aftermath.Leave(session);
        session.Reads?.EndHeldSpill(door.Loop.NowMs);
        door.Leave(session);
    }

    private async LoopTask Converse(Session session)
    {
        try
        {
            for (var inARow = 1; ; inARow++)
            {
                session.Wire.Heed();
                if (session is { Reads.HeldSpill: not null, InTransaction: false })
                    session.Reads.EndHeldSpill(door.Loop.NowMs);
                if (session.Wishes != SessionWishes.None && !await rooms.Interruptions.Attend(session))
                    return;
                if (rooms.Floodgate.IsClosing && !session.IsUnderWay)
                {
                    Interruptions.SayClosing(session);
                    return;
                }
                if (inARow % CommandsInARow == 0)
                    await door.Loop.Yield();
                var arrived = session.Inbox.Take(session.Wire, CommandMax, out var packet);
                if (arrived == InboxResult.Later)
                    await session.Wire.Readable();
                else if (arrived == InboxResult.Gone)
                {
                    rooms.Commands.NoteGone(session);
                    return;
                }
                else if (!await Answer(session, packet))
                    return;
                else if (session.Wire.HasUnsent && !await Relay.FlushPatiently(session))
                    return;
            }
        }
        catch
        {
            // Nobody knows how far the answer has come: the rest of it must not be there for the next one.
            session.Lease?.Connection.IsBroken = true;
            throw;
        }
        finally
        {
            Leave(session);
        }
    }

    // False ends the conversation.
    private LoopTask<bool> Answer(Session session, PacketSlice packet)
    {
        session.ActiveMs = door.Loop.NowMs;
        door.Meter.Commands++;
        if (packet.Sequence != 0 || packet.Length == 0)
            return new(rooms.Commands.BreaksRules(session, packet));
        var kind = (CommandKind)packet.Payload[0];
        switch (kind)
        {
            case CommandKind.Query:
            case CommandKind.StatementExecute:
            case CommandKind.StatementBulkExecute:
            case CommandKind.StatementPrepare:
            case CommandKind.InitDb:
            case CommandKind.FieldList:
            case CommandKind.Statistics:
            case CommandKind.Debug:
            case CommandKind.Refresh:
            case CommandKind.ProcessInfo:
            case CommandKind.ProcessKill:
            case CommandKind.StatementFetch:
            case CommandKind.StatementSendLongData:
            case CommandKind.StatementReset:
                return Run(session, packet);
            default:
                if (rooms.Scribe.IsOn)
                    rooms.Scribe.Here(session, kind, packet);
                return rooms.Commands.AnswerHere(session, kind, packet);
        }
    }

    // The road of one statement. One method, because each that is suspended costs a statement some 40 ns.
    private async LoopTask<bool> Run(Session session, PacketSlice packet)
    {
        var statement = rooms.Statements.Begin(session, packet);
        if (rooms.Scribe.IsOn)
            rooms.Scribe.Begin(statement);
        try
        {
            if (!await StatementDesk.Read(statement))
                return !session.Wire.IsClosed;

            if ((statement.Facts.Traits & StatementTraits.Kills) != 0 && KillDesk.TryRead(statement, out var order))
                return await rooms.Kills.Answer(statement, order);
            if (OwnVariables.MayBe(statement) && await OwnVariables.TryAnswer(statement, door, rooms.OwnAnswers))
                return !session.Wire.IsClosed;
            if (OwnAnswers.MayBe(statement))
                return await rooms.OwnAnswers.Answer(statement);
            if (OwnNumber.Concerns(statement))
                OwnNumber.Put(statement);

            StatementDesk.Decide(statement);
            if (PinLedger.NeedsText(statement) || Bequest.NeedsText(statement))
                statement.Hold(); // What it names is read when the answer has come.

            if (rooms.Floodgate.Judge(session.IsUnderWay) == Verdict.Closing)
                return rooms.Commands.RefuseClosing(session);

            if (rooms.Deferring.Find(statement) is { } deferred)
                return await rooms.Deferring.Accept(statement, deferred);

            if (!await rooms.Routing.Place(statement))
                return !session.Wire.IsClosed;

            if (rooms.Leasing.RefusesPin(statement))
                return true;

            RelayEnd end;
            while (true)
            {
                do
                {
                    if (!await rooms.Interregnum.Pass(statement))
                        return !session.Wire.IsClosed;

                    if (!await rooms.Admission.Enter(statement))
                        return !session.Wire.IsClosed;

                    if (!await rooms.Leasing.Take(statement) && !statement.HasMoved && !statement.GoesElsewhere)
                        return !session.Wire.IsClosed;
                }
                while (statement.HasMoved);

                if (GlobalChanges.HoldsLogins(statement))
                    statement.HoldLogins(door);
                if (AccountChanges.MayBe(statement))
                    statement.ChangeAccounts(door);

                for (var isNew = false; !statement.GoesElsewhere; isNew = true)
                {
                    var goes = !VariableTypes.MayBecomeFixed(statement) || await VariableTypes.Fix(statement, rooms.Departure);
                    if (goes && Recall.IsNeeded(statement) && !await rooms.Recall.Prepare(statement))
                        return !session.Wire.IsClosed;
                    if (goes && !statement.IsKilled && await rooms.Departure.Send(statement))
                        break;
                    if (statement.Refusal.Kind == ServerReplyKind.Lost && rooms.SecondTries.TryBegin(statement, "it was lost before it was sent"))
                        break;
                    if (isNew || !Leasing.MayTryAsNew(statement))
                        return await rooms.Aftermath.SettleUnsent(statement);
                    if (!await rooms.Leasing.TakeAsNew(statement) && !statement.GoesElsewhere)
                        return statement.HasMoved ? rooms.Leasing.RefuseMoved(statement) : !session.Wire.IsClosed;
                }

                if (!statement.GoesElsewhere)
                {
                    statement.IsAtServer = true;
                    if (statement.IsKilled)
                        rooms.Cancelling.CancelSent(statement);
                    if (statement.Shape == ResponseShape.None)
                        end = RelayEnd.Complete;
                    else
                    {
                        statement.Passage.Sent(door.Loop);
                        var isToCome = Relay.IsToCome(statement);
                        if (isToCome)
                            await statement.Answer.Connection.Wire.ReadableOrGone(session.Wire);
                        end = await Relay.Answer(statement, rooms.Cancelling, door.Meter, orphaned: isToCome && session.Wire.PeerGone);
                    }
                    statement.IsAtServer = false;
                    statement.Overtime?.End();
                    // A read of which its client has heard nothing: nobody would know of it if it runs twice.
                    if (end != RelayEnd.ServerLost || statement.Answer.HasSpoken
                        || !rooms.SecondTries.TryBegin(statement, "it was lost before its answer came"))
                    {
                        break;
                    }
                }
                if (!await rooms.Routing.PlaceElsewhere(statement))
                    return !session.Wire.IsClosed;
            }
            statement.Recast?.Send(statement, end);

            rooms.Routing.Note(statement, end == RelayEnd.Complete);
            rooms.Keeping.Note(statement, end == RelayEnd.Complete);
            return await rooms.Aftermath.Settle(statement, end);
        }
        finally
        {
            if (statement.Draft is not null)
                rooms.Scribe.End(statement);
            rooms.Keeping.End(statement);
            rooms.Statements.End(statement);
        }
    }
}
