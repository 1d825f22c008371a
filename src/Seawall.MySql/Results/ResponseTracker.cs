using Seawall.MySql.Framing;

namespace Seawall.MySql.Results;

/// <summary>What <see cref="ResponseTracker.Next"/> came to.</summary>
public enum ResponseEvent : byte
{
    /// <summary>
    /// Everything before the position may go on to the client; what is behind it is the beginning of a packet that must
    /// be seen whole: keep it, read more, and call again with both.
    /// </summary>
    NeedMore,

    /// <summary>An OK packet, or an OK or EOF packet that ends rows. Answer with <see cref="ResponseTracker.Ended"/>.</summary>
    End,

    /// <summary>An ERR packet; the response is over.</summary>
    Error,

    /// <summary>
    /// The column definitions are over. With an EOF packet, when the server sends one: the packet's range; otherwise the
    /// empty range where a client that wants one would look for it. Answer with <see cref="ResponseTracker.ColumnsEnded"/>.
    /// </summary>
    ColumnsEnd,

    /// <summary>The definition of a column, where <see cref="ResponseTracker.ReportsDefinitions"/>.</summary>
    Definition,

    /// <summary>A statement was prepared; its number is in the packet.</summary>
    Prepared,

    /// <summary>How far the statement has come, said before its answer; the response goes on.</summary>
    Progress,

    /// <summary>The server asks the client for a file; the response goes on when the client has sent it.</summary>
    LocalFile,

    /// <summary>A line of text; the response is over.</summary>
    Text,

    /// <summary>
    /// The bytes are no response of this shape, or a packet has another number than the one that is due; the connection cannot be
    /// understood any more. What is behind <see cref="ResponseTracker.PacketStart"/> is for nobody.
    /// </summary>
    Malformed,
}

/// <summary>
/// Follows the packets of a response through whatever pieces they arrive in, to know where it ends. Rows and column
/// definitions are passed over by their length; only packets that end something are looked into.
/// </summary>
/// <remarks>
/// One tracker for each server connection, used by its loop only. The numbering can be shifted on the way, for a client
/// that gets a packet more or less than the server sent.
/// </remarks>
public struct ResponseTracker
{
    /// <summary>Definitions longer than this go by unseen: they must fit into a loop's buffer with others.</summary>
    public const int ReportedMax = 16 * 1024;

    private State _state;
    private State _afterColumns;
    private bool _deprecatesEof;
    private bool _mayOmitMetadata;
    private bool _omitsPrepared;
    private bool _continued;
    private bool _hasOutParameters;
    private bool _isFieldList;
    private bool _skipsColumn;
    private int _skip;
    private uint _columns;
    private uint _columnsAfter;
    private byte _next;

    private enum State : byte
    {
        Done,
        First,
        PreparedFirst,
        OnePacket,
        Columns,
        ColumnsEof,
        Rows,
    }

    /// <summary>Whether the response is over.</summary>
    public readonly bool IsDone => _state == State.Done;

    /// <summary>Whether nothing of the response has been seen.</summary>
    public bool IsUntouched { get; private set; }

    /// <summary>Whether what went by ends with a whole packet.</summary>
    public readonly bool IsBetweenPackets => _skip == 0 && !_continued;

    /// <summary>Whether <see cref="ResponseEvent.ColumnsEnd"/> is wanted even when the server sends no packet there.</summary>
    public bool ReportsColumnsEnd { get; set; }

    /// <summary>Whether definitions of columns are to be seen, and do not just go by.</summary>
    public bool ReportsDefinitions { get; set; }

    /// <summary>Hears of rows and definitions that go by; null: nobody. <see cref="Begin"/> forgets it.</summary>
    public RowListener? Listener { get; set; }

    /// <summary>Added to the number of each packet that goes by.</summary>
    public byte SequenceShift { get; set; }

    /// <summary>Packets that went by since <see cref="Begin"/>.</summary>
    public uint Packets { get; private set; }

    /// <summary>Where the event's packet begins, header included.</summary>
    public int PacketStart { get; private set; }

    /// <summary>Where the event's packet ends.</summary>
    public int PacketEnd { get; private set; }

    /// <summary>The number of the last packet, as the server numbered it.</summary>
    public readonly byte LastSequence => (byte)(_next - 1);

    /// <summary>Rows that went by since <see cref="Begin"/> or the last result's end.</summary>
    public ulong Rows { get; private set; }

    /// <summary>
    /// Begins with the answer to a command; <paramref name="first"/> is the number of its first packet;
    /// <paramref name="mayOmitMetadata"/> when results say whether column definitions follow.
    /// </summary>
    public void Begin(ResponseShape shape, bool deprecatesEof, byte first = 1, bool mayOmitMetadata = false)
    {
        this = new ResponseTracker
        {
            _deprecatesEof = deprecatesEof,
            _next = first,
            _mayOmitMetadata = mayOmitMetadata,
            IsUntouched = true,
            _isFieldList = shape == ResponseShape.FieldList,
            _state = shape switch
            {
                ResponseShape.None => State.Done,
                ResponseShape.Results => State.First,
                ResponseShape.Prepared => State.PreparedFirst,
                ResponseShape.FieldList or ResponseShape.Rows => State.Rows,
                ResponseShape.OnePacket => State.OnePacket,
                _ => State.Done,
            },
        };
    }

