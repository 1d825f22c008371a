using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Puts a server connection into the state that the statement needs, and sends the statement. What prepares the connection
/// goes out in one write; if the statement is harmless, it goes along.
/// </summary>
internal sealed class Departure(LoopMeter meter, Func<PoolLimits> limits)
{
    /// <summary>
    /// Sends the statement; the answer is to be relayed then. False when it was not sent: see
    /// <see cref="Statement.Refusal"/>.
    /// </summary>
    internal LoopTask<bool> Send(Statement statement)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        if (statement.Prepared is { } prepared)
            return SendPrepared(statement, connection, prepared);
        var grows = statement.Kind == CommandKind.Query && !QueryPacket.TryFit(statement, connection);
        connection.Wire.Loop.Writer.Clear();
        if (statement.Kind == CommandKind.InitDb && Bequest.AddsToOthers(session, connection))
        {
            statement.NeedsCleanDiagnostics = true;
            session.Elsewhere |= PreviousFacts.FoundRows;
        }
        var answers = WriteMove(statement, connection, session.Settings);
        if (answers > 0)
            return SendMoved(statement, connection, answers, grows);
        NoteIdSet(statement, connection);
        BeginAnswer(statement, connection);
        Count(statement);
        if (grows)
            return SendGrown(statement, connection, QueryPacket.Grow(statement, connection));
        if (!connection.Wire.Send(statement.Packet.Bytes))
            return new(Lost(statement));
        return statement.IsWhole && !connection.Wire.HasUnsent ? new(true) : SendRest(statement, connection);
    }

    private static int WriteMove(Statement statement, ServerConnection connection, SessionSettings to)
    {
        return SettingsMove.Write(connection.Wire.Loop.Writer, connection, to,
            MustSetId(statement) ? statement.Session.LastInsertId : null, reset: false, statement.NeedsCleanDiagnostics,
            beginsNothing: statement.Kind == CommandKind.InitDb && Bequest.AlwaysForgets(connection.Version),
            isInTransaction: statement.Session.InTransaction);
    }

    /// <summary>
    /// Whether LAST_INSERT_ID is set before the statement. To hide that of others, once is enough: it would be among the traces that the
    /// session has its server collect.
    /// </summary>
    internal static bool MustSetId(Statement statement) =>
        (statement.SetsInsertId || (statement.Decision.Needs & (PreviousFacts.LastInsertId | PreviousFacts.HiddenInsertId)) != 0)
        && statement.Session.Elsewhere.HasFlag(PreviousFacts.LastInsertId)
        && (statement.SetsInsertId || !statement.Session.InsertIdDoubt.IsCovered);

    private static void NoteIdSet(Statement statement, ServerConnection connection)
    {
        if (!MustSetId(statement))
            return;
        var session = statement.Session;
        connection.LastInsertId = session.LastInsertId;
        // What nobody can tell any more is not known by this either: the number only hides that of others.
        if (session.InsertIdDoubt.IsLost)
            session.InsertIdDoubt = session.InsertIdDoubt with { IsCovered = true };
        else
            session.Elsewhere &= ~PreviousFacts.LastInsertId;
    }

    private async LoopTask<bool> SendMoved(Statement statement, ServerConnection connection, int answers, bool grows)
    {
        meter.Moves++;
        var sharesTrip = statement.Decision.MayShareTrip && statement.IsWhole && statement.Kind == CommandKind.Query;
        var writer = connection.Wire.Loop.Writer;
        if (sharesTrip)
            writer.Packets(statement.Packet.Bytes);
        statement.Hold();
        if (!connection.Wire.Send(writer.Bytes) || !await connection.Wire.Flushed())
            return Lost(statement);
        if (!await ReadMove(statement, connection, statement.Session.Settings, answers))
            return false;
        BeginAnswer(statement, connection);
        Count(statement);
        if (sharesTrip)
            return true;
        if (grows)
            return await SendGrown(statement, connection, QueryPacket.Grow(statement, connection));
        if (!connection.Wire.Send(statement.Packet.Bytes))
            return Lost(statement);
        return statement.IsWhole && !connection.Wire.HasUnsent || await SendRest(statement, connection);
    }

    private LoopTask<bool> Move(Statement statement, ServerConnection connection, SessionSettings to)
    {
        connection.Wire.Loop.Writer.Clear();
        var answers = WriteMove(statement, connection, to);
        if (answers == 0)
        {
            NoteIdSet(statement, connection);
            return new(true);
        }
        meter.Moves++;
        statement.Hold();
        // Those statements leave a number of their own there; a piece of a parameter and a preparation leave it as it is then.
        statement.Session.Elsewhere |= PreviousFacts.RowCount;
        return connection.Wire.Send(connection.Wire.Loop.Writer.Bytes)
            ? ReadMove(statement, connection, to, answers)
            : new(Lost(statement));
    }

    private static async LoopTask<bool> ReadMove(
        Statement statement, ServerConnection connection, SessionSettings to, int answers)
    {
        var reply = await ServerReplies.Read(connection, answers);
        if (reply.IsOk)
        {
            connection.Applied = to;
            connection.NeedsTracking = false;
            if (statement.NeedsCleanDiagnostics)
                NoteCleaned(statement, connection);
            NoteIdSet(statement, connection);
            return true;
        }
        // The statement may be on its way already, under the wrong settings. It is harmless, and nobody sees its answer: the
        // connection goes.
        connection.IsBroken = true;
        statement.Refusal = reply.Kind == ServerReplyKind.Lost ? LostBefore : reply;
        statement.IsMoveRefused = reply.Kind == ServerReplyKind.Error;
        return false;
    }

    // What it did to the counts is nobody's.
    private static void NoteCleaned(Statement statement, ServerConnection connection)
    {
        connection.HoldsDiagnostics = false;
        statement.NeedsCleanDiagnostics = false;
        statement.Session.OfOthers = PreviousFacts.None;
    }

    private async LoopTask<bool> SendRest(Statement statement, ServerConnection connection)
    {
        if (!await connection.Wire.Flushed())
            return Lost(statement);
        if (statement.IsWhole)
            return true;
        return await EndRest(statement, connection, await Relay.Command(statement, connection, meter));
    }

    private static async LoopTask<bool> EndRest(Statement statement, ServerConnection connection, RelayEnd end)
    {
        if (end == RelayEnd.ClientLost)
        {
            // Half a statement is at the server: it will never run, and the connection cannot be used for another.
            connection.IsBroken = true;
            statement.Session.Wire.Close();
            return Lost(statement);
        }
        if (statement.Reader is { } reader)
        {
            statement.Facts = reader.Finish();
            statement.Decision = Decider.Decide(statement.Facts, statement.Server.Version!);
        }
        BeginAnswer(statement, connection);
        if (end == RelayEnd.Complete && !connection.IsBroken)
            return true;
        // A server that refuses a long statement may say so and hang up before it has all of it: its words matter more.
        if (!connection.Wire.ReadReady)
            await connection.Wire.Readable();
        return true;
    }

    private async LoopTask<bool> SendPrepared(Statement statement, ServerConnection connection, PreparedStatement prepared)
    {
        var text = statement.Wording ?? prepared.Text;
        var opensCursor = ExecutionPacket.OpensCursor(statement);
        var found = connection.Statements.Find(text, prepared, opensCursor);
        if (found is null)
        {
            statement.Hold();
            found = await Prepare(statement, connection, text);
            if (found is null)
                return false;
        }
        if (!await Move(statement, connection, statement.Session.Settings))
            return false;
        if (ExecutionPacket.OpensSomething(statement))
            connection.Statements.Keep(found, prepared, opensCursor);
        BeginAnswer(statement, connection);
        Count(statement);
        switch (ExecutionPacket.Send(statement, connection, prepared, found))
        {
            case ExecutionSend.Lost:
                return Lost(statement);
            case ExecutionSend.MustGrow:
                return await SendGrown(statement, connection, ExecutionPacket.Grow(statement, connection));
            case ExecutionSend.Unfit:
                statement.Refusal = UnfitExecution;
                return false;
            case ExecutionSend.Sent:
                break;
        }
        return statement.IsWhole && !connection.Wire.HasUnsent || await SendRest(statement, connection);
    }

    private static async LoopTask<bool> SendGrown(Statement statement, ServerConnection connection, GrownCommand command)
    {
        var end = await command.Run();
        statement.NoteBody(command.PacketsReceived);
        statement.SequenceShift = (byte)(command.PacketsReceived - command.PacketsSent);
        return await EndRest(statement, connection, end);
    }

    /// <summary>Prepares a text on a connection before anybody executes it there.</summary>
    internal async LoopTask<bool> PrepareAhead(Statement statement, ServerConnection connection, PreparedText text) =>
        await Prepare(statement, connection, text) is not null;

    // Another connection than the one where the client prepared the statement: prepared there under the same settings.
    private async LoopTask<ServerStatement?> Prepare(
        Statement statement, ServerConnection connection, PreparedText text)
    {
        meter.Reprepares++;
        // As a rule the session's present settings read the text as it was read before, and are what comes next anyway.
        var to = statement.Session.Settings.ReadingAs(text.Settings);
        // A piece of a parameter has no answer: nothing must keep it from being prepared (MySQL 5.6 when transactions only read).
        if (statement.Kind == CommandKind.StatementSendLongData)
        {
            to = to.Without("tx_read_only").Without("transaction_read_only");
            // Nor take anything away, which a server does not do to whom has the statement there.
            await Keepsake.TakeWarningsThere(statement.Session, connection);
        }
        if (connection.IsBroken ? Lost(statement) : !await Move(statement, connection, to))
            return null;
        var (reply, id) = await ServerPreparation.Run(connection, text);
        if (!reply.IsOk)
        {
            connection.IsBroken |= reply.Kind == ServerReplyKind.Lost;
            // A table has changed since the client's preparation: on its own connection the execution would hear the same.
            statement.Refusal = reply.Kind == ServerReplyKind.Lost ? LostBefore : reply with { IsAnswer = true };
            return null;
        }
        // What is there is of the preparation, and behind a piece there is what was there before.
        if (reply.HasWarnings && statement.Kind == CommandKind.StatementSendLongData)
            statement.Session.Elsewhere |= PreviousFacts.Diagnostics;
        var (added, toClose) = connection.Statements.Add(text, id, limits().PreparedMax);
        if (toClose is { } old)
            ServerPreparation.Close(connection, old);
        return added;
    }

    private static void BeginAnswer(Statement statement, ServerConnection connection)
    {
        var session = statement.Session;
        statement.Answer.Begin(session, connection, statement.Shape,
            statement.Kind == CommandKind.StatementPrepare ? session.Prepared.NextId : 0, statement.ReplySequence,
            statement.SequenceShift, isCall: (statement.Facts.Traits & StatementTraits.CallsProcedure) != 0,
            traces: FactTraces.Join(statement.Prepared?.Traces, statement.Traces), divert: statement.Recast?.Original,
            warnings: WarningsToRepeat(statement, connection), beginsElsewhere: BeginsElsewhere(statement, connection));
    }

    // A prepared statement runs in the schema in which it was prepared.
    private static bool BeginsElsewhere(Statement statement, ServerConnection connection) =>
        statement is { Prepared: { } prepared, Session: { WantsEof: true, Tracking.Schema: true } session } && connection.Version.IsMariaDb
        && prepared.Text.Settings.Schema != session.Settings.Schema;

    // MySQL repeats in its answer to COM_INIT_DB how many warnings the statement before has left: those of others, there.
    private static ushort? WarningsToRepeat(Statement statement, ServerConnection connection) =>
        statement.Kind == CommandKind.InitDb && !connection.Version.IsMariaDb
        && statement.Session.Elsewhere.HasFlag(PreviousFacts.Diagnostics)
            ? Bequest.WarningsToRepeat(statement.Session)
            : null;

    private void Count(Statement statement)
    {
        meter.Statements++;
        Leftovers.NoteSent(statement, statement.Session.Lease!.Connection);
        meter.BytesToServers += statement.Packet.Bytes.Length;
    }

    private static bool Lost(Statement statement)
    {
        statement.Session.Lease!.Connection.IsBroken = true;
        statement.Refusal = LostBefore;
        return false;
    }

    private static ServerReply UnfitExecution => new(ServerReplyKind.Error, SqlError.NotSupported.Code, SqlError.NotSupported.State,
        "An execution of 16 MiB or more cannot be sent without its attributes to a server that knows none");

    private static ServerReply LostBefore => new(ServerReplyKind.Lost, SqlError.ServerLost.Code, SqlError.ServerLost.State,
        "Lost connection to the server before the statement was sent");
}
