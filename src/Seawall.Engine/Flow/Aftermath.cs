using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// What a statement leaves behind: what the session now has set, why it keeps its connection, or that it gives it back.
/// </summary>
internal sealed class Aftermath(FrontDoor door, PreparedTexts texts, ILogger logger)
{
    /// <summary>How long a connection is held, with nobody waiting for it, because its warnings may be asked for.</summary>
    private const int SoftHoldMsMax = 1_000;

    /// <summary>
    /// The same where the client is known to ask for what cannot be kept otherwise: longer than programs think. Not so long that those
    /// who wait for the connection would give up: half of <c>pool.wait_ms_max</c> if that is less.
    /// </summary>
    private const int FactsHoldMsMax = 10_000;

    /// <summary>What a server says to writes that its options forbid, read_only among them.</summary>
    private const int ReadOnlyOption = 1290, ReadOnlyMode = 1836;

    /// <summary>What is left out, to see that it is missed: <see cref="EngineOptions.Untracked"/>.</summary>
    internal UntrackedState Untracked { get; init; }

    /// <summary>Settles a statement whose answer has ended; false ends the conversation.</summary>
    internal LoopTask<bool> Settle(Statement statement, RelayEnd end) =>
        statement.Cancellation is { } cancellation && end == RelayEnd.Complete
            ? SettleCancelled(statement, cancellation)
            : SettleNow(statement, end);

    // What was said to end it must have arrived before its connection is used again, by whomever.
    private async LoopTask<bool> SettleCancelled(Statement statement, Cancellation cancellation)
    {
        await cancellation.Finish(statement.Session.Lease!.Connection, statement.Answer.Facts);
        return await SettleNow(statement, RelayEnd.Complete);
    }

    private LoopTask<bool> SettleNow(Statement statement, RelayEnd end)
    {
        var session = statement.Session;
        if (end == RelayEnd.ClientLost)
            return new(SettleClientLoss(session));
        if (end == RelayEnd.FileRefused)
            return new(SettleRefusedFile(statement));
        if (end != RelayEnd.Complete)
            return new(SettleLoss(statement));
        var facts = statement.Answer.Facts;
        var pinsBefore = session.PinReasons;
        Bequest.Note(statement, facts, session.Lease!.Connection);
        if (statement.Cancellation is { HasSwept: true })
            session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.FoundRows | PreviousFacts.Diagnostics;
        if (facts.IsError)
        {
            door.Meter.Errors++;
            if (facts.ErrorCode is ReadOnlyOption or ReadOnlyMode)
                door.LookSoon(statement.Server.Id); // Perhaps it is the primary no more.
            if (HangsUpAfter(facts.ErrorCode) || HasKilledItself(statement, facts))
                return SettleHangUp(statement, facts, pinsBefore);
        }
        return SettleAnswered(statement, facts, pinsBefore);
    }

    private LoopTask<bool> SettleAnswered(Statement statement, AnswerFacts facts, PinReasons pinsBefore)
    {
        var session = statement.Session;
        if (statement.Kind is not CommandKind.Query)
            SettleCommand(statement, facts);
        if (Untracked.HasFlag(UntrackedState.Settings))
            session.Settings = session.Lease!.Connection.Applied = statement.SettingsBefore;
        if (Untracked.HasFlag(UntrackedState.Pins) || IsPlain(statement, session, facts))
        {
            GiveBackUnlessNeeded(session);
            return new(true);
        }
        return SettleRest(statement, facts, pinsBefore);
    }

