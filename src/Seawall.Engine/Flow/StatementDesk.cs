using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
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

    private readonly Stack<Statement> _free = [];

    /// <summary>Begins with a command; its bytes are good until the next await.</summary>
    internal Statement Begin(Session session, PacketSlice packet)
    {
        var world = door.Facts;
        var statement = _free.TryPop(out var kept) ? kept : new Statement();
        statement.Begin(session, world, ServerOf(session, world), packet, door.Loop.TurnBegan);
        session.Current = statement;
        return statement;
    }

    /// <summary>The command is done with.</summary>
    internal void End(Statement statement)
    {
        var session = statement.Session;
        door.Meter.Statement.Record(door.Loop.MicrosecondsSince(statement.StartedAt));
        if (statement.Kind is CommandKind.Query or CommandKind.StatementExecute)
            door.Meter.Kinds[(int)statement.Facts.Kind]++;
        session.Current = null;
        session.LastCommand = (statement.Kind, statement.Facts.Kind);
        session.ActiveMs = door.Loop.NowMs;
        statement.End();
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
            case CommandKind.StatementSendLongData:
            case CommandKind.StatementFetch:
            case CommandKind.StatementReset:
                return new(ReadPrepared(statement));
            case CommandKind.InitDb:
                statement.Facts = new StatementFacts(StatementKind.Use, StatementTraits.Use, 1);
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
        var dialect = DialectOf(statement.Session, statement.Server);
        if (statement.IsWhole)
        {
            statement.Facts = StatementLexer.Read(statement.Text, dialect);
            return (statement.Facts.Traits & StatementTraits.LoadsLocalFile) == 0 || MaySendFiles(statement);
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
        var version = statement.Server.Version!;
        return version switch
        {
            { IsMariaDb: true } => Answer(statement.Session, SqlError.LocalFilesOffMariaDb, "The used command is not allowed "
                + "because the MariaDB server or client has disabled the local infile capability"),
            { Number: >= 80000 } => Answer(statement.Session, SqlError.LocalFilesOff,
                "Loading local data is disabled; this must be enabled on both the client and server sides"),
            _ => Answer(statement.Session, SqlError.CommandNotAllowed,
                "The used command is not allowed with this MySQL version"),
        };
    }

    private static async LoopTask<bool> ReadPreparation(Statement statement)
    {
        var session = statement.Session;
        if (statement.IsWhole)
            statement.Hold(); // The text outlives the answer.
        else if (!await Gather(statement))
            return RefuseLong(statement);
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
        var reader = new FieldReader(statement.Packet.Payload[1..]);
        var id = reader.Int4();
        statement.Prepared = reader.IsValid ? session.PreparedOrNull?.Find(id, statement.Server.Version!.ExecutesLastPrepared) : null;
        if (statement.Prepared is { } prepared)
        {
            statement.Facts = statement.Kind == CommandKind.StatementExecute ? prepared.Facts : default;
            return HasWhereToGo(statement);
        }
        if (statement.Kind == CommandKind.StatementSendLongData)
            return !statement.IsWhole && RefuseLong(statement); // It has no answer; the execution will say what is wrong.
        if (!statement.IsWhole)
            return RefuseLong(statement);
        return Answer(session, SqlError.UnknownStatement,
            $"Unknown prepared statement handler ({id}) given to {CheckerOf(statement)}");
    }

    // A cursor and pieces of parameters are on the connection that the session keeps; without one there are none.
    private static bool HasWhereToGo(Statement statement)
    {
        var session = statement.Session;
        switch (statement.Kind)
        {
            case CommandKind.StatementFetch when !session.PinReasons.HasFlag(PinReasons.Cursor):
                return Answer(session, SqlError.NoOpenCursor,
                    $"The statement ({statement.Prepared!.Id}) has no open cursor.");
            case CommandKind.StatementReset when session.Lease is null:
                ClientReplies.SendOk(session, 1);
                return false;
            default:
                return true;
        }
    }

    // Reads the rest of a long command into one piece of memory.
    private static async LoopTask<bool> Gather(Statement statement)
    {
        var length = statement.Packet.Length;
        if (length > PreparedTextMax)
            return false;
        var session = statement.Session;
        var all = new byte[PacketHeader.Size + length];
        statement.Packet.Bytes.CopyTo(all);
        var have = PacketHeader.Size + statement.Packet.Available;
        while (have < all.Length)
        {
            var count = session.Inbox.TakeHeld(all.AsSpan(have));
            if (count == 0)
                count = session.Wire.ReadReady ? session.Wire.Receive(all.AsSpan(have)) : WireResult.Later;
            if (count > 0)
                have += count;
            else if (count == WireResult.Later)
                await Relay.WaitPatiently(session.Wire);
            else
                return false;
        }
        statement.Replace(new PacketSlice(all, 0, length, length));
        return true;
    }

    // What follows cannot be told from a new command without reading it all, so the conversation ends, as at a server.
    private static bool RefuseLong(Statement statement)
    {
        Answer(statement.Session, SqlError.PacketTooLarge,
            $"Got a packet bigger than 'max_allowed_packet' bytes ({NameOf(statement.Kind)}: {statement.Packet.Length})");
        statement.Session.Wish(SessionWishes.GoNow);
        return false;
    }

    private static bool Answer(Session session, SqlError error, string message)
    {
        ClientReplies.SendError(session, 1, error, message);
        return false;
    }

    // Servers name the function of theirs that missed it; MySQL has one for all commands since 8.0.
    private static string CheckerOf(Statement statement) =>
        statement.Server.Version is { IsMariaDb: false, Number: >= 80000 } ? "mysql_stmt_precheck" : NameOf(statement.Kind);

    private static string NameOf(CommandKind kind) => kind switch
    {
        CommandKind.StatementExecute => "mysqld_stmt_execute",
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
            session.Dialect = SessionDialect.Of(session.Settings, server);
        }
        return session.Dialect;
    }
}
