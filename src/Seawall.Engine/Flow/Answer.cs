using Seawall.Engine.Captures;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>How far an answer has come.</summary>
internal enum AnswerState : byte
{
    /// <summary>More is to come.</summary>
    Open,

    /// <summary>All of it has gone by.</summary>
    Complete,

    /// <summary>The server asks the client for a file.</summary>
    WantsFile,

    /// <summary>The server said something that is no answer.</summary>
    Malformed,
}

/// <summary>
/// The answer of one server connection to one command, on its way to a client: where it ends, what the session learns from
/// it, and what must look different to this client. Packets that may go as they are go as they are. Used again for
/// another answer when this one has ended.
/// </summary>
internal sealed class Answer
{
    /// <summary>
    /// How much of the rows is held back until their end says what the client must hear before them. A server holds back as
    /// much or more by itself, and sends less only when it is done (<c>net_buffer_length</c>, 16 KiB by default).
    /// </summary>
    private const int HeldMax = 8 * 1024;

    /// <summary>The same for CALL: its last result may hold OUT parameters, and clients must hear that first.</summary>
    private const int HeldOfCallMax = 48 * 1024;

    // They speak of the whole statement, and are not there before it has ended.
    private const ServerStatus AtTheEndOnly = ServerStatus.QueryWasSlow | ServerStatus.SessionStateChanged
        | ServerStatus.LastRowSent | ServerStatus.SchemaDropped;

    private readonly AnswerFacts _facts = new();
    private ResponseTracker _tracker;
    private ServerConnection _connection = null!;
    private Session? _session;
    private Stream? _divert;
    private bool _insertsEof;
    private bool _dropsEof;
    private bool _isCall;
    private bool _hasRows;
    private FactTraces? _traces;
    private bool _owesColumnsEnd;
    private bool _isWithheld;
    private bool _saidOutParameters;
    private bool _beginsElsewhere;
    private uint _renumberTo;
    private ushort? _warnings;
    private bool _hasSpoken;

    /// <summary>What the client gets is written down here as well; null where it is not.</summary>
    internal AnswerRecord? Record { get; set; }

    /// <summary>The server connection that gives it.</summary>
    internal ServerConnection Connection => _connection;

    /// <summary>What was learnt from the answer so far.</summary>
    internal AnswerFacts Facts => _facts;

    /// <summary>What it comes to, for whoever captures it; null: nobody does.</summary>
    internal AnswerTally? Tally { get; set; }

    /// <summary>What must be taken off the numbers of a client's packets to get the server's.</summary>
    internal byte SequenceShift => _tracker.SequenceShift;

    /// <summary>Whether the client has heard any of it.</summary>
    internal bool HasSpoken => _hasSpoken || _divert is not null;

    /// <summary>Whether what has gone by ends with a whole packet, so that an error can follow.</summary>
    internal bool IsBetweenPackets => _tracker.IsBetweenPackets;

    /// <summary>The number that the next packet to the client would have.</summary>
    internal byte NextSequence => (byte)(_tracker.LastSequence + _tracker.SequenceShift + 1);

    /// <summary>
    /// Begins an answer. <paramref name="preparedId"/> is the client's number for a statement that is being prepared;
    /// <paramref name="firstSequence"/> is the number that the client expects first, and <paramref name="shift"/> what must be
    /// added to the server's to get it; <paramref name="divert"/> gets what the client would get;
    /// <paramref name="isCall"/> says that it calls a procedure; <paramref name="traces"/> are what the client must not read in the
    /// names of columns; <paramref name="warnings"/> is what the client must hear of warnings whatever the server says;
    /// <paramref name="beginsElsewhere"/>: MariaDB enters another schema for it, and says already behind the columns that it will report that.
    /// </summary>
    internal void Begin(
        Session session, ServerConnection connection, ResponseShape shape, uint preparedId = 0, byte firstSequence = 1, byte shift = 0,
        Stream? divert = null, bool isCall = false, FactTraces? traces = null, ushort? warnings = null, bool beginsElsewhere = false)
    {
        _warnings = warnings;
        _beginsElsewhere = beginsElsewhere;
        Record?.Begin();
        _connection = connection;
        _session = session;
        _divert = divert;
        _renumberTo = preparedId;
        _facts.Clear();
        _tracker.Begin(shape, connection.DeprecatesEof, (byte)(firstSequence - shift), connection.MayOmitMetadata);
        _tracker.SequenceShift = shift;
        _insertsEof = session.WantsEof && connection.DeprecatesEof;
        _dropsEof = !session.WantsEof && !connection.DeprecatesEof;
        _tracker.ReportsColumnsEnd = _insertsEof;
        _isCall = isCall;
        _hasRows = shape == ResponseShape.Results;
        _traces = traces;
        _tracker.ReportsDefinitions = traces is not null;
        _owesColumnsEnd = false;
        _isWithheld = _saidOutParameters = _hasSpoken = false;
        if (Tally is not null)
            BeginTally(Tally);
    }