    /// <summary>
    /// Goes on through <paramref name="data"/> from <paramref name="position"/> to the next event. The numbers of packets
    /// that go by are shifted in place.
    /// </summary>
    public ResponseEvent Next(Span<byte> data, ref int position)
    {
        while (true)
        {
            if (_skip > 0)
            {
                var skipped = Math.Min(_skip, data.Length - position);
                _skip -= skipped;
                if (Listener is not null && skipped > 0)
                    Tell(data.Slice(position, skipped));
                position += skipped;
                if (_skip > 0)
                    return ResponseEvent.NeedMore;
            }
            while (_state == State.Columns && _columns == 0 && !_continued)
            {
                if (EndColumns(position) is { } end)
                    return end;
            }
            var packet = data[position..];
            if (packet.Length < PacketHeader.Size)
                return ResponseEvent.NeedMore;
            var length = PacketHeader.LengthOf(packet);
            if (packet[3] != _next && Misnumbered(packet, length, position) is { } wrong)
                return wrong;
            if (_continued || PassesUnseen(packet, length, out var needsMore))
            {
                Pass(packet, length, ref position);
                continue;
            }
            if (needsMore || packet.Length - PacketHeader.Size < length)
                return ResponseEvent.NeedMore;
            Number(packet);
            PacketStart = position;
            PacketEnd = position += PacketHeader.Size + length;
            var seen = Look(packet.Slice(PacketHeader.Size, length));
            if (seen == ResponseEvent.Malformed)
                Reject();
            if (seen is { } found)
                return found;
        }
    }

    /// <summary>The event's packet makes no sense: the client does not get it, and its number is still to be given.</summary>
    public void Reject() => _next--;

    /// <summary>The client has said so many packets in between: a file that the server asked for.</summary>
    public void NoteClientPackets(byte packets) => _next += packets;

    /// <summary>Says what the flags of an <see cref="ResponseEvent.End"/> were: whether another result follows.</summary>
    public void Ended(ServerStatus status)
    {
        Rows = 0;
        // The end of the call follows always. MySQL 5.6 says so behind the columns, and not at the end of the row.
        _state = status.HasFlag(ServerStatus.MoreResults) || _hasOutParameters ? State.First : State.Done;
        _hasOutParameters = false;
    }

    /// <summary>
    /// Says what the flags of a <see cref="ResponseEvent.ColumnsEnd"/> were: with a cursor no rows follow, and with OUT parameters
    /// a further result.
    /// </summary>
    public void ColumnsEnded(ServerStatus status)
    {
        _hasOutParameters = status.HasFlag(ServerStatus.OutParameters);
        if (_state == State.Rows && status.OpensCursor())
            _state = State.Done;
    }

    // A row or a definition goes by unseen. Its first byte says whether it is one, so that byte must be there.
    private readonly bool PassesUnseen(ReadOnlySpan<byte> packet, int length, out bool needsMore)
    {
        needsMore = false;
        if (_state == State.Columns)
        {
            // An error may come instead of a definition; definitions begin with the catalog, "def".
            needsMore = packet.Length <= PacketHeader.Size;
            return !needsMore && length > 0 && packet[PacketHeader.Size] != ErrPacket.Header && !IsReported(length);
        }
        if (_state != State.Rows || length == 0)
            return _state == State.Rows;
        needsMore = packet.Length <= PacketHeader.Size;
        return !needsMore && packet[PacketHeader.Size] != ErrPacket.Header && !IsEnd(packet[PacketHeader.Size], length);
    }

    // MariaDB may answer COM_FIELD_LIST with an OK packet alone (without a schema, after a statement that begins WITH).
    private readonly bool IsEnd(byte first, int length) => first == OkPacket.EndHeader
        ? length < (_deprecatesEof ? PacketHeader.LengthMax : EofPacket.LengthLimit)
        : _isFieldList && first == OkPacket.Header;

    private readonly bool IsReported(int length) => ReportsDefinitions && length <= ReportedMax;

    private void Pass(Span<byte> packet, int length, ref int position)
    {
        Number(packet);
        if (!_continued)
        {
            if (_state == State.Columns)
                _columns--;
            else
                Rows++;
        }
        if (!_continued)
            _skipsColumn = _state == State.Columns;
        _continued = length == PacketHeader.LengthMax;
        _skip = length;
        position += PacketHeader.Size;
        if (length == 0 && Listener is not null)
            Tell(default); // It ends a row that is as long as packets may be, or is one.
    }

