using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>Takes up commands that go to a server: reads what they are, and refuses what makes no sense. One for each loop.</summary>
internal sealed class StatementDesk(FrontDoor door)
{
    /// <summary>The longest text that can be prepared: it must be kept, to prepare it again elsewhere.</summary>
    private const int PreparedTextMax = 1024 * 1024;

    /// <summary>
    /// The longest beginning of an execution: 65,535 values, which is what a server counts up to, with a type of two bytes and
    /// a name of a dozen.
    /// </summary>
    private const int HeadMax = 1024 * 1024;

    private readonly Stack<Statement> _free = [];

    /// <summary>Begins with a command; its bytes are good until the next await.</summary>
    internal Statement Begin(Session session, PacketSlice packet)
    {
        var world = door.Facts;
        var statement = _free.TryPop(out var kept) ? kept : new Statement();
        var server = ServerOf(session, world);
        if (session.GlobalsEpoch != server.Globals.Epoch && session.Lease is null)
            session.KeepOldGlobals(server);
        statement.Begin(session, world, server, packet, door.Loop.TurnBegan);
        session.Current = statement;
        return statement;
    }

    /// <summary>Decides what is to be done with it, at the server that it goes to.</summary>
    internal static void Decide(Statement statement)
    {
        var decision = statement.Kind == CommandKind.StatementPrepare
            ? Decider.DecidePreparation(statement.Facts)
            : Decider.Decide(statement.Facts, statement.Server.Version!);
        if (ReleasesByType(statement))
            decision = decision with { EndsConnection = true };
        var asked = InsertIds.NeededByNull(statement);
        statement.Decision = asked == PreviousFacts.None ? decision : decision with { Needs = decision.Needs | asked };
    }

    // With completion_type = RELEASE a server closes the connection after each COMMIT and ROLLBACK that does not say NO RELEASE.
    private static bool ReleasesByType(Statement statement)
    {
        if ((statement.Facts.Traits & StatementTraits.EndsTransaction) == 0 || statement.Kind == CommandKind.StatementPrepare
            || (statement.Facts.Traits & StatementTraits.Xa) != 0)
        {
            return false;
        }
        const string type = "completion_type";
        var value = statement.Session.Settings[type] ?? statement.Server.Globals.Values.GetValueOrDefault(type);
        return value is "RELEASE" or "2" && !SaysRelease(statement.Prepared is { } prepared ? prepared.Text.Text : statement.Text);
    }