    /// <summary>
    /// The client has gone: the rest is only followed to its end. What the statement sets is learnt by nobody any more, so
    /// the connection is cleaned before it is used again. False when that was known.
    /// </summary>
    internal bool Orphan()
    {
        var isNews = _session is not null;
        _session = null;
        Record?.Spoil();
        _connection.IsDirty = true;
        return isNews;
    }

    /// <summary>The client has sent the file that the server asked for, in so many packets.</summary>
    internal void NoteFile(byte packets) => _tracker.NoteClientPackets(packets);

    /// <summary>
    /// Follows what has arrived and sends it on. <paramref name="used"/> is how much of it was used up; the rest must come
    /// again, with more behind it.
    /// </summary>
    internal AnswerState Follow(Span<byte> data, out int used)
    {
        var sent = 0;
        PacketWriter? edited = null;
        used = 0;
        if (Tally is { FirstAt: 0 } tally)
            tally.FirstAt = _connection.Wire.Loop.Timestamp();
        var state = AnswerState.Open;
        while (state == AnswerState.Open && !_tracker.IsDone)
        {
            if (_owesColumnsEnd && !TryEndColumns(data, used, ref sent, ref edited))
                break;
            var seen = _tracker.Next(data, ref used);
            if (seen == ResponseEvent.NeedMore)
                break;
            if (Edits(seen, data, out state))
                Edit(seen, data, ref sent, ref edited);
            Settle(seen);
        }
        Send(data[sent..(_isWithheld || state == AnswerState.Malformed ? _tracker.PacketStart : used)], edited);
        if (Tally is not null)
            Count(Tally, used, _tracker.IsDone && state == AnswerState.Open);
        return _tracker.IsDone && state == AnswerState.Open ? AnswerState.Complete : state;
    }

    /// <summary>
    /// No more will come. What was held back to look for the end of rows is lost; the client gets the end of its columns, so
    /// that an error can follow.
    /// </summary>
    internal void BreakOff()
    {
        if (!_owesColumnsEnd || _session is not { } session)
            return;
        _owesColumnsEnd = false;
        var edited = _connection.Wire.Loop.Writer.Clear();
        InsertEof(edited, Foreseen(session));
        Send([], edited);
    }

    private void BeginTally(AnswerTally tally)
    {
        tally.Clear();
        tally.IsBegun = true;
        _tracker.Listener = tally;
    }

    private void Count(AnswerTally tally, int used, bool isComplete)
    {
        tally.Bytes += (ulong)used;
        tally.Packets = _tracker.Packets;
        if (isComplete)
            tally.CompleteAt = _connection.Wire.Loop.Timestamp();
    }

    // Learns from a packet, and says whether the client must get another one in its place.
    private bool Edits(ResponseEvent seen, Span<byte> data, out AnswerState state)
    {
        state = AnswerState.Open;
        var payload = PayloadOf(data);
        switch (seen)
        {
            case ResponseEvent.End:
                if (!_facts.ReadEnd(payload, _connection))
                {
                    _tracker.Reject();
                    state = AnswerState.Malformed;
                    return false;
                }
                if (_facts.HasSessionChanges)
                    Tally?.Note(AnswerFacts.SessionChanges(payload));
                if (_facts.HasSessionChanges && _session is not null)
                {
                    SessionLearning.Learn(_session, _connection, _facts, AnswerFacts.SessionChanges(payload),
                        endsRows: payload[0] == OkPacket.EndHeader);
                }
                return (_warnings is { } warnings && _facts.ReplaceWarnings(warnings)) || NeedsOtherEnd(payload);
            case ResponseEvent.Error:
                _facts.ReadError(payload);
                Tally?.Fail(ErrPacket.Read(payload).SqlState);
                return _traces?.AreIn(payload) == true;
            case ResponseEvent.ColumnsEnd:
                _facts.ReadColumnsEnd(payload);
                _owesColumnsEnd = _insertsEof && _hasRows;
                return (_insertsEof || _dropsEof) && !_owesColumnsEnd;
            case ResponseEvent.Definition:
                return _traces!.AreIn(payload);
            case ResponseEvent.Prepared:
                _facts.NotePrepared(PreparedPacket.Read(payload));
                PreparedPacket.Renumber(payload, _renumberTo);
                return false;
            case ResponseEvent.Progress:
                return _session is { WantsProgress: false };
            case ResponseEvent.LocalFile:
                // A client that gives no files must not be asked for one: it would take that for an answer, or give it after all.
                if (_session is { } session && !session.Capabilities.HasFlag(Capabilities.LocalFiles))
                {
                    _tracker.Reject();
                    _isWithheld = true;
                }
                state = AnswerState.WantsFile;
                return false;
            case ResponseEvent.Malformed:
                state = AnswerState.Malformed;
                return false;
            case ResponseEvent.Text:
            case ResponseEvent.NeedMore:
                return false;
        }
        return false;
    }

