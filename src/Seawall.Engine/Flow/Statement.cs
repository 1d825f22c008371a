using System.Buffers;
using Seawall.Engine.Captures;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// One command of a client that a server must answer, on its way through the rooms. Objects are kept by the loop and used
/// again: a statement allocates none.
/// </summary>
internal sealed class Statement
{
    /// <summary>Most statements are shorter, and are kept in a piece of memory that stays with this object.</summary>
    private const int SmallBytes = 512;

    private byte[]? _small;
    private byte[]? _held;
    private FrontDoor? _holdsLoginsOf;
    private IAccountSource? _changesAccountsOf;
    private SpillGate? _spill;
    private SpillReason _spillReason;
    private StatementWords _words;
    private bool _hasWords;

    /// <summary>Who said it.</summary>
    internal Session Session { get; private set; } = null!;

    /// <summary>What is known of the world; the same for the whole statement.</summary>
    internal FactsSnapshot World { get; private set; } = FactsSnapshot.Empty;

    /// <summary>The server that it goes to.</summary>
    internal ServerFacts Server { get; private set; } = null!;

    /// <summary>Whether that is a replica, which only reads.</summary>
    internal bool IsOnReplica { get; private set; }

    /// <summary>When it was sent there, in the loops' milliseconds.</summary>
    internal long PlacedMs { get; private set; }

    /// <summary>Where it is counted; null where nothing is.</summary>
    internal FreshnessSlot? CountedAt { get; private set; }

    /// <summary>The command.</summary>
    internal CommandKind Kind { get; private set; }

    /// <summary>Its bytes: all of them, or the beginning of a long one.</summary>
    internal PacketSlice Packet { get; private set; }

    /// <summary>Where its text begins in the payload: behind the first byte, and behind attributes.</summary>
    internal int TextAt { get; set; } = 1;

    /// <summary>What the lexer says of its text.</summary>
    internal StatementFacts Facts { get; set; }

    /// <summary>Reads the rest of a long one.</summary>
    internal LongStatement? Reader { get; set; }

    /// <summary>The prepared statement that it is about.</summary>
    internal PreparedStatement? Prepared { get; set; }

    /// <summary>What is to be done with it.</summary>
    internal Decision Decision { get; set; }

    /// <summary>The rows that its answer must have: warnings that its connection does not know.</summary>
    internal Recast? Recast { get; set; }

    /// <summary>What its text has that the client did not write, and must not read.</summary>
    internal FactTraces? Traces { get; set; }

    /// <summary>The facts that stand in its text now.</summary>
    internal PreviousFacts Told { get; set; }

    /// <summary>What is executed in place of the prepared statement, with facts in it; held once for this.</summary>
    internal PreparedText? Wording { get; set; }

    /// <summary>Whether warnings and counts of others must be swept off the connection before it runs.</summary>
    internal bool NeedsCleanDiagnostics { get; set; }

    /// <summary>Whether LAST_INSERT_ID() must be set on the connection before it runs, for later ones to tell what changes it.</summary>
    internal bool SetsInsertId { get; set; }

    /// <summary>
    /// Whether it could not be sent because the server refused to move the connection to its session's settings: another
    /// connection may not have what this one cannot get rid of.
    /// </summary>
    internal bool IsMoveRefused { get; set; }

    /// <summary>Why it could not be sent.</summary>
    internal ServerReply Refusal { get; set; }

    /// <summary>The number of the first packet of its answer: one more than that of its own last packet.</summary>
    internal byte ReplySequence { get; private set; } = 1;

    /// <summary>What must be added to the numbers of the server's packets, when it got more packets than the client sent.</summary>
    internal byte SequenceShift { get; set; }

    /// <summary>Whether all of it has been taken from the client.</summary>
    internal bool IsTaken { get; private set; }

    /// <summary>The answer to it.</summary>
    internal Answer Answer { get; } = new();

    /// <summary>Its place in the line for a server connection; null when it does not wait for one.</summary>
    internal PoolWaiter? Waiter { get; set; }

    /// <summary>Its way through the sluice of its server.</summary>
    internal Passage Passage { get; } = new();

    /// <summary>Whether the server that it was for is the primary no more, and it has not been sent to it.</summary>
    internal bool HasMoved { get; set; }

    /// <summary>Where it is counted as being in flight; null when it has no server connection.</summary>
    internal ServerPulse.Beat? Beat { get; private set; }

    /// <summary>What is captured of it; null: nothing is.</summary>
    internal CommandDraft? Draft { get; set; }

    /// <summary>Whether it waits for its turn, or for a server connection.</summary>
    internal bool IsWaiting => Waiter is not null || Passage.Waiting is not null;

