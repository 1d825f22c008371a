using System.Runtime.InteropServices;
using System.Text;
using Seawall.Captures;
using Seawall.Captures.Files;
using Seawall.Captures.Records;
using Seawall.Engine.Captures;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Writes down what clients do on one loop, while somebody wants that: into the loop's ring, from which a thread carries it to the disk.
/// Never waits, and what finds no room is lost; of a statement nothing is allocated.
/// </summary>
internal sealed class Scribe(FrontDoor door) : ICapturingLoop
{
    private readonly Stack<CommandDraft> _free = [];
    private readonly FieldBytes _record = new();
    private CapturePlan? _plan;
    private CaptureRing? _ring;
    private ReservoirDice _dice;

    /// <inheritdoc/>
    public Loop Loop => door.Loop;

    /// <summary>Whether anything is captured.</summary>
    internal bool IsOn => _plan is not null;

    /// <inheritdoc/>
    public void Follow(CapturePlan plan, CaptureRing ring)
    {
        _plan = plan;
        _ring = ring;
        _dice = new ReservoirDice(plan.PerSecond);
    }

    /// <inheritdoc/>
    public void Leave(int plan)
    {
        if (_plan?.Number != plan)
            return;
        _plan = null;
        _ring = null;
        _free.Clear(); // Each as long as the longest command that it has had: of use to nobody until the next capture.
    }

    /// <summary>A login has ended; <paramref name="isIn"/>: the client is in.</summary>
    internal void LoggedIn(Session session, ClientLogin login, bool isIn, long startedAt)
    {
        if (_plan is not { } plan)
            return;
        var exchange = login.Exchange;
        var figures = FiguresOf(session) with
        {
            AcceptUs = plan.UsOf(startedAt),
            LoginUs = (uint)Math.Min(door.Loop.MicrosecondsSince(startedAt), uint.MaxValue),
            TlsUs = login.TlsUs,
            Collation = (ushort)login.Collation,
            RoundTrips = (ushort)exchange.Exchanges,
            PacketsIn = (ushort)exchange.Exchanges,
            PacketsOut = (ushort)Math.Max(0, exchange.Packets - exchange.Exchanges),
            End = isIn ? LoginEnd.In : session.Wire.PeerGone || exchange.IsOver ? LoginEnd.Gone : LoginEnd.Refused,
            ErrorCode = exchange.ErrorCode,
        };
        if (isIn)
            NoteOf(session, plan);
        Put(CaptureEntry.Connection, new ConnectionEvent
        {
            Figures = figures,
            Source = SourceOf(session),
            Listener = session.Listener ?? "",
            User = login.User,
            Schema = login.Schema ?? "",
            FirstPlugin = login.FirstPlugin,
            AccountPlugin = isIn ? login.AccountPlugin : "",
            Attributes = AttributePairs.Of(session.Attributes),
        });
    }

    /// <summary>Somebody was turned away before the greeting.</summary>
    internal void TurnedAway(Wire wire, string listener)
    {
        if (_plan is not { } plan)
            return;
        Put(CaptureEntry.Connection, new ConnectionEvent
        {
            Figures = new ConnectionFigures { AcceptUs = plan.UsOf(door.Loop.Timestamp()), IsLocal = wire.Peer.IsUnix, End = LoginEnd.TurnedAway },
            Source = wire.Peer.IsUnix ? "" : wire.Peer.ToIPAddress().ToString(),
            Listener = listener,
        });
    }

    /// <summary>A connection has ended.</summary>
    internal void Left(Session session)
    {
        if (_plan is not { } plan || session.Note is not { } note || note.Plan != plan.Number)
            return;
        _record.Clear();
        RecordWriter.ConnectionEnd(_record, new EndFigures
        {
            Connection = session.Id,
            FirstCommandUs = note.FirstCommandUs,
            CloseUs = plan.UsOf(door.Loop.Timestamp()),
            Commands = note.Commands,
            Reason = note.SaidGoodbye ? CloseReason.Goodbye : session.Wire.PeerGone ? CloseReason.HungUp : CloseReason.SentAway,
        });
        Put(CaptureEntry.ConnectionEnd);
    }

