using System.Buffers;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>What an answer has told about its statement and about the session. Used again for every answer.</summary>
internal sealed class AnswerFacts
{
    private OkFields _ok;
    private bool _tracksSession;
    private bool _isMariaDb;

    private const ServerStatus OfOutParameters = ServerStatus.MoreResults | ServerStatus.OutParameters;

    /// <summary>The flags of the last result that had any.</summary>
    internal ServerStatus Status { get; private set; }

    /// <summary>Whether any result had flags: an error has none.</summary>
    internal bool HasStatus { get; private set; }

    /// <summary>Whether the answer ended with an error.</summary>
    internal bool IsError { get; private set; }

    /// <summary>The error's number.</summary>
    internal ushort ErrorCode { get; private set; }

    /// <summary>Whether the error is about the values of an execution, which has not begun then.</summary>
    internal bool RefusesValues { get; private set; }

    /// <summary>Warnings of the last result.</summary>
    internal ushort Warnings { get; private set; }

    /// <summary>What may be asked of the statement before, and this one has left as it was.</summary>
    internal PreviousFacts Keeps { get; set; }

    /// <summary>Warnings of before that an error has come on top of, and that are not on the connection; null when there are none.</summary>
    internal KeptWarnings? Below { get; set; }

    /// <summary>Whether any of its results had warnings.</summary>
    internal bool HadWarnings { get; private set; }

    /// <summary>
    /// Whether MariaDB says in EOF packets that something is to be reported: since the client's last OK packet, and within one statement.
    /// </summary>
    internal bool OwesReport { get; private set; }

    /// <summary>Rows of the last result.</summary>
    internal ulong Rows { get; set; }

    /// <summary>What ROW_COUNT() would say: -1 after rows and errors.</summary>
    internal long RowCount { get; private set; }

    /// <summary>The last value that AUTO_INCREMENT or LAST_INSERT_ID(expr) gave; 0 when there was none.</summary>
    internal ulong LastInsertId { get; private set; }

    /// <summary>The statement that was prepared.</summary>
    internal PreparedPacket Prepared { get; private set; }

    /// <summary>Whether the last end was an EOF packet.</summary>
    internal bool IsEof { get; private set; }

    /// <summary>Whether the last end told of session changes.</summary>
    internal bool HasSessionChanges { get; private set; }

    /// <summary>Whether the server said that something changed that it does not name.</summary>
    internal bool HasNamelessChange { get; set; }

    /// <summary>Whether a variable was reported, or the schema.</summary>
    internal bool HasVariableChange { get; set; }

    /// <summary>Whether one report told of SQL_BIG_SELECTS, which otherwise follows MAX_JOIN_SIZE.</summary>
    internal bool TellsBigSelects { get; set; }

    /// <summary>Whether a variable was reported that cannot be set again elsewhere.</summary>
    internal bool HasUnmovableChange { get; set; }

    /// <summary>Whether the client has changed what the server reports.</summary>
    internal bool HasTrackingChange { get; set; }

    /// <summary>What changed in the session, in the packet that ended the last result.</summary>
    internal static ReadOnlySpan<byte> SessionChanges(ReadOnlySpan<byte> payload) =>
        OkPacket.Read(payload, tracksSession: true).SessionChanges;

    /// <summary>Makes it new.</summary>
    internal void Clear()
    {
        Status = default;
        Keeps = PreviousFacts.None;
        Below = null;
        HadWarnings = HasStatus = IsError = IsEof = HasSessionChanges = HasNamelessChange = HasVariableChange = false;
        HasUnmovableChange = HasTrackingChange = OwesReport = RefusesValues = false;
        ErrorCode = Warnings = 0;
        Rows = LastInsertId = 0;
        RowCount = 0;
        Prepared = default;
        _ok = default;
    }

    /// <summary>Reads the packet that ends a result; false when it makes no sense.</summary>
    internal bool ReadEnd(ReadOnlySpan<byte> payload, ServerConnection connection)
    {
        IsEof = payload[0] == OkPacket.EndHeader && !connection.DeprecatesEof;
        _tracksSession = connection.TracksSession;
        _isMariaDb = connection.Version.IsMariaDb;
        if (IsEof)
        {
            var eof = EofPacket.Read(payload);
            HasSessionChanges = false;
            _ok = new OkFields(OkPacket.EndHeader, 0, 0, eof.Warnings, payload.Length <= EofPacket.LengthLimit);
            return Note(eof.Status);
        }
        var ok = OkPacket.Read(payload, connection.TracksSession);
        HasSessionChanges = ok.SessionChanges.Length > 0;
        _ok = new OkFields(ok.FirstByte, ok.AffectedRows, ok.LastInsertId, ok.Warnings, ok.IsValid);
        return Note(ok.Status);
    }