    /// <summary>Whether a server has it, and has not answered to the end.</summary>
    internal bool IsAtServer { get; set; }

    /// <summary>Whether somebody has ended it before it was sent.</summary>
    internal bool IsKilled { get; private set; }

    /// <summary>What was done to have the server end it; null as long as nobody wanted that.</summary>
    internal Cancellation? Cancellation { get; set; }

    /// <summary>Looks after its answer when the client has gone; null as long as it is there.</summary>
    internal Overtime? Overtime { get; set; }

    /// <summary>When it came.</summary>
    internal long StartedAt { get; private set; }

    /// <summary>The settings of its session before it.</summary>
    internal SessionSettings SettingsBefore { get; private set; } = null!;

    /// <summary>Whether a transaction was open before it.</summary>
    internal bool WasInTransaction { get; private set; }

    /// <summary>Whether it was for certain: no error has come since, which may have ended it and does not tell.</summary>
    internal bool WasSurelyInTransaction { get; private set; }

    /// <summary>What its answer looks like.</summary>
    internal ResponseShape Shape => ResponseShapes.Of(Kind);

    /// <summary>Whether all of it is here.</summary>
    internal bool IsWhole => Packet.IsWhole && Packet.Length < PacketHeader.LengthMax;

    /// <summary>The text of COM_QUERY and COM_STMT_PREPARE, as far as it is here.</summary>
    internal ReadOnlySpan<byte> Text => Packet.Payload[TextAt..];

    /// <summary>What a client that may have attributes said of COM_QUERY: read it with <see cref="QueryAttributeReader"/>.</summary>
    internal ReadOnlySpan<byte> Attributes => Packet.Payload[1..TextAt];

    /// <summary>What it says of itself.</summary>
    internal ref readonly StatementWords Words
    {
        get
        {
            if (!_hasWords)
                (_words, _hasWords) = (StatementWords.Read(this), true);
            return ref _words;
        }
    }

    /// <summary>Begins with a command.</summary>
    internal void Begin(Session session, FactsSnapshot world, ServerFacts server, PacketSlice packet, long startedAt)
    {
        Session = session;
        World = world;
        Server = server;
        Packet = packet;
        Kind = (CommandKind)packet.Payload[0];
        TextAt = 1;
        StartedAt = startedAt;
        IsTaken = IsWhole;
        ReplySequence = 1;
        SettingsBefore = session.Settings;
        WasInTransaction = session.InTransaction;
        WasSurelyInTransaction = session is { InTransaction: true, HasStatusInDoubt: false };
    }

    /// <summary>Whether its bytes are its own, and are there until it ends.</summary>
    internal bool IsHeld => _held is not null;

    /// <summary>Whether <see cref="Hold"/> needs no memory for it.</summary>
    internal bool IsSmall => Inbox.Headroom + Packet.Bytes.Length <= SmallBytes;

    /// <summary>It has a server connection from now on.</summary>
    internal void TakeOff(ServerPulse.Beat beat)
    {
        if (Beat is not null)
            return;
        Beat = beat;
        beat.InFlight++;
    }

    /// <summary>It has none any more.</summary>
    internal void Land()
    {
        if (Beat is { } beat)
            beat.InFlight--;
        Beat = null;
    }

    /// <summary>Copies its bytes out of the loop's buffer, before something is awaited. Doing it twice does nothing.</summary>
    internal void Hold()
    {
        if (_held is not null)
            return;
        var bytes = Packet.Bytes;
        var size = Inbox.Headroom + bytes.Length;
        _held = size <= SmallBytes ? _small ??= new byte[SmallBytes] : ArrayPool<byte>.Shared.Rent(size);
        bytes.CopyTo(_held.AsSpan(Inbox.Headroom));
        Packet = Packet with { Array = _held, Offset = Inbox.Headroom };
    }

    /// <summary>All of it has been taken from the client, in so many packets.</summary>
    internal void NoteBody(byte packets)
    {
        IsTaken = true;
        ReplySequence = packets;
    }

    /// <summary>
    /// A command that has no answer was refused. The client takes the error for the answer to its next command, so it must be
    /// the last that it hears: everything after it would be one answer off.
    /// </summary>
    internal void EndIfUnanswered()
    {
        if (Shape == ResponseShape.None)
            Session.Wish(SessionWishes.GoNow);
    }

    /// <summary>It goes to a replica.</summary>
    internal void GoToReplica(ServerFacts replica, long nowMs)
    {
        Server = replica;
        PlacedMs = nowMs;
        IsOnReplica = true;
    }

    /// <summary>Whether it is to be placed anew, because its replica was lost or taken out before its client has heard anything.</summary>
    internal bool GoesElsewhere { get; set; }