    /// <summary>A command that goes to a server has come; its bytes are good now and not later.</summary>
    internal void Begin(Statement statement)
    {
        if (!Takes(statement.Session, statement.StartedAt, out var note))
            return;
        var draft = _free.TryPop(out var kept) ? kept : new CommandDraft();
        draft.Begin(statement.Packet.Payload, statement.Packet.IsWhole);
        if (statement.Kind == CommandKind.Query && statement.Session.SendsAttributes
            && QueryAttributeReader.TryFindText(draft.Payload[1..], draft.IsWhole, out var textAt))
        {
            draft.TextAt += textAt;
        }
        draft.Schema = statement.Session.Settings.Schema;
        draft.Figures.RequestBytes = (uint)(MySql.Framing.PacketHeader.Size + statement.Packet.Length);
        draft.Figures.StandsFor = note.StandsFor;
        statement.Answer.Tally = draft.Tally;
        statement.Draft = draft;
    }

    /// <summary>It has ended, however that was.</summary>
    internal void End(Statement statement)
    {
        var draft = statement.Draft!;
        statement.Draft = null;
        statement.Answer.Tally = null;
        var session = statement.Session;
        if (_plan is { } plan && session.Note is { } note && note.Plan == plan.Number)
        {
            ref var figures = ref draft.Figures;
            CaptureWords.Fill(ref figures, statement, draft, plan, door.Loop.Timestamp());
            NumberTransaction(ref figures, statement, note);
            Put(statement, draft, ref figures);
        }
        draft.Forget();
        if (IsOn)
            _free.Push(draft);
    }

    /// <summary>A command that Seawall answers itself.</summary>
    internal void Here(Session session, CommandKind kind, PacketSlice packet)
    {
        var now = door.Loop.TurnBegan;
        var isTaken = Takes(session, now, out var note);
        note.SaidGoodbye = kind == CommandKind.Quit; // How a connection ends is told of all, whether their commands are or not.
        if (!isTaken || note.SaidGoodbye)
            return;
        var figures = new CommandFigures
        {
            Connection = session.Id,
            StartUs = _plan!.UsOf(now),
            Command = kind,
            End = CommandEnd.AnsweredHere,
            RequestBytes = (uint)(MySql.Framing.PacketHeader.Size + packet.Length),
            Status = session.Status,
            Sample = _plan.OneIn > 0 ? SampleReason.Window : SampleReason.Reservoir,
            StandsFor = note.StandsFor,
            Transaction = session.InTransaction ? note.Transaction : 0,
            Marks = session.InTransaction ? TransactionMarks.WasOpen : TransactionMarks.None,
        };
        ReadOnlySpan<byte> text = default, parameters = default;
        if (kind == CommandKind.ChangeUser)
            text = ChangeUserRequest.Read(packet.Payload, session.Capabilities).User; // And nothing else: the rest is a proof.
        else if (kind == CommandKind.StatementClose && packet.Payload.Length >= 5)
            figures.StatementId = MemoryMarshal.Read<uint>(packet.Payload[1..]);
        else if (kind == CommandKind.SetOption)
            parameters = packet.Payload[1..];
        Put(ref figures, text.IsEmpty ? TextRole.None : TextRole.Name, default, true, session.Settings?.Schema, text, parameters, default, default);
    }

    // Whether a command of the session is captured. The first one tells of the session, which was there before.
    private bool Takes(Session session, long timestamp, out ConnectionNote note)
    {
        var plan = _plan!;
        note = session.Note is { } known && known.Plan == plan.Number ? known : Meet(session, plan);
        note.Commands++;
        if (note.FirstCommandUs == 0)
            note.FirstCommandUs = plan.UsOf(timestamp);
        if (plan.OneIn > 0)
        {
            // Not from the middle of a transaction: it is whole, or not there.
            if (!note.IsIn && !session.InTransaction && session.Id / (uint)Math.Max(1, door.LoopCount) % plan.OneIn == 0)
            {
                note.IsIn = true;
                note.StandsFor = plan.OneIn;
            }
            return note.IsIn;
        }
        if (!session.InTransaction)
        {
            note.IsIn = _dice.Draw(door.Loop.Random, door.Loop.NowMs);
            note.StandsFor = _dice.StandsFor;
        }
        return note.IsIn;
    }

    private ConnectionNote Meet(Session session, CapturePlan plan)
    {
        var note = NoteOf(session, plan);
        Put(CaptureEntry.Connection, new ConnectionEvent
        {
            Figures = FiguresOf(session) with { AcceptUs = plan.UsOf(door.Loop.Timestamp()), WasThere = true },
            Source = SourceOf(session),
            Listener = session.Listener ?? "",
            User = session.Account?.User ?? "",
            Schema = session.Settings?.Schema ?? "",
            Attributes = AttributePairs.Of(session.Attributes),
            Settings = CaptureWords.Settings(session),
        });
        return note;
    }