    /// <summary>Settles a statement that was not sent; false ends the conversation.</summary>
    internal async LoopTask<bool> SettleUnsent(Statement statement)
    {
        var session = statement.Session;
        if (!statement.IsTaken && !session.Wire.IsClosed)
            await Relay.Command(statement, null, door.Meter);
        var wasUnderWay = session.IsUnderWay;
        var refusal = statement.Refusal;
        if (session.Lease is { } lease)
        {
            lease.Connection.HoldsDiagnostics |= refusal.IsAnswer;
            if (lease.Connection.IsBroken)
            {
                session.Lease = null;
                lease.Discard();
            }
            else if (refusal.IsAnswer && statement.Kind is not (CommandKind.StatementSendLongData or CommandKind.StatementReset))
                HoldRefused(session, lease.Connection);
            else if (!wasUnderWay)
                session.Lease = ReturnClean(lease);
        }
        if (session.Wire.IsClosed)
            return false;
        if (refusal.IsAnswer && statement is { Kind: CommandKind.StatementSendLongData, Prepared: { } prepared })
        {
            // A piece has no answer; what its preparation has left there is nobody's.
            session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.Diagnostics;
            prepared.HasLostPiece = true;
            return true;
        }
        if (statement.Kind == CommandKind.StatementReset && refusal.IsAnswer)
            return SayReset(session);
        door.Meter.OwnErrors++;
        var error = new SqlError(refusal.Code, refusal.State);
        var message = refusal.IsAnswer ? refusal.Message : $"{refusal.Message} [seawall: the statement did not run]";
        if (!refusal.IsAnswer || session.Lease is null)
            Bequest.NoteOwnError(session, error, message);
        ClientReplies.SendError(session, statement.ReplySequence, error, message, hasAllWords: refusal.IsAnswer);
        statement.EndIfUnanswered();
        // What was open there is gone with the connection, and the client must not go on as if it were not.
        return !(wasUnderWay && session.Lease is null);
    }

    // The statement is not there, and cannot be prepared there now: there is nothing of it to reset.
    private static bool SayReset(Session session)
    {
        Bequest.NoteReset(session);
        session.Elsewhere |= PreviousFacts.Diagnostics; // What is there is of the preparation.
        return ClientReplies.SendOk(session, 1);
    }

    /// <summary>The client leaves: its connection is cleaned of what it left there.</summary>
    internal static void Leave(Session session)
    {
        session.Wire.Loop.Timers.Disarm(session);
        LetGo(session);
        session.PreparedOrNull?.Clear();
    }

    /// <summary>Gives back whatever connection the session keeps, to be cleaned of what the session left there.</summary>
    internal static void LetGo(Session session)
    {
        if (session.Lease is not { } lease)
            return;
        session.Lease = null;
        if (MustEnd(session, lease))
        {
            lease.Discard();
            return;
        }
        lease.Connection.IsDirty |= session.IsUnderWay;
        lease.Return();
    }

    /// <summary>The same, and what the session had there is gone when it returns: locks, a transaction, an XA transaction's name.</summary>
    internal static async LoopTask LetGoOfAll(Session session)
    {
        if (session is not { Lease: { } lease, IsUnderWay: true })
        {
            LetGo(session);
            return;
        }
        session.Lease = null;
        var mustEnd = MustEnd(session, lease);
        if (session.PinReasons.HasFlag(PinReasons.Xa) && await XaProbe.MayBePrepared(lease.Connection))
            lease.Discard();
        else
            await lease.Clean(endsConnection: mustEnd);
    }

    private static bool MustEnd(Session session, Lease lease)
    {
        // No reset takes away what XA PREPARE has left: MariaDB 10.11 answers everything afterwards with error 1031 and keeps the
        // locks. Nor does it take away a role, on any server; nor the change of user, where there is no reset, a TIMESTAMP or
        // an INSERT_ID.
        var stays = PinReasons.Xa | PinReasons.Role
            | (lease.Connection.Version.CanResetConnection ? PinReasons.None : PinReasons.UnmovableVariable);
        return (session.PinReasons & stays) != 0;
    }