    /// <summary>Puts another number in the place of the warnings that the server told of; false when it is the same.</summary>
    internal bool ReplaceWarnings(ushort warnings)
    {
        if (warnings == Warnings)
            return false;
        _ok = _ok with { Warnings = warnings };
        Warnings = warnings;
        return true;
    }

    /// <summary>Takes note of a statement that was prepared, and was perhaps warned of.</summary>
    internal void NotePrepared(PreparedPacket prepared)
    {
        Prepared = prepared;
        Warnings = prepared.Warnings;
        HadWarnings |= prepared.Warnings > 0;
    }

    /// <summary>Reads an error.</summary>
    internal void ReadError(ReadOnlySpan<byte> payload)
    {
        var error = ErrPacket.Read(payload);
        IsError = true;
        ErrorCode = error.Code;
        RefusesValues = error.Message.TrimEnd((byte)'\'').EndsWith("mysqld_stmt_execute"u8);
        RowCount = -1;
        Warnings = 1;
    }

    /// <summary>Reads the EOF packet behind the columns, if there is one.</summary>
    internal void ReadColumnsEnd(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return;
        var eof = EofPacket.Read(payload);
        Status = eof.Status;
        HasStatus = true;
        if (!Status.OpensCursor())
            return;
        // No other packet comes.
        Warnings = eof.Warnings;
        HadWarnings |= Warnings > 0;
    }

    /// <summary>
    /// Writes the end of a result anew, in the client's dialect. <paramref name="saysNoOutParameters"/>: MySQL tells of OUT
    /// parameters in the EOF packet behind the columns, and not again in the one behind the row, nor of warnings.
    /// <paramref name="isOfCall"/>: the statement goes on behind it.
    /// </summary>
    internal void WriteEnd(PacketWriter writer, Session session, ReadOnlySpan<byte> payload, bool saysNoOutParameters, bool isOfCall)
    {
        if (_ok.FirstByte == OkPacket.EndHeader && session.WantsEof)
        {
            if (HasSessionChanges && _isMariaDb)
                OwesReport |= KeepReport(session, SessionChanges(payload));
            else if (HasSessionChanges)
                OwedReport.Keep(session, SessionChanges(payload)); // MySQL tells of it with the next packet that can.
            EofPacket.Write(writer, saysNoOutParameters ? (ushort)0 : _ok.Warnings, saysNoOutParameters ? Status & ~OfOutParameters : Status,
                OwesReport);
            OwesReport &= isOfCall;
            return;
        }
        if (IsEof)
        {
            OkPacket.Write(writer, OkPacket.EndHeader, 0, 0, Status, _ok.Warnings, default, default, session.Capabilities);
            return;
        }
        var ok = OkPacket.Read(payload, _tracksSession);
        var changes = OwedReport.Settle(session, ok.SessionChanges);
        var untold = session.TracksSession && _isMariaDb ? session.Untold : null;
        var room = SessionChangeFilter.RoomFor(changes.Length) + (untold?.Room ?? 0);
        var rented = room > SessionChangeFilter.LengthMax ? ArrayPool<byte>.Shared.Rent(room) : null;
        Span<byte> shown = rented is null ? stackalloc byte[SessionChangeFilter.LengthMax] : rented;
        var length = !session.TracksSession ? 0
            : untold is null ? SessionChangeFilter.Write(changes, session.Tracking, shown)
            : SessionChangeFilter.Write(changes, session.Tracking, untold, OwesReport, shown);
        OkPacket.Write(writer, _ok.FirstByte, _ok.AffectedRows, _ok.LastInsertId, Status, _ok.Warnings, ok.Info,
            shown[..length], session.Capabilities);
        OwesReport = false;
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    // Who hears of no changes is told of none later.
    private static bool KeepReport(Session session, ReadOnlySpan<byte> changes) =>
        SessionChangeFilter.Keep(changes, session.Tracking, session.TracksSession ? session.Untold ??= new() : null);

    private bool Note(ServerStatus status)
    {
        Status = status;
        HasStatus = true;
        Warnings = _ok.Warnings;
        HadWarnings |= Warnings > 0;
        if (_ok.LastInsertId != 0)
            LastInsertId = _ok.LastInsertId;
        RowCount = _ok.FirstByte == OkPacket.Header ? (long)_ok.AffectedRows : -1;
        return _ok.IsValid;
    }

    private readonly record struct OkFields(
        byte FirstByte, ulong AffectedRows, ulong LastInsertId, ushort Warnings, bool IsValid);
}