    private static bool SaysRelease(ReadOnlySpan<byte> text)
    {
        var word = "release"u8;
        for (var i = 0; i + word.Length <= text.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(text.Slice(i, word.Length), word))
                return true;
        }
        return false;
    }

    /// <summary>The command is done with.</summary>
    internal void End(Statement statement)
    {
        var session = statement.Session;
        statement.Passage.End(door.Loop, statement.Answer.Facts.IsError);
        door.Meter.Statement.Record(door.Loop.MicrosecondsSince(statement.StartedAt));
        if (statement.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute)
            door.Meter.Kinds[(int)statement.Facts.Kind]++;
        session.Current = null;
        session.LastCommand = (statement.Kind, statement.Facts.Kind);
        session.ActiveMs = door.Loop.NowMs;
        statement.End(door.Loop.NowMs);
        _free.Push(statement);
    }

    /// <summary>Finds out what the command is; false when it has been answered already.</summary>
    internal static LoopTask<bool> Read(Statement statement)
    {
        if (statement.Kind == CommandKind.StatementPrepare)
            statement.Session.PreparedOrNull?.ForgetLast();
        if (statement.Server.Version is null)
            return new(RefuseUnseen(statement));
        switch (statement.Kind)
        {
            case CommandKind.Query:
                return new(ReadText(statement));
            case CommandKind.StatementPrepare:
                return ReadPreparation(statement);
            case CommandKind.StatementExecute:
                return ReadPrepared(statement) ? ReadExecution(statement) : new(false);
            case CommandKind.StatementBulkExecute when !statement.Server.Version.IsMariaDb:
                return new(RefuseUnknown(statement));
            case CommandKind.StatementBulkExecute when !statement.Session.Capabilities.HasFlag(Capabilities.MariaDbBulk):
                return new(statement.IsWhole ? Answer(statement.Session, SqlError.NotPreparable,
                    "This command is not supported in the prepared statement protocol yet") : RefuseLong(statement));
            case CommandKind.StatementBulkExecute:
                return ReadPrepared(statement) ? ReadExecution(statement) : new(false);
            case CommandKind.StatementSendLongData:
            case CommandKind.StatementFetch:
                return new(ReadPrepared(statement));
            case CommandKind.StatementReset:
                return !ReadPrepared(statement) ? new(false) : IsThere(statement) ? new(true) : SayReset(statement);
            case CommandKind.InitDb:
                statement.Facts = new StatementFacts(StatementKind.Use, StatementTraits.Use, 1);
                break;
            case CommandKind.Refresh:
                // FLUSH in another form: it ends the transaction, and asks for the same right.
                statement.Facts = new StatementFacts(StatementKind.Flush, StatementTraits.ImplicitCommit, 1);
                break;
            case CommandKind.ProcessKill:
                statement.Facts = new StatementFacts(StatementKind.Kill, StatementTraits.Kills, 1);
                break;
        }
        return new(statement.IsWhole || RefuseLong(statement));
    }

    // A reload may have named another primary a moment ago, which was not seen yet. Who has a connection goes on with it.
    private static ServerFacts ServerOf(Session session, FactsSnapshot world) =>
        world.Primary is { Version: null } unseen && session.Lease is { } lease
            ? unseen with { Version = lease.Connection.Version }
            : world.Primary!;

    private static bool RefuseUnseen(Statement statement)
    {
        var server = statement.Server;
        if (!statement.IsWhole)
            statement.Session.Wish(SessionWishes.GoNow); // The rest of it cannot be told from a new command.
        return statement.Kind != CommandKind.StatementSendLongData && Answer(statement.Session, SqlError.ServerNotAvailable,
            $"Seawall has not reached server '{server.Id}' at {server.Endpoint} yet: {server.Problem ?? "no answer so far"}; "
            + "trying again is safe");
    }

    private static bool ReadText(Statement statement)
    {
        if (statement.Session.SendsAttributes)
        {
            if (!QueryAttributeReader.TryFindText(statement.Packet.Payload[1..], statement.IsWhole, out var textAt))
                return statement.IsWhole ? RefuseMalformed(statement) : RefuseLong(statement, "attributes of a statement");
            statement.TextAt += textAt;
        }
        var dialect = DialectOf(statement.Session, statement.Server);
        if (statement.IsWhole)
        {
            statement.Facts = StatementLexer.Read(statement.Text, dialect);
            return (statement.Facts.Traits & (StatementTraits.LoadsLocalFile | StatementTraits.ExecutesText)) == 0
                || ((statement.Facts.Traits & StatementTraits.LoadsLocalFile) == 0 && !TextsOfFiles.Asks(statement)) || MaySendFiles(statement);
        }
        // What it is will be known when it has gone by; until then nothing good is assumed.
        statement.Reader = new LongStatement(dialect);
        statement.Reader.Feed(statement.Text);
        statement.Facts = new StatementFacts(StatementKind.Other, StatementTraits.ReadsLastInsertId, 1);
        return true;
    }

    // The server connection may be one that offers it; the client said at its login that it does not.
    private static bool MaySendFiles(Statement statement)
    {
        if (statement.Session.Capabilities.HasFlag(Capabilities.LocalFiles))
            return true;
        var (error, message) = LocalFile.Refusal(statement.Server.Version!);
        return Answer(statement.Session, error, message);
    }

    private static async LoopTask<bool> ReadPreparation(Statement statement)
    {
        var session = statement.Session;
        if (statement.IsWhole)
            statement.Hold(); // The text outlives the answer.
        else if (statement.Packet.Length > PreparedTextMax)
            return RefuseLong(statement);
        else if (!await Gather(statement, statement.Packet.Length))
            return false;
        // Only when all of it has been taken: the rest would be read as the client's next commands.
        if (!session.Prepared.HasRoom)
        {
            return Answer(session, SqlError.TooManyPrepared,
                $"Can't create more than max_prepared_stmt_count statements (this client has {session.Prepared.Count}; Seawall "
                + $"keeps {PreparedStatements.CountMax} for one, and {PreparedStatements.BytesMax >> 20} MiB of texts)");
        }
        statement.Facts = StatementLexer.Read(statement.Text, DialectOf(session, statement.Server));
        return true;
    }

    private static bool ReadPrepared(Statement statement)
    {
        var session = statement.Session;
        // MariaDB reads whatever lies behind the packet, and knows no such statement; here what is missing is 0.
        if (statement.Server.Version is { IsMariaDb: false } && statement.Packet.Length < ShortestOf(statement.Kind))
            return RefuseMalformed(statement);
        var reader = new FieldReader(statement.Packet.Payload[1..]);
        var id = reader.Int4();
        statement.Prepared = reader.IsValid ? session.PreparedOrNull?.Find(id, statement.Server.Version!.ExecutesLastPrepared) : null;
        if (statement.Prepared is { } prepared)
        {
            switch (statement.Kind)
            {
                case CommandKind.StatementExecute or CommandKind.StatementBulkExecute when prepared.HasStrayPiece:
                    // As servers answer until the statement is reset.
                    return statement.IsWhole
                        ? Answer(session, SqlError.WrongArguments, $"Incorrect arguments to {PieceCheckerOf(statement)}")
                        : RefuseLong(statement);
                case CommandKind.StatementExecute or CommandKind.StatementBulkExecute when prepared.HasLostPiece && statement.IsWhole:
                    prepared.HasLostPiece = false;
                    return Answer(session, SqlError.NotSupported, "A piece of a parameter is lost, because the statement could not be prepared "
                        + "on the connection that it came to; send all again [seawall: the statement did not run]");
                case CommandKind.StatementBulkExecute when prepared.IsOwn:
                    return statement.IsWhole ? Answer(session, SqlError.NotPreparable,
                        "This command is not supported in the prepared statement protocol yet") : RefuseLong(statement);
                case CommandKind.StatementExecute or CommandKind.StatementBulkExecute:
                    statement.Facts = prepared.Facts;
                    return (statement.Facts.Traits & StatementTraits.LoadsLocalFile) == 0
                        || (statement.IsWhole ? MaySendFiles(statement) : RefuseLong(statement));
                case CommandKind.StatementSendLongData when prepared.IsOwn || (reader.Int2() >= prepared.Parameters && reader.IsValid):
                    // The server's own statement would be of no use to anybody until it is reset, and others have it as well.
                    prepared.HasStrayPiece = true;
                    return !statement.IsWhole && RefuseLong(statement);
                case CommandKind.StatementReset:
                    prepared.HasStrayPiece = prepared.HasLostPiece = false;
                    break;
            }
            return HasWhereToGo(statement);
        }
        if (statement.Kind == CommandKind.StatementSendLongData)
            return !statement.IsWhole && RefuseLong(statement); // It has no answer; the execution will say what is wrong.
        if (!statement.IsWhole)
            return RefuseLong(statement);
        return Answer(session, SqlError.UnknownStatement,
            $"Unknown prepared statement handler ({id}) given to {CheckerOf(statement)}");
    }

    // The types must be here before the execution goes: they are remembered, and put in a form that the server connection reads.
    private static LoopTask<bool> ReadExecution(Statement statement) =>
        HasHead(statement) || statement.IsWhole ? new(true) : GatherHead(statement);

    // Clients tell the types once, whether the execution that has them comes to a server or not.
    private static bool HasHead(Statement statement)
    {
        var payload = statement.Packet.Payload;
        var prepared = statement.Prepared!;
        if (statement.Kind == CommandKind.StatementBulkExecute)
            return BulkHead.Read(payload, prepared.Parameters).IsValid;
        var head = ExecutionHead.Read(payload, prepared.Parameters, statement.Session.SendsAttributes);
        if (head.IsValid)
            prepared.NoteTypes(head);
        return head.IsValid;
    }

    private static async LoopTask<bool> GatherHead(Statement statement)
    {
        if (!await Gather(statement, Math.Min(statement.Packet.Length, HeadMax)))
            return false;
        return HasHead(statement) || statement.IsWhole || RefuseLong(statement, "the types and names of an execution");
    }

    // A cursor and pieces of parameters are on the connection that the session keeps; without one there are none.
    private static bool HasWhereToGo(Statement statement)
    {
        var session = statement.Session;
        switch (statement.Kind)
        {
            case CommandKind.StatementFetch when !session.PinReasons.HasFlag(PinReasons.Cursor):
                return Answer(session, SqlError.NoOpenCursor,
                    $"The statement ({statement.Prepared!.Id}) has no open cursor{(statement.Server.Version!.IsMariaDb ? "" : ".")}");
            default:
                return true;
        }
    }

    private static bool IsThere(Statement statement) => statement.Session.Lease is { Connection.Statements: var known }
        && known.Find(statement.Prepared!.Text, statement.Prepared) is not null;

    // The connection has nothing of it to be reset; and to prepare it there would take the warnings away.
    private static async LoopTask<bool> SayReset(Statement statement)
    {
        var session = statement.Session;
        if (StatusQuestion.IsDue(session))
            await StatusQuestion.Ask(session);
        Bequest.NoteReset(session);
        ClientReplies.SendOk(session, 1);
        return false;
    }

    // Reads more of a long command, up to so many bytes of it, into one piece of memory; false when the client has gone.
    private static async LoopTask<bool> Gather(Statement statement, int length)
    {
        var session = statement.Session;
        var packet = statement.Packet;
        var all = new byte[Inbox.Headroom + PacketHeader.Size + length];
        packet.Bytes.CopyTo(all.AsSpan(Inbox.Headroom));
        var have = Inbox.Headroom + PacketHeader.Size + packet.Available;
        var beganMs = session.Wire.Loop.NowMs;
        while (have < all.Length)
        {
            var count = session.Inbox.TakeHeld(all.AsSpan(have));
            if (count == 0)
                count = session.Wire.ReadReady ? session.Wire.Receive(all.AsSpan(have)) : WireResult.Later;
            if (count > 0)
                have += count;
            else if (count == WireResult.Later)
                await Relay.WaitPatiently(session, beganMs, have);
            else
            {
                session.Wire.Close();
                return false;
            }
        }
        statement.Replace(new PacketSlice(all, Inbox.Headroom, length, packet.Length));
        return true;
    }

    // What follows cannot be told from a new command without reading it all, so the conversation ends, as at a server.
    private static bool RefuseLong(Statement statement, string? what = null)
    {
        Answer(statement.Session, SqlError.PacketTooLarge, "Got a packet bigger than 'max_allowed_packet' bytes ("
            + (what is null ? $"{NameOf(statement.Kind)}: {statement.Packet.Length})" : $"{what}: more than {statement.Packet.Available})"));
        statement.Session.Wish(SessionWishes.GoNow);
        return false;
    }

    private static bool RefuseUnknown(Statement statement) =>
        statement.IsWhole ? Answer(statement.Session, SqlError.UnknownCommand, "Unknown command") : RefuseLong(statement);

    // The number of a statement, and of a parameter or of rows.
    private static int ShortestOf(CommandKind kind) => kind switch
    {
        CommandKind.StatementSendLongData => 1 + 4 + 2,
        CommandKind.StatementFetch => 1 + 4 + 4,
        _ => 1 + 4,
    };

    private static bool RefuseMalformed(Statement statement) =>
        Answer(statement.Session, SqlError.MalformedPacket, "Malformed communication packet.");

    private static bool Answer(Session session, SqlError error, string message)
    {
        Bequest.NoteOwnError(session, error, message);
        ClientReplies.SendError(session, 1, error, message);
        return false;
    }

    // Servers name the function of theirs that missed it; MySQL has one for all commands since 8.0.
    private static string CheckerOf(Statement statement) =>
        statement.Server.Version is { IsMariaDb: false, Number: >= 80000 } ? "mysql_stmt_precheck" : NameOf(statement.Kind);

    private static string PieceCheckerOf(Statement statement) =>
        statement.Server.Version is { IsMariaDb: false, Number: >= 80000 } ? "mysql_stmt_precheck" : "mysqld_stmt_send_long_data";

    private static string NameOf(CommandKind kind) => kind switch
    {
        CommandKind.StatementExecute or CommandKind.StatementBulkExecute => "mysqld_stmt_execute",
        CommandKind.StatementFetch => "mysqld_stmt_fetch",
        CommandKind.StatementReset => "mysqld_stmt_reset",
        CommandKind.StatementPrepare => "mysqld_stmt_prepare",
        _ => kind.ToString(),
    };

    private static SqlDialect DialectOf(Session session, ServerFacts server)
    {
        if (!ReferenceEquals(session.DialectOf, session.Settings))
        {
            session.DialectOf = session.Settings;
            session.Dialect = SessionDialect.Of(session.SettingsWithOldGlobals(server), server);
        }
        return session.Dialect;
    }
}