    /// <summary>
    /// A connection is held only in case its warnings are asked for, and others need it: keeps the warnings, gives it back.
    /// </summary>
    internal static async LoopTask GiveUpSoftHold(Session session)
    {
        if (session.Lease is not { } lease || session.IsUnderWay)
            return;
        await Keepsake.Take(session, lease.Connection);
        session.Unpin(PinReasons.Soft);
        session.Lease = ReturnClean(lease);
    }

    // What the server said to a preparation of Seawall's own is the answer to the client's execution: it may be asked about.
    private static void HoldRefused(Session session, ServerConnection connection)
    {
        Bequest.NoteRefusal(session, connection);
        session.Pin(PinReasons.Diagnostics);
        if (!session.IsUnderWay)
            HoldSoftly(session);
    }

    private static Lease? ReturnClean(Lease lease)
    {
        lease.Return();
        return null;
    }

    // Most statements: nothing pins, nothing went wrong, nothing was set that is not known already.
    private static bool IsPlain(Statement statement, Session session, AnswerFacts facts) =>
        !statement.Decision.HasConsequences && session.Pins is null && !facts.IsError && !facts.HadWarnings
        && !facts.HasNamelessChange && !facts.HasUnmovableChange && !Bequest.IsWanted(session) && !PinLedger.KeepsNumber(session)
        && (session.Status & (ServerStatus.Autocommit | ServerStatus.InTransaction)) != 0;

    private static void GiveBackUnlessNeeded(Session session)
    {
        if (session.InTransaction || session.Pins is not null)
            return;
        var lease = session.Lease!;
        session.LastLease = lease.Mark;
        session.Lease = null;
        lease.Return();
    }

    private void SettleCommand(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        switch (statement.Kind)
        {
            case CommandKind.StatementPrepare when !facts.IsError:
                AddPrepared(statement, facts, connection);
                break;
            case CommandKind.InitDb when !facts.IsError && !connection.TracksSession:
                SessionLearning.SetSchema(session, connection, CharacterSets.Decode(statement.Text,
                    session.Settings["character_set_client"] ?? statement.Server.ClientCharacterSet));
                break;
            case CommandKind.StatementSendLongData:
                // One pin for all pieces: the execution takes away one.
                if (session.Pins?.Holds(PinReasons.LongData, Name(statement)) != true)
                    session.Pin(PinReasons.LongData, Name(statement), StatementText.DigestOf(statement));
                break;
            // MySQL since 8.0 did not get as far as to take the pieces: it answers so until the statement is reset, to whomever.
            case CommandKind.StatementExecute when facts.ErrorCode == SqlError.MalformedPacket.Code
                && session.Pins?.Holds(PinReasons.LongData, Name(statement)) == true:
                break;
            case CommandKind.StatementExecute:
            case CommandKind.StatementBulkExecute:
                session.Pins?.Remove(PinReasons.LongData, Name(statement));
                // With values that it refuses a server has not begun to execute: the cursor of the execution before is still open.
                if (!facts.RefusesValues)
                    SettleCursor(statement, facts);
                break;
            case CommandKind.StatementFetch:
                SettleCursor(statement, facts);
                break;
            case CommandKind.StatementReset:
                session.Pins?.Remove(PinReasons.LongData, Name(statement));
                session.Pins?.Remove(PinReasons.Cursor, Name(statement));
                Share(statement, connection);
                break;
        }
        session.Unpin(PinReasons.None);
    }

    private static void SettleCursor(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        var name = Name(statement);
        if (!facts.IsError && facts.Status.HasFlag(ServerStatus.CursorExists) && !facts.Status.HasFlag(ServerStatus.LastRowSent))
        {
            if (session.Pins?.Holds(PinReasons.Cursor, name) != true)
                session.Pin(PinReasons.Cursor, name, StatementText.DigestOf(statement));
            return;
        }
        session.Pins?.Remove(PinReasons.Cursor, name);
        Share(statement, session.Lease!.Connection);
    }