    /// <summary>How often it was placed anew.</summary>
    internal int Tries { get; private set; }

    /// <summary>The replica that it comes from then; it does not go there again.</summary>
    internal ServerId LostAt { get; private set; }

    /// <summary>Its replica was lost or taken out, or has no connection for it: nothing of it has happened anywhere that anybody would see.</summary>
    internal void ComeBack(FactsSnapshot world, ServerFacts primary)
    {
        LostAt = Server.Id;
        Tries++;
        GoesElsewhere = IsOnReplica = IsMoveRefused = NeedsCleanDiagnostics = SetsInsertId = false;
        Refusal = default;
        SequenceShift = 0;
        CountAt(null);
        Land();
        GoTo(world, primary);
    }

    /// <summary>It has one of the primary's places for reads of replicas.</summary>
    internal void SpillAt(SpillGate gate, SpillReason reason, long nowMs) => (_spill, _spillReason, PlacedMs) = (gate, reason, nowMs);

    /// <summary>Whether it has one.</summary>
    internal bool IsSpilled => _spill is not null;

    /// <summary>The place goes on beyond the statement; null when it has none.</summary>
    internal HeldSpill? KeepSpill()
    {
        var held = _spill is { } gate ? new HeldSpill(gate, _spillReason, PlacedMs) : null;
        _spill = null;
        return held;
    }

    /// <summary>It is counted at the server that it goes to, until it ends.</summary>
    internal void CountAt(FreshnessSlot? slot)
    {
        CountedAt?.Leave();
        CountedAt = slot;
        slot?.Enter();
    }

    /// <summary>A global variable has changed while it waited; its session keeps what it began with.</summary>
    internal void KeepOldGlobals(ServerFacts server)
    {
        Session.KeepOldGlobals(server);
        SettingsBefore = Session.Settings;
    }

    /// <summary>It goes to another server than it was to, which was not reached.</summary>
    internal void GoTo(FactsSnapshot world, ServerFacts server)
    {
        World = world;
        Server = server;
        SettingsBefore = Session.Settings;
    }

    /// <summary>It is not to be sent any more.</summary>
    internal void Kill()
    {
        IsKilled = true;
        Refusal = new ServerReply(
            ServerReplyKind.Error, SqlError.Interrupted.Code, SqlError.Interrupted.State, "Query execution was interrupted");
    }

    /// <summary>Has other bytes from now on: a command of which more was gathered, or that was made to fit its server.</summary>
    internal void Replace(PacketSlice packet)
    {
        Packet = packet;
        IsTaken |= IsWhole;
        _hasWords = false;
    }

    /// <summary>Sessions that begin wait until it has ended.</summary>
    internal void HoldLogins(FrontDoor door)
    {
        _holdsLoginsOf = door;
        door.GlobalsChanging(1);
    }

    /// <summary>Logins wait until it has ended and the accounts have been looked at.</summary>
    internal void ChangeAccounts(FrontDoor door)
    {
        if (_changesAccountsOf is not null)
            return; // It is sent once more.
        _changesAccountsOf = door.Accounts;
        _changesAccountsOf.BeginChange();
    }

    /// <summary>Forgets everything.</summary>
    internal void End(long nowMs)
    {
        CountAt(null);
        IsOnReplica = GoesElsewhere = false;
        Tries = 0;
        LostAt = default;
        _spill?.Leave(_spillReason, nowMs - PlacedMs);
        _spill = null;
        _holdsLoginsOf?.GlobalsChanging(-1);
        _holdsLoginsOf = null;
        _changesAccountsOf?.EndChange();
        _changesAccountsOf = null;
        Land();
        if (_held is not null)
            ForgetHeld();
        Session = null!;
        World = FactsSnapshot.Empty;
        Server = null!;
        Packet = default;
        _words = default;
        _hasWords = false;
        Facts = default;
        Reader = null;
        Prepared = null;
        NeedsCleanDiagnostics = false;
        SetsInsertId = false;
        Recast = null;
        Traces = null;
        Told = PreviousFacts.None;
        Wording?.Release();
        Wording = null;
        Refusal = default;
        IsMoveRefused = false;
        SequenceShift = 0;
        Waiter = null;
        IsAtServer = IsKilled = HasMoved = false;
        Cancellation = null;
        Overtime?.End();
        Overtime = null;
        Decision = default;
        SettingsBefore = null!;
    }

    // Statements carry people's data.
    private void ForgetHeld()
    {
        if (_held == _small)
            _small.AsSpan().Clear();
        else
            ArrayPool<byte>.Shared.Return(_held!, clearArray: true);
        _held = null;
    }
}