    private readonly void Tell(ReadOnlySpan<byte> piece)
    {
        var isLast = _skip == 0 && !_continued;
        if (_skipsColumn)
            Listener!.ColumnPiece(piece, isLast);
        else
            Listener!.Piece(piece, isLast);
    }

    // Numbers tell one answer from another, and the end of one from what a server says unasked. Only an error may come out of
    // turn: for a long command that a server does not take to its end, or for one that crosses a goodbye on its way.
    private ResponseEvent? Misnumbered(ReadOnlySpan<byte> packet, int length, int position)
    {
        if (IsUntouched && length > 0 && !_continued)
        {
            if (packet.Length <= PacketHeader.Size)
                return ResponseEvent.NeedMore;
            if (packet[PacketHeader.Size] == ErrPacket.Header)
                return null;
        }
        PacketStart = PacketEnd = position;
        return ResponseEvent.Malformed;
    }

    private void Number(Span<byte> packet)
    {
        packet[3] = (byte)(_next + SequenceShift);
        _next++;
        Packets++;
        IsUntouched = false;
    }

    private ResponseEvent? Look(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return ResponseEvent.Malformed;
        if (payload[0] == ErrPacket.Header)
        {
            if (ErrPacket.IsProgress(payload))
                return ResponseEvent.Progress;
            _state = State.Done;
            return ResponseEvent.Error;
        }
        return _state switch
        {
            State.First => LookAtFirst(payload),
            State.PreparedFirst => LookAtPrepared(payload),
            State.OnePacket => LookAtOnly(payload),
            State.ColumnsEof => LookAtColumnsEof(payload),
            State.Rows => ResponseEvent.End,
            State.Columns when ReportsDefinitions => LookAtDefinition(payload),
            _ => ResponseEvent.Malformed,
        };
    }

    private ResponseEvent LookAtDefinition(ReadOnlySpan<byte> payload)
    {
        Listener?.ColumnPiece(payload, isLast: true);
        _columns--;
        return ResponseEvent.Definition;
    }

    private ResponseEvent? LookAtFirst(ReadOnlySpan<byte> payload)
    {
        switch (payload[0])
        {
            case OkPacket.Header:
                return ResponseEvent.End;
            case 0xFB:
                return ResponseEvent.LocalFile; // What follows the file is again the first packet of a result.
        }
        var reader = new FieldReader(payload);
        var columns = reader.LengthEncoded();
        var follow = !_mayOmitMetadata || reader.Int1() != 0;
        // 4,096 columns is the server's own limit; 65,535 is what a definition count can be elsewhere in the protocol.
        if (!reader.IsValid || !reader.IsAtEnd || columns is 0 or > 0xFFFF)
            return ResponseEvent.Malformed;
        _columns = follow ? (uint)columns : 0;
        _columnsAfter = 0;
        _state = State.Columns;
        _afterColumns = State.Rows;
        return null;
    }

    private ResponseEvent? LookAtPrepared(ReadOnlySpan<byte> payload)
    {
        var prepared = PreparedPacket.Read(payload);
        if (!prepared.IsValid)
            return ResponseEvent.Malformed;
        // Parameters come first, then columns; either may be missing, and then its end is missing as well.
        (_columns, _columnsAfter) = prepared.Parameters > 0
            ? (prepared.Parameters, prepared.Columns)
            : (prepared.Columns, (ushort)0);
        _afterColumns = State.Done;
        _state = _columns > 0 ? State.Columns : State.Done;
        _omitsPrepared = _mayOmitMetadata && prepared.OmitsMetadata;
        if (_omitsPrepared)
            _columns = 0; // Their ends remain.
        return ResponseEvent.Prepared;
    }

    private ResponseEvent? LookAtOnly(ReadOnlySpan<byte> payload)
    {
        if (payload[0] is OkPacket.Header or OkPacket.EndHeader)
            return ResponseEvent.End;
        _state = State.Done;
        return ResponseEvent.Text;
    }

    private ResponseEvent? LookAtColumnsEof(ReadOnlySpan<byte> payload)
    {
        if (payload[0] != OkPacket.EndHeader || payload.Length >= EofPacket.LengthLimit)
            return ResponseEvent.Malformed;
        LeaveColumns();
        return ResponseEvent.ColumnsEnd;
    }

    private ResponseEvent? EndColumns(int position)
    {
        if (!_deprecatesEof)
        {
            _state = State.ColumnsEof;
            return null;
        }
        LeaveColumns();
        if (!ReportsColumnsEnd)
            return _state == State.Done ? ResponseEvent.NeedMore : null;
        PacketStart = PacketEnd = position;
        return ResponseEvent.ColumnsEnd;
    }

    private void LeaveColumns()
    {
        _state = _columnsAfter > 0 ? State.Columns : _afterColumns;
        (_columns, _columnsAfter) = (_omitsPrepared ? 0 : _columnsAfter, 0);
    }
}
