using System.Text;
using Microsoft.Extensions.Logging;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Compression;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>Commands that Seawall answers itself, and those that it knows nothing of.</summary>
internal sealed class CommandDesk(FrontDoor door, SchemaCheck schemas, ILogger logger)
{
    private const string Malformed = "Malformed communication packet.";

    private const int RefusedChangesMax = 3;

    private static readonly string[] s_kept =
        ["character_set_client", "character_set_connection", "character_set_results", CollationTable.OfResults, "collation_connection"];

    /// <summary>Answers a command; false ends the conversation.</summary>
    internal LoopTask<bool> AnswerHere(Session session, CommandKind kind, PacketSlice packet)
    {
        if (!packet.IsWhole)
            return new(BreaksRules(session, packet));
        switch (kind)
        {
            case CommandKind.Quit:
                return new(false);
            case CommandKind.Ping:
                return Ping(session);
            case CommandKind.SetOption:
                return SetOption(session, packet.Payload);
            case CommandKind.StatementClose when packet.Length < 1 + 4 && door.Facts.Primary?.Version is { IsMariaDb: false }:
                Bequest.NoteOwnError(session, SqlError.MalformedPacket, Malformed);
                return new(ClientReplies.SendError(session, 1, SqlError.MalformedPacket, Malformed));
            case CommandKind.StatementClose:
                CloseStatement(session, packet.Payload);
                return new(true);
            case CommandKind.ResetConnection:
                return ResetConnection(session);
            case CommandKind.ChangeUser:
                return ChangeUser(session, packet.Copy());
            default:
                door.Meter.OwnErrors++;
                return new(RefuseUnknown(session));
        }
    }

    /// <summary>The client broke the protocol: it hears what a server would say, and the conversation ends.</summary>
    internal bool BreaksRules(Session session, PacketSlice packet)
    {
        door.Meter.OwnErrors++;
        var (error, message) = packet.Sequence != 0
            ? (SqlError.PacketsOutOfOrder, "Got packets out of order")
            : packet.Length == 0
                ? (SqlError.UnknownCommand, "Unknown command")
                : (SqlError.PacketTooLarge, "Got a packet bigger than 'max_allowed_packet' bytes");
        EngineLog.ProtocolBroken(logger, session.Id, session.Wire.Peer, message);
        ClientReplies.SendError(session, (byte)(packet.Sequence + 1), error, message);
        session.Wish(SessionWishes.GoNow);
        return true;
    }

    /// <summary>The client has left without a word, or its wire has found that it breaks the rules, and tells it so.</summary>
    internal void NoteGone(Session session)
    {
        door.Meter.ClientsAborted++;
        if (session.Wire is not CompressedWire { Problem: { } problem })
            return;
        door.Meter.OwnErrors++;
        EngineLog.ProtocolBroken(logger, session.Id, session.Wire.Peer, problem);
    }

    /// <summary>Seawall is going down.</summary>
    internal bool RefuseClosing(Session session)
    {
        door.Meter.OwnErrors++;
        ClientReplies.SendError(session, 1, SqlError.ServerShutdown,
            "Seawall is shutting down; connect again [seawall: the statement did not run]");
        session.Wish(SessionWishes.GoNow);
        return true;
    }

    private static bool RefuseUnknown(Session session)
    {
        Bequest.NoteOwnError(session, SqlError.UnknownCommand, "Unknown command");
        return ClientReplies.SendError(session, 1, SqlError.UnknownCommand, "Unknown command");
    }

    private async LoopTask<bool> Ping(Session session)
    {
        var warnings = await WarningsBefore(session);
        if (StatusQuestion.IsDue(session))
            await StatusQuestion.Ask(session);
        Bequest.NoteOwnAnswer(session, rowCount: 0);
        return ClientReplies.SendOk(session, 1, warnings);
    }