    private static void Share(Statement statement, ServerConnection connection)
    {
        if (!statement.Prepared!.IsAlone && connection.Statements.Share(statement.Prepared!) is { } superfluous)
            ServerPreparation.Close(connection, superfluous);
    }

    private static string Name(Statement statement) =>
        statement.Prepared!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void AddPrepared(Statement statement, AnswerFacts facts, ServerConnection connection)
    {
        var session = statement.Session;
        var text = texts.Hold(statement.Text, statement.SettingsBefore.ForParsing);
        var prepared = session.Prepared.Add(text, statement.Facts, facts.Prepared.Parameters, statement.Traces);
        var (added, toClose) = connection.Statements.Add(text, facts.Prepared.StatementId, session.Pool!.Limits.PreparedMax);
        if (toClose is { } old)
            ServerPreparation.Close(connection, old);
        if (prepared.IsAlone)
            connection.Statements.Keep(added, prepared);
    }

    private async LoopTask<bool> SettleRest(Statement statement, AnswerFacts facts, PinReasons pinsBefore)
    {
        var session = statement.Session;
        var decision = statement.Decision;
        // The server may have been told not to report even this: the connection is told again before the next statement.
        if ((statement.Facts.Traits & StatementTraits.SetsSessionTracking) != 0)
        {
            session.Lease!.Connection.NeedsTracking = session.Lease.Connection.TracksSession;
            await Keepsake.TakeWarningsThere(session, session.Lease.Connection); // To be told takes them away.
        }
        // Of several statements the earlier ones have set what they set, also when a later one has failed.
        var mayHaveSet = !facts.IsError || statement.Facts.Statements > 1;
        if (decision.ChangesGlobals && mayHaveSet)
            await GlobalChanges.Tell(statement, door);
        // A question without a table is not the transaction for which SET TRANSACTION has spoken (MariaDB 10.11, MySQL 9.7 and 5.6).
        if (decision.AsksSettings && mayHaveSet && !await AskSettings(statement, facts))
            session.Pin(PinReasons.UnknownState, StatementText.DigestOf(statement));
        if (decision.ForgetsSettings)
            session.Settings = session.Lease!.Connection.Applied = statement.SettingsBefore;
        PinLedger.Update(statement, facts);
        if (LateReports.AreLeft(statement, facts))
            await LateReports.Ask(statement, facts);
        if (facts.Below is { } below)
            await Keepsake.TakeOnTop(session, session.Lease!.Connection, below);
        Bequest.PinWanted(session);
        NotePins(session, pinsBefore);
        if (decision.EndsConnection && !facts.IsError)
        {
            // The server closes its side now, and a client that asked for that expects the same of this one.
            session.Lease!.Discard();
            session.Lease = null;
            return false;
        }
        if (session.Pins is null || session.InTransaction || session.IsUnderWay)
            GiveBackUnlessNeeded(session);
        else
            HoldSoftly(session);
        return true;
    }

    // The questions are statements as well: what the client's own left is taken first.
    private static async LoopTask<bool> AskSettings(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        await Keepsake.TakeWarningsThere(session, connection);
        var isDone = !connection.IsBroken && await SettingsQuestion.Ask(statement, facts);
        session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.FoundRows | PreviousFacts.Diagnostics;
        return isDone;
    }

    private void NotePins(Session session, PinReasons before)
    {
        var now = session.PinReasons & ~PinReasons.Soft;
        var added = now & ~before;
        if (added == PinReasons.None)
            return;
        door.Meter.NotePins(added);
        EngineLog.Pinned(logger, session.Id, session.Account!.User, PinCatalog.Words(now));
    }