    private static ConnectionNote NoteOf(Session session, CapturePlan plan)
    {
        var note = session.Note ??= new ConnectionNote();
        note.Begin(plan.Number);
        return note;
    }

    private static ConnectionFigures FiguresOf(Session session)
    {
        var tls = session.Wire.Tls ?? default;
        return new ConnectionFigures
        {
            Connection = session.Id,
            Capabilities = (ulong)session.Capabilities,
            TlsVersion = tls.Version,
            TlsCipher = tls.Cipher,
            TlsResumed = tls.IsResumed,
            IsLocal = session.Wire.Peer.IsUnix,
        };
    }

    private static string SourceOf(Session session) => session.Wire.Peer.IsUnix ? "" : session.Wire.Peer.ToIPAddress().ToString();

    private static void NumberTransaction(ref CommandFigures figures, Statement statement, ConnectionNote note)
    {
        var (was, isOpen) = (statement.WasInTransaction, statement.Session.InTransaction);
        if (was)
            figures.Marks |= TransactionMarks.WasOpen;
        if (isOpen)
            figures.Marks |= TransactionMarks.IsOpen;
        // BEGIN within one ends it, and begins another.
        if (isOpen && (!was || statement.Facts.Kind is StatementKind.Begin))
            note.Transaction++;
        figures.Transaction = was || isOpen ? note.Transaction : 0;
    }

    private void Put(Statement statement, CommandDraft draft, ref CommandFigures figures)
    {
        var payload = draft.Payload;
        ReadOnlySpan<byte> text = default, parameters = default;
        var role = TextRole.None;
        var isWhole = draft.IsWhole;
        switch (statement.Kind)
        {
            case CommandKind.Query or CommandKind.StatementPrepare:
                role = TextRole.Statement;
                text = payload[Math.Min(draft.TextAt, payload.Length)..];
                break;
            case CommandKind.InitDb or CommandKind.FieldList:
                role = TextRole.Name;
                text = payload[1..];
                break;
            default:
                if (statement.Prepared is not { } prepared)
                    break;
                role = TextRole.Prepared;
                text = prepared.Text.Text;
                isWhole &= CaptureWords.TryFindParameters(statement, prepared, payload, out parameters);
                break;
        }
        Put(ref figures, role, statement.Session.Dialect, isWhole, draft.Schema, text, parameters, draft.Tally.SqlState, draft.Tally.Gtid);
    }

    private void Put(
        ref CommandFigures figures, TextRole role, in SqlDialect dialect, bool isWhole, string? schema, ReadOnlySpan<byte> text,
        ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> state, ReadOnlySpan<byte> gtid)
    {
        text = text[..Math.Min(text.Length, CaptureLimits.TextBytes)];
        var schemaBytes = schema is null ? 0 : Encoding.UTF8.GetByteCount(schema);
        var head = new CommandHead
        {
            Figures = figures,
            Dialect = dialect,
            Role = role,
            IsWhole = isWhole,
            Schema = schemaBytes,
            Text = text.Length,
            Parameters = parameters.Length,
            SqlState = state.Length,
            Gtid = gtid.Length,
        };
        var room = _ring!.Reserve(
            CaptureEntry.CommandBytes + schemaBytes + text.Length + parameters.Length + state.Length + gtid.Length);
        if (room.IsEmpty)
            return;
        room[0] = CaptureEntry.Command;
        MemoryMarshal.Write(room[1..], head);
        room = room[CaptureEntry.CommandBytes..];
        if (schema is not null)
            Encoding.UTF8.GetBytes(schema, room);
        room = room[schemaBytes..];
        text.CopyTo(room);
        room = room[text.Length..];
        parameters.CopyTo(room);
        room = room[parameters.Length..];
        state.CopyTo(room);
        gtid.CopyTo(room[state.Length..]);
        _ring.Commit();
    }

    private void Put(byte kind, ConnectionEvent connection)
    {
        _record.Clear();
        RecordWriter.Write(_record, connection);
        Put(kind);
    }

    private void Put(byte kind)
    {
        var room = _ring!.Reserve(1 + _record.Length);
        if (room.IsEmpty)
            return;
        room[0] = kind;
        _record.Span.CopyTo(room[1..]);
        _ring.Commit();
    }
}