    // MySQL repeats here how many warnings the statement before has left. An error does not tell how many came before it.
    private LoopTask<ushort> WarningsBefore(Session session)
    {
        if (door.Facts.Primary?.Version is not { IsMariaDb: false })
            return new((ushort)0);
        var isUnknown = session.HasUncountedWarnings && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics);
        return isUnknown && session.Lease is { Connection: var connection }
            ? AskWarnings(session, connection) : new(Bequest.WarningsToRepeat(session));
    }

    private static async LoopTask<ushort> AskWarnings(Session session, Servers.ServerConnection connection)
    {
        await Keepsake.TakeWarnings(session, connection);
        return Bequest.WarningsToRepeat(session);
    }

    private LoopTask<bool> SetOption(Session session, ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload[1..]);
        var option = reader.Int2();
        return reader.IsValid && option <= 1 ? SetOption(session, allowsSeveral: option == 0) : new(RefuseUnknown(session));
    }

    private async LoopTask<bool> SetOption(Session session, bool allowsSeveral)
    {
        var warnings = await WarningsBefore(session);
        if (StatusQuestion.IsDue(session))
            await StatusQuestion.Ask(session);
        session.Settings = session.Settings.WithMultiStatements(allowsSeveral);
        Bequest.NoteOwnAnswer(session, rowCount: -1);
        return ClientReplies.SendEnd(session, 1, warnings);
    }

    private static void CloseStatement(Session session, ReadOnlySpan<byte> payload)
    {
        var reader = new FieldReader(payload[1..]);
        var id = reader.Int4();
        if (!reader.IsValid || session.PreparedOrNull is not { } prepared || prepared.Find(id, knowsLast: false) is not { } statement)
            return;
        // A cursor ends with its statement. The server has it open as long as it knows the statement.
        if (session.Lease is { } lease && lease.Connection.Statements.RemoveKept(statement) is { } serverId)
            Servers.ServerPreparation.Close(lease.Connection, serverId);
        prepared.Remove(id);
        if (session.Pins is not { } pins)
            return;
        var name = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        pins.Remove(PinReasons.Cursor, name);
        pins.Remove(PinReasons.LongData, name);
        session.Unpin(PinReasons.None);
        // Nobody else would: the client may be silent for hours now.
        if (session.Pins is null && !session.InTransaction)
            Aftermath.LetGo(session);
    }

    // Whatever the session has on a connection is swept off it before anybody else gets it, and before the answer: others may wait for
    // its locks.
    private async LoopTask<bool> ResetConnection(Session session)
    {
        await ForgetAll(session);
        session.Settings = LoginSettings.AfterReset(
                door.Settings.Fresh, session.LoginSettings, door.Facts.Primary, session.Capabilities)
            .AfterReset(session.Settings.Schema)
            .WithMultiStatements(session.Settings.MultiStatements);
        return ClientReplies.SendOk(session, 1);
    }

    private async LoopTask<bool> ChangeUser(Session session, byte[] payload)
    {
        // MariaDB's own limit against guessing. A change that succeeds gives no new guesses.
        if (session.RefusedChanges >= RefusedChangesMax)
            return ClientReplies.SendError(session, 1, SqlError.UnknownCommand, "Unknown command");
        var request = ChangeUserRequest.Read(payload, session.Capabilities);
        if (!request.IsValid)
            return ClientReplies.SendError(session, 1, SqlError.MalformedPacket, "Malformed communication packet") && false;
        var user = Encoding.UTF8.GetString(request.User);
        var plugin = Encoding.ASCII.GetString(request.AuthPlugin);
        var response = request.AuthResponse.ToArray();
        var collation = request.HasCollation ? request.Collation : CollationTable.Dial;
        var schema = request.Schema.IsEmpty ? null : CharacterSets.Decode(request.Schema, door.Facts.Primary, collation);
        var attributes = request.Attributes.ToArray();
        if (door.Facts.Primary?.Version is { CanResetConnection: false })
            await ForgetAllButTheLastStatement(session);
        else
            await ForgetAll(session);
        session.Pool = null;
        session.Attributes = door.Share(attributes);
        return await LogInAgain(session, new LoginExchange(session, 1), user, plugin, response, schema, collation);
    }

    // MariaDB takes the warnings away that it keeps. Of those that it only counts, with max_error_count = 0, the number stays.
    private async LoopTask ForgetAll(Session session)
    {
        var mayStay = session is { LastResult.Warnings: > 0 }
            && (session.Settings["max_error_count"] == "0" || session.KeptWarnings is { Rows.Count: 0 })
            && door.Facts.Primary?.Version is { IsMariaDb: true };
        if (mayStay && session.Lease is { Connection: var connection })
            await Keepsake.TakeWarningsThere(session, connection);
        var (last, kept) = (session.LastResult, session.KeptWarnings);
        await Aftermath.LetGoOfAll(session);
        session.ForgetState(door.Facts.Primary);
        if (!mayStay || kept is not { Rows.Count: 0 })
            return;
        session.LastResult = session.LastResult with { Warnings = last.Warnings, IsError = last.IsError };
        session.KeptWarnings = kept with { Warnings = kept.Warnings ?? 1, Errors = kept.Errors ?? (last.IsError ? 1 : 0) };
    }

    // MySQL 5.6 leaves warnings and LAST_INSERT_ID() as they are.
    private async LoopTask ForgetAllButTheLastStatement(Session session)
    {
        if (session is { Lease: { } lease, LastResult.Warnings: > 0 } && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics))
            await Keepsake.TakeWarnings(session, lease.Connection);
        if (session is { Lease: { Connection.IsBroken: false } held, InsertIdDoubt: { IsOpen: true, IsLost: false } })
            await Keepsake.TakeInsertId(session, held.Connection);
        await Aftermath.LetGoOfAll(session);
        var (last, kept, count, insertId) = (session.LastResult, session.KeptWarnings, Bequest.WarningsToRepeat(session), session.LastInsertId);
        var isUnknown = session.InsertIdDoubt.IsOpen;
        session.ForgetState(door.Facts.Primary);
        session.LastResult = session.LastResult with { Warnings = last.Warnings, IsError = last.IsError };
        (session.KeptWarnings, session.AnswerWarnings, session.LastInsertId) = (kept, count, insertId);
        session.InsertIdDoubt = default(InsertIdDoubt) with { IsOpen = isUnknown, IsLost = isUnknown };
    }

    private async LoopTask<bool> LogInAgain(
        Session session, LoginExchange exchange, string user, string plugin, byte[] response, string? schema, int collation)
    {
        var facts = door.Facts;
        var authentication = new ClientAuthentication(exchange, door, facts.Accounts, nonceFor: null);
        var limit = new LoginLimit(session);
        door.Loop.Arm(limit, door.Options.LoginMsMax);
        var unfit = CollationTable.Refusal(facts.Primary, collation);
        var refusal = unfit ?? await authentication.Run(user, plugin, response);
        door.Loop.Timers.Disarm(limit);
        if (exchange.IsOver)
            return false;
        if (authentication.Accepted is not { } account)
        {
            exchange.SendError(refusal.Error, refusal.Message);
            door.Refused(session, user, refusal.Reason);
            if (facts.Primary is { Version.IsMariaDb: true })
                return GoOnAsBefore(session);
            await session.Wire.Flushed();
            return false; // As at MySQL: a failed change of user ends the connection.
        }
        var before = (session.Account, session.LoginSettings, session.Settings);
        session.Account = account;
        session.LoginSettings = ConnectorNet.Begin(
            LoginSettings.Of(door.Settings.Fresh, facts.Primary, collation, session.Capabilities), facts.Primary, session.Attributes)
            .WithMultiStatements(before.Settings.MultiStatements); // A change of user leaves what COM_SET_OPTION has said.
        session.Settings = session.LoginSettings;
        session.BeginWithGlobals(facts.Primary);
        if (schema is null || await schemas.Enter(session, schema, exchange))
            return exchange.SendOk(session.AnswerWarnings);
        if (exchange.IsOver || facts.Primary is not { Version.IsMariaDb: true })
            return false;
        (session.Account, session.LoginSettings, session.Settings) = before;
        session.Pool = null;
        return GoOnAsBefore(session);
    }

    // At MariaDB the client stays who it was, in its schema and its character set, and loses all else.
    private static bool GoOnAsBefore(Session session)
    {
        session.RefusedChanges++;
        var before = session.Settings;
        var settings = session.LoginSettings.WithSchema(before.Schema).WithMultiStatements(before.MultiStatements);
        foreach (var name in s_kept)
        {
            if (before[name] is { } value)
                settings = settings.With(name, value);
        }
        session.Settings = settings;
        return true;
    }

    private sealed class LoginLimit(Session session) : TimerNode
    {
        protected internal override void OnDue() => session.Wire.Close();
    }
}
