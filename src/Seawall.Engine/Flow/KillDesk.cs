using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>What a KILL of a client asks for.</summary>
/// <param name="Client">The client's number.</param>
/// <param name="IsQuery">Whether only its statement is to end.</param>
internal readonly record struct KillOrder(uint Client, bool IsQuery);

/// <summary>
/// Answers KILL where it names a client by the number that the client was greeted with. Who says it and whom it names may be on
/// different loops: everything about the latter is done on its own. One for each loop.
/// </summary>
internal sealed class KillDesk
{
    // MySQL 9 does not know COM_PROCESS_KILL any more (9.7.4 was asked), and a client must not find out that Seawall does.
    private const int NoProcessKill = 90000;

    private readonly FrontDoor _door;
    private readonly Cancelling _cancelling;
    private readonly KillDesk[] _byLoop;

    /// <summary>A desk that puts itself on the list of all of them.</summary>
    internal KillDesk(FrontDoor door, Cancelling cancelling, KillDesk[] byLoop)
    {
        _door = door;
        _cancelling = cancelling;
        _byLoop = byLoop;
        byLoop[door.Loop.Index] = this;
    }

    private enum Verdict : byte
    {
        Done,
        Unknown,
        NotOwner,
        Failed,
    }

    /// <summary>Whether a KILL names a client of Seawall's. Everything else is for a server to read.</summary>
    internal static bool TryRead(Statement statement, out KillOrder order)
    {
        order = default;
        var target = TargetOf(statement);
        if (target.Names == KillNames.Itself)
            order = new KillOrder(statement.Session.Id, target.IsQuery);
        else if (target.Names == KillNames.Number && target.Id is >= HouseRules.FirstId and <= uint.MaxValue)
            order = new KillOrder((uint)target.Id, target.IsQuery);
        return order.Client != 0;
    }

    /// <summary>Does it and answers; false ends the conversation of who said it.</summary>
    internal async LoopTask<bool> Answer(Statement statement, KillOrder order)
    {
        var session = statement.Session;
        if (order.Client == session.Id)
            return EndItself(session, order, statement.Server.Version!.IsMariaDb);
        var there = _byLoop[(order.Client & ~HouseRules.FirstId) % _byLoop.Length];
        var user = session.Account!.User;
        var (verdict, problem) = there == this
            ? await End(order, user)
            : await Errand<(Verdict, string)>.Send(
                _door.Loop, there._door.Loop, () => there.End(order, user), (Verdict.Failed, "Seawall failed over it"));
        return verdict switch
        {
            Verdict.Done => Acknowledge(session, Bequest.AlwaysForgets(statement.Server.Version!)),
            Verdict.Unknown => Refuse(session, SqlError.NoSuchThread, $"Unknown thread id: {order.Client}"),
            Verdict.NotOwner => Refuse(session, SqlError.NotOwner, $"You are not owner of thread {order.Client}"),
            Verdict.Failed => Refuse(session, SqlError.ServerNotAvailable,
                $"the statement of client {order.Client} was not ended: {problem}; trying again is safe"),
        };
    }

    /// <summary>Ends a session at once, with what it has at a server. Its loop only.</summary>
    internal void EndSession(Session target)
    {
        if (target.Current is { } statement)
        {
            if (statement.IsAtServer && statement.Cancellation is not { IsOnItsWay: true })
                _cancelling.CancelSent(statement);
            else
                statement.Kill();
            statement.Passage.Waiting?.GiveUp();
        }
        target.Wire.Close(); // Without a word, as servers do.
    }

    private static KillTarget TargetOf(Statement statement)
    {
        switch (statement.Kind)
        {
            case CommandKind.Query when statement.IsWhole && statement.Facts.Statements == 1:
                return KillTarget.Read(statement.Text, SessionDialect.Of(statement.SettingsBefore, statement.Server));
            case CommandKind.StatementExecute when statement.Prepared is { } prepared:
                var text = StatementText.Of(statement);
                var target = KillTarget.Read(text.Bytes, text.Dialect);
                return target.Names == KillNames.Parameter && ExecutionPacket.TryReadNumber(statement, prepared, out var number)
                    ? new KillTarget(KillNames.Number, number, target.IsQuery)
                    : target;
            case CommandKind.ProcessKill when statement.Server.Version is { IsMariaDb: true } or { Number: < NoProcessKill }:
                var reader = new FieldReader(statement.Packet.Payload[1..]);
                var id = reader.Int4();
                return reader.IsValid ? new KillTarget(KillNames.Number, id, IsQuery: false) : default;
            default:
                return default;
        }
    }

    private async LoopTask<(Verdict Verdict, string Problem)> End(KillOrder order, string user)
    {
        if (_door.Find(order.Client) is not { } target)
            return (Verdict.Unknown, "");
        // Servers let accounts with CONNECTION_ADMIN or SUPER kill others too; what an account may is not known here.
        if (target.Account?.User != user)
            return (Verdict.NotOwner, "");
        _door.Meter.Kills++;
        if (!order.IsQuery)
        {
            EndSession(target);
            return (Verdict.Done, "");
        }
        var statement = target.Current;
        if (statement is { IsAtServer: true })
        {
            var result = await _cancelling.Cancel(statement);
            return result.Outcome == CancelOutcome.Done ? (Verdict.Done, "") : (Verdict.Failed, result.Problem);
        }
        statement?.Kill();
        statement?.Passage.Waiting?.GiveUp();
        if (statement?.Waiter is { } waiter)
            target.Pool!.GiveUp(waiter, LeaseFailure.Killed);
        return (Verdict.Done, "");
    }

    private bool EndItself(Session session, KillOrder order, bool isMariaDb)
    {
        _door.Meter.Kills++;
        var (error, message) = isMariaDb && !order.IsQuery
            ? (SqlError.Killed, "Connection was killed") : (SqlError.Interrupted, "Query execution was interrupted");
        Bequest.NoteOwnError(session, error, message);
        ForgetFoundRows(session);
        ClientReplies.SendError(session, 1, error, message);
        if (!order.IsQuery)
            session.Wish(SessionWishes.GoNow);
        return true;
    }

    private static bool Acknowledge(Session session, bool forgetsWarnings)
    {
        Bequest.NoteOwnAnswer(session, 0);
        ForgetFoundRows(session);
        if (forgetsWarnings)
            Bequest.ForgetWarnings(session);
        return ClientReplies.SendOk(session, 1);
    }

    private bool Refuse(Session session, SqlError error, string message)
    {
        _door.Meter.OwnErrors++;
        Bequest.NoteOwnError(session, error, message);
        ForgetFoundRows(session);
        return ClientReplies.SendError(session, 1, error, message);
    }

    private static void ForgetFoundRows(Session session)
    {
        session.LastResult = session.LastResult with { FoundRows = LastResult.NotAskedFor };
        session.Elsewhere |= PreviousFacts.FoundRows;
    }
}