    private bool NeedsOtherEnd(ReadOnlySpan<byte> payload)
    {
        if (_session is null)
            return false;
        if (payload[0] == OkPacket.EndHeader && (_insertsEof || _dropsEof))
            return true;
        // MySQL says at times that something changed, and then not what: the flag alone already makes the packet longer.
        return !_facts.IsEof && (_facts.HasSessionChanges || _facts.OwesReport || _session.Owed is not null
            || (_facts.Status.HasFlag(ServerStatus.SessionStateChanged) && !_session.TracksSession));
    }

    private void Edit(ResponseEvent seen, Span<byte> data, ref int sent, ref PacketWriter? edited)
    {
        edited ??= _connection.Wire.Loop.Writer.Clear();
        edited.Packets(data[sent.._tracker.PacketStart]);
        sent = _tracker.PacketEnd;
        if (_session is not { } session)
            return;
        if (seen == ResponseEvent.Progress)
        {
            _tracker.SequenceShift--;
            return;
        }
        if (seen == ResponseEvent.ColumnsEnd)
        {
            if (_insertsEof)
                InsertEof(edited, session.Status & ServerStatus.OfSession);
            else if (_facts.Status.OpensCursor())
                WriteOpened(edited, session);
            else
                _tracker.SequenceShift--;
            return;
        }
        edited.Begin((byte)(_tracker.LastSequence + _tracker.SequenceShift));
        if (seen == ResponseEvent.Definition)
            _traces!.WriteDefinition(edited, PayloadOf(data));
        else if (seen == ResponseEvent.Error)
            _traces!.WriteError(edited, PayloadOf(data));
        else
            _facts.WriteEnd(edited, session, PayloadOf(data), _saidOutParameters && !_connection.Version.IsMariaDb, _isCall);
        _saidOutParameters = false;
        edited.End();
    }

    // In the old dialect the end of the columns says how it stands with the statement, and whether a cursor is open, and then is
    // the end; in the new one that is told by the end of the rows. False when that is not here yet.
    private bool TryEndColumns(ReadOnlySpan<byte> data, int at, ref int sent, ref PacketWriter? edited)
    {
        var rows = data[at..];
        var seen = RowsAhead.Look(rows, _connection.TracksSession, out var status);
        if (seen == RowsAheadResult.Later && rows.Length < (_isCall ? HeldOfCallMax : HeldMax))
            return false;
        _owesColumnsEnd = false;
        if (status.OpensCursor() || _session is not { } session)
            return true; // One end is enough: the one that has come, rewritten.
        if (seen != RowsAheadResult.End)
            status = Foreseen(session);
        edited ??= _connection.Wire.Loop.Writer.Clear();
        edited.Packets(data[sent..at]);
        sent = at;
        InsertEof(edited, status & ~AtTheEndOnly);
        _saidOutParameters = status.HasFlag(ServerStatus.OutParameters);
        return true;
    }

    // What is not known before the end is left out; what describes the session is true until then.
    private ServerStatus Foreseen(Session session) =>
        (session.Status & ServerStatus.OfSession) | (_isCall ? ServerStatus.MoreResults : 0);

    // The other way round: the EOF packet behind the columns is all that comes, and the client waits for an OK packet.
    private void WriteOpened(PacketWriter edited, Session session)
    {
        edited.Begin((byte)(_tracker.LastSequence + _tracker.SequenceShift));
        OkPacket.Write(edited, OkPacket.EndHeader, 0, 0, _facts.Status, 0, default, default, session.Capabilities);
        edited.End();
    }

    private void InsertEof(PacketWriter edited, ServerStatus status)
    {
        edited.Begin((byte)(_tracker.LastSequence + _tracker.SequenceShift + 1));
        EofPacket.Write(edited, 0, status, _facts.OwesReport || _beginsElsewhere);
        edited.End();
        _tracker.SequenceShift++;
    }

    private void Settle(ResponseEvent seen)
    {
        if (seen == ResponseEvent.End)
        {
            _facts.Rows = _tracker.Rows;
            Tally?.End(_facts.Rows, _facts.RowCount);
            _tracker.Ended(_facts.Status);
        }
        else if (seen == ResponseEvent.ColumnsEnd && !_insertsEof)
            _tracker.ColumnsEnded(_facts.Status);
        else if (seen == ResponseEvent.Error)
            _facts.Rows = 0;
    }

    private void Send(ReadOnlySpan<byte> rest, PacketWriter? edited)
    {
        if (_session is not { } session)
            return;
        if (edited is not null)
            rest = edited.Packets(rest).Bytes;
        Record?.Write(rest);
        if (_divert is not null)
            _divert.Write(rest);
        else if (rest.Length > 0)
        {
            _hasSpoken = true;
            session.Wire.Send(rest);
        }
    }

    private Span<byte> PayloadOf(Span<byte> data) => _tracker.PacketStart == _tracker.PacketEnd
        ? default
        : data[(_tracker.PacketStart + PacketHeader.Size).._tracker.PacketEnd];
}