    // Others go first: if somebody waits, the connection is given up before the client's next statement. Not so if the client is
    // known to ask for what would be lost.
    private static void HoldSoftly(Session session)
    {
        session.LastLease = session.Lease!.Mark;
        if (session.PinReasons.HasFlag(PinReasons.Facts))
        {
            session.Wire.Loop.Arm(session, Math.Min(FactsHoldMsMax, session.Pool!.Limits.WaitMsMax / 2));
            return;
        }
        if (session.Pool!.Waiting > 0)
            session.Wish(SessionWishes.GiveUpSoftHold);
        else
            session.Pool.HoldSoftly(session.Lease, () => session.Wish(SessionWishes.GiveUpSoftHold));
        session.Wire.Loop.Arm(session, SoftHoldMsMax);
    }

    // What servers say before they close the connection: a packet that is too large or comes out of turn, trouble with the
    // network, a shutdown, a kill, silence for too long.
    private static bool HangsUpAfter(ushort code) => code is (>= 1153 and <= 1161) or 1053 or 1927 or 4031;

    // By the server's own number. MySQL says no more than that the statement was interrupted, and closes the connection.
    private static bool HasKilledItself(Statement statement, AnswerFacts facts) =>
        (statement.Facts.Traits & StatementTraits.Kills) != 0 && facts.ErrorCode == SqlError.Interrupted.Code;

    private static void Lose(Session session)
    {
        session.Lease!.Connection.IsBroken = true;
        session.Lease.Discard();
        session.Lease = null;
    }

    // The next statement must not meet the hang-up. What was open there is gone with it, and so the conversation ends. But a SIGNAL can say any
    // number, and servers say some of these of others that they have lost: whoever answers has not hung up.
    private async LoopTask<bool> SettleHangUp(Statement statement, AnswerFacts facts, PinReasons pinsBefore)
    {
        var session = statement.Session;
        await StatusQuestion.Ask(session);
        if (!session.Lease!.Connection.IsBroken)
            return await SettleAnswered(statement, facts, pinsBefore);
        var wasUnderWay = session.IsUnderWay;
        Lose(session);
        session.Unpin(PinReasons.Soft);
        // Of several statements one may have ended the connection that the client takes for its own.
        return !wasUnderWay && (statement.Facts.Statements == 1 || (statement.Facts.Traits & StatementTraits.Kills) == 0);
    }

    // Half a file is at the server, which must not take it for the whole.
    private static bool SettleClientLoss(Session session)
    {
        Lose(session);
        session.Wire.Close();
        return false;
    }

    // The server waits for a file, and whatever it were told would be taken for one. Nobody has sent a byte of it, so nothing of
    // the statement has run; what was open on the connection is gone with it.
    private bool SettleRefusedFile(Statement statement)
    {
        var session = statement.Session;
        var wasUnderWay = session.IsUnderWay;
        Lose(session);
        door.Meter.OwnErrors++;
        var (error, message) = LocalFile.Refusal(statement.Server.Version!);
        Bequest.NoteOwnError(session, error, message);
        ClientReplies.SendError(session, statement.Answer.NextSequence, error, message);
        return !wasUnderWay;
    }

    private bool SettleLoss(Statement statement)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        var answer = statement.Answer;
        var wasUnderWay = session.IsUnderWay;
        connection.IsBroken = true;
        if (statement.Recast is null)
            answer.BreakOff();
        // Of an answer that was to be changed nothing has been sent.
        var canSpeak = (answer.IsBetweenPackets || statement.Recast is not null) && !session.Wire.IsClosed;
        var sequence = statement.Recast is null ? answer.NextSequence : statement.ReplySequence;
        session.Lease.Discard();
        session.Lease = null;
        door.Meter.ServersLost++;
        door.LookSoon(statement.Server.Id);
        EngineLog.ServerLost(logger, statement.Server.Id.Name, session.Id, session.Account!.User,
            wasUnderWay ? "its transaction or state there is lost" : "whether the statement ran is not known");
        if (!canSpeak)
            return false;
        door.Meter.OwnErrors++;
        ClientReplies.SendError(session, sequence, SqlError.ServerLost,
            "Lost connection to the server during query [seawall: whether the statement ran is not known]");
        return !wasUnderWay;
    }
}
