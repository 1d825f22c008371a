using System.Buffers.Binary;
using System.Text;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Captures.Imports;

/// <summary>
/// One connection as it went over the wire: the login, commands, answers. What cannot be followed (TLS, compression, something that was lost)
/// is counted; after a loss it goes on with the next command that begins a segment.
/// </summary>
internal sealed class WireTalk(ImportLedger ledger, ImportReport report, ulong number, string source)
{
    /// <summary>Of a packet that must be seen whole: as long as texts may be, with its head.</summary>
    private const int HeldMax = CaptureLimits.TextBytes + 64;

    private const int PreparedMax = 8192;

    private readonly RowHasher _hasher = new();
    private readonly Dictionary<uint, (byte[] Text, int Parameters, byte[]? Types)> _prepared = [];
    private readonly PacketWriter _writer = new();
    private readonly WireBytes _client = new();
    private readonly WireBytes _server = new();
    private ResponseTracker _tracker;
    private Phase _phase;
    private Capabilities _capabilities = Capabilities.Protocol41 | Capabilities.DeprecateEof;
    private bool _isLoginSeen;
    private ConnectionEvent _login = new();
    private CommandFigures _figures;
    private byte[] _text = [];
    private byte[] _parameters = [];
    private string _sqlState = "";
    private bool _isWhole;
    private bool _wasOpen;
    private bool _isOpen;

    private enum Phase : byte
    {
        /// <summary>Nobody knows where packets begin.</summary>
        Lost,
        Greeting,
        Login,
        Authentication,
        Ready,
        Answer,
        Unreadable,
    }

    /// <summary>The connection was seen to begin.</summary>
    internal void Begin(long atUs)
    {
        _phase = Phase.Greeting;
        _login = new ConnectionEvent { Source = source, Figures = new ConnectionFigures { Connection = number, AcceptUs = atUs } };
    }

    /// <summary>Bytes of the client, in order.</summary>
    internal void FromClient(ReadOnlyMemory<byte> bytes, long atUs)
    {
        if (_phase == Phase.Lost)
            Find(bytes.Span, atUs);
        if (_phase is Phase.Lost or Phase.Unreadable)
            return;
        if (!_client.Add(bytes.Span, HeldMax))
        {
            Lose("commands longer than 1 MiB");
            return;
        }
        ReadClient(atUs);
    }

    /// <summary>Bytes of the server, in order.</summary>
    internal void FromServer(ReadOnlyMemory<byte> bytes, long atUs)
    {
        if (_phase is Phase.Lost or Phase.Unreadable or Phase.Ready)
        {
            return; // A server that speaks unasked says goodbye.
        }
        if (!_server.Add(bytes.Span, HeldMax))
        {
            Lose("answers whose packets are too long to be followed");
            return;
        }
        if (_phase != Phase.Answer)
        {
            ReadHandshake(atUs);
            return;
        }
        // A client may send the next command before it has its answer; then a segment may hold the answers to both.
        while (TryReadAnswer(atUs) && _phase == Phase.Answer && !_server.Writable.IsEmpty)
        {
        }
        if (_phase == Phase.Ready)
            _server.Clear(); // Said unasked.
    }

    /// <summary>Something in between is missing.</summary>
    internal void Miss()
    {
        if (_phase != Phase.Unreadable)
            Lose(_phase == Phase.Lost ? null : "connections that lost a segment, and what was under way there");
    }

    /// <summary>It has ended.</summary>
    internal void End(long atUs)
    {
        if (_phase is Phase.Login or Phase.Authentication)
            Finish(LoginEnd.Gone, atUs);
        ledger.Leave(number, atUs, CloseReason.HungUp);
        _phase = Phase.Unreadable;
    }

    private void ReadHandshake(long atUs)
    {
        Span<byte> nonce = stackalloc byte[Greeting.NonceLength];
        while (_server.TryPacket(out var payload, out _))
        {
            if (_phase == Phase.Greeting)
            {
                var greeting = Greeting.Read(payload, nonce);
                if (!greeting.IsValid)
                {
                    Finish(payload is [ErrPacket.Header, ..] ? LoginEnd.TurnedAway : LoginEnd.Gone, atUs, payload);
                    _phase = Phase.Unreadable;
                    return;
                }
                ledger.Dialect = ledger.Dialect with
                {
                    MariaDb = greeting.ServerVersion.IndexOf("MariaDB"u8) >= 0,
                    Version = LogWords.NumberOf(greeting.ServerVersion),
                };
                _capabilities = greeting.Capabilities;
                _phase = Phase.Login;
            }
            else if (_phase == Phase.Authentication)
            {
                Count(isFromClient: false);
                if (payload is [ErrPacket.Header, ..])
                {
                    Finish(LoginEnd.Refused, atUs, payload);
                    _phase = Phase.Unreadable;
                    return;
                }
                if (payload is [OkPacket.Header, ..])
                {
                    Finish(LoginEnd.In, atUs);
                    _phase = (_capabilities & (Capabilities.Compress | Capabilities.Zstd)) == 0 ? Phase.Ready : Phase.Unreadable;
                    _server.Clear();
                    if (_phase == Phase.Unreadable)
                        report.Miss("connections that are compressed, but for their logins");
                    return;
                }
            }
        }
    }

    private void ReadClient(long atUs)
    {
        while (_phase is Phase.Login or Phase.Authentication or Phase.Ready && _client.TryPacket(out var payload, out var sequence))
        {
            if (_phase == Phase.Ready)
                BeginCommand(payload, sequence, atUs);
            else if (_phase == Phase.Login)
                ReadLogin(payload);
            else
                Count(isFromClient: true);
        }
    }

    private void ReadLogin(ReadOnlySpan<byte> payload)
    {
        var request = LoginRequest.Read(payload);
        if (!request.IsValid || request.IsTlsRequest)
        {
            report.Miss(request.IsValid ? "connections under TLS" : "logins that make no sense");
            _phase = Phase.Unreadable;
            return;
        }
        _capabilities &= request.Capabilities;
        _isLoginSeen = true;
        _login = _login with
        {
            User = Encoding.UTF8.GetString(request.User),
            Schema = Encoding.UTF8.GetString(request.Schema),
            FirstPlugin = Encoding.ASCII.GetString(request.AuthPlugin),
            Attributes = AttributePairs.Of(request.Attributes),
            Figures = _login.Figures with { Capabilities = (ulong)_capabilities, Collation = (ushort)request.Collation },
        };
        Count(isFromClient: true);
        _phase = Phase.Authentication;
    }

    private void Count(bool isFromClient)
    {
        var figures = _login.Figures;
        if (isFromClient)
            (figures.PacketsIn, figures.RoundTrips) = ((ushort)(figures.PacketsIn + 1), (ushort)(figures.RoundTrips + 1));
        else
            figures.PacketsOut++;
        _login = _login with { Figures = figures };
    }

    private void Finish(LoginEnd end, long atUs, ReadOnlySpan<byte> error = default)
    {
        var figures = _login.Figures with
        {
            End = end,
            LoginUs = (uint)Math.Clamp(atUs - _login.Figures.AcceptUs, 0, uint.MaxValue),
            ErrorCode = error.IsEmpty ? (ushort)0 : ErrPacket.Read(error).Code,
        };
        ledger.Connect(_login with { Figures = figures });
        ledger.Use(number, _login.Schema);
    }

    private void BeginCommand(ReadOnlySpan<byte> payload, byte sequence, long atUs)
    {
        if (sequence != 0 || payload.IsEmpty)
        {
            Lose("packets where a command was due");
            return;
        }
        var kind = (CommandKind)payload[0];
        if (!_isLoginSeen)
            ledger.Meet(number, "", source, atUs);
        _figures = new CommandFigures
        {
            Connection = number,
            StartUs = atUs,
            FirstByteUs = uint.MaxValue,
            Command = kind,
            RequestBytes = (uint)(payload.Length + PacketHeader.Size),
        };
        (_text, _parameters, _sqlState, _isWhole, _wasOpen) = ([], [], "", payload.Length < PacketHeader.LengthMax, _isOpen);
        if (kind == CommandKind.Quit)
        {
            ledger.Leave(number, atUs, CloseReason.Goodbye);
            _phase = Phase.Unreadable;
            return;
        }
        if (kind is CommandKind.ChangeUser or CommandKind.BinlogDump or CommandKind.BinlogDumpGtid)
        {
            report.Miss($"connections from {kind} on");
            _phase = Phase.Unreadable;
            return;
        }
        ReadCommand(kind, payload);
        var shape = ResponseShapes.Of(kind);
        if (kind is CommandKind.Ping or CommandKind.ResetConnection or CommandKind.SetOption)
            shape = ResponseShape.OnePacket;
        if (shape == ResponseShape.None || kind == CommandKind.StatementClose)
        {
            Settle(atUs);
            return;
        }
        _hasher.Clear();
        _tracker.Begin(shape, _capabilities.HasFlag(Capabilities.DeprecateEof), 1, _capabilities.HasFlag(Capabilities.OptionalMetadata));
        _tracker.Listener = _hasher;
        _phase = Phase.Answer;
    }

    private void ReadCommand(CommandKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case CommandKind.Query:
                var textAt = 0;
                if (_capabilities.HasFlag(Capabilities.QueryAttributes) && !QueryAttributeReader.TryFindText(payload[1..], true, out textAt))
                    textAt = 0;
                _text = payload[(1 + textAt)..].ToArray();
                break;
            case CommandKind.StatementPrepare or CommandKind.InitDb or CommandKind.FieldList:
                _text = payload[1..].ToArray();
                break;
            case CommandKind.StatementExecute or CommandKind.StatementClose or CommandKind.StatementReset or CommandKind.StatementFetch
                or CommandKind.StatementSendLongData or CommandKind.StatementBulkExecute when payload.Length >= 5:
                _figures.StatementId = BinaryPrimitives.ReadUInt32LittleEndian(payload[1..]);
                if (_prepared.TryGetValue(_figures.StatementId, out var known))
                {
                    _text = known.Text;
                    _figures.ParameterCount = (ushort)known.Parameters;
                    _isWhole &= kind != CommandKind.StatementExecute || TryReadValues(payload, ref known);
                    _prepared[_figures.StatementId] = known;
                }
                if (kind is not (CommandKind.StatementExecute or CommandKind.StatementClose))
                    _parameters = payload[5..].ToArray();
                if (kind == CommandKind.StatementClose)
                    _prepared.Remove(_figures.StatementId);
                break;
        }
    }

    private bool TryReadValues(ReadOnlySpan<byte> payload, ref (byte[] Text, int Parameters, byte[]? Types) known)
    {
        var head = ExecutionHead.Read(payload, known.Parameters, _capabilities.HasFlag(Capabilities.QueryAttributes));
        if (!head.IsValid || head.Count != known.Parameters)
            return false;
        if (head.Count == 0)
            return true;
        if (head.HasTypes)
            known.Types = head.CopyTypes(head.Count);
        if (known.Types is null)
            return false;
        head.Write(_writer.Clear().Begin(0), head.Count, withNames: false, known.Types);
        _writer.Raw(payload[head.ValuesAt..]);
        _parameters = _writer.OpenPayload[ExecutionHead.CountAt..].ToArray();
        return true;
    }

    // False while there is more of it to come, or when it makes no sense.
    private bool TryReadAnswer(long atUs)
    {
        if (_figures.FirstByteUs == uint.MaxValue)
            _figures.FirstByteUs = Since(atUs);
        var data = _server.Writable;
        var at = 0;
        while (!_tracker.IsDone)
        {
            var seen = _tracker.Next(data, ref at);
            if (seen == ResponseEvent.NeedMore)
                break;
            if (seen is ResponseEvent.Malformed or ResponseEvent.LocalFile || !TryNote(seen, data[_tracker.PacketStart.._tracker.PacketEnd]))
            {
                // A login that was not seen may have agreed on the older form of results.
                if (!_isLoginSeen)
                    _capabilities ^= Capabilities.DeprecateEof;
                Lose(seen == ResponseEvent.LocalFile ? "files of LOAD DATA LOCAL" : "answers that make no sense");
                return false;
            }
        }
        _server.Drop(at);
        _figures.ResponseBytes += (ulong)at;
        if (!_tracker.IsDone)
            return false;
        _figures.ResponsePackets = _tracker.Packets;
        Settle(atUs);
        _phase = Phase.Ready;
        ReadClient(atUs);
        return true;
    }

    private bool TryNote(ResponseEvent seen, ReadOnlySpan<byte> packet)
    {
        var payload = packet.IsEmpty ? default : packet[PacketHeader.Size..];
        switch (seen)
        {
            case ResponseEvent.End:
                var isEof = payload[0] == OkPacket.EndHeader && !_capabilities.HasFlag(Capabilities.DeprecateEof);
                var ok = isEof ? default : OkPacket.Read(payload, _capabilities.HasFlag(Capabilities.SessionTrack));
                if (!isEof && !ok.IsValid)
                    return false;
                var (status, warnings) = isEof ? (EofPacket.Read(payload).Status, EofPacket.Read(payload).Warnings) : (ok.Status, ok.Warnings);
                _figures.Rows += _tracker.Rows;
                if (!isEof && payload[0] == OkPacket.Header)
                    _figures.Affected += ok.AffectedRows;
                if (!isEof && ok.LastInsertId != 0)
                    _figures.InsertId = ok.LastInsertId;
                NoteEnd(status, warnings);
                _tracker.Ended(status);
                return true;
            case ResponseEvent.ColumnsEnd:
                _tracker.ColumnsEnded(payload.IsEmpty ? ServerStatus.None : EofPacket.Read(payload).Status);
                return true;
            case ResponseEvent.Error:
                var error = ErrPacket.Read(payload);
                _figures.ErrorCode = error.Code;
                _sqlState = Encoding.ASCII.GetString(error.SqlState);
                _figures.Results++;
                return true;
            case ResponseEvent.Prepared:
                var prepared = PreparedPacket.Read(payload);
                _figures.StatementId = prepared.StatementId;
                _figures.ParameterCount = prepared.Parameters;
                if (_prepared.Count < PreparedMax)
                    _prepared[prepared.StatementId] = (_text, prepared.Parameters, null);
                return true;
            default:
                return true;
        }
    }

    private void NoteEnd(ServerStatus status, ushort warnings)
    {
        _figures.Status = status;
        _figures.Warnings = warnings;
        _figures.Results++;
        _isOpen = status.HasFlag(ServerStatus.InTransaction);
        _hasher.EndResult();
    }

    private void Settle(long atUs)
    {
        _figures.DurationUs = Since(atUs);
        _figures.RowsInOrder = _hasher.InOrder;
        _figures.RowsInAnyOrder = _hasher.InAnyOrder;
        _figures.Columns = _hasher.Columns;
        _hasher.Clear();
        _figures.Marks = (_wasOpen ? TransactionMarks.WasOpen : 0) | (_isOpen ? TransactionMarks.IsOpen : 0);
        if (_figures.Command is CommandKind.InitDb or CommandKind.FieldList)
        {
            var name = Encoding.UTF8.GetString(_text.AsSpan(0, Math.Min(_text.Length, CaptureLimits.WordBytes)));
            ledger.Command(_figures, name);
            if (_figures is { Command: CommandKind.InitDb, ErrorCode: 0 })
                ledger.Use(number, name);
        }
        else if (_text.Length > 0)
            ledger.Statement(_figures, _text, _parameters, _isWhole, _sqlState);
        else
            ledger.Command(_figures);
    }

    // A segment that begins with a packet of its own length, numbered 0, of a command that there is: there packets begin again.
    private void Find(ReadOnlySpan<byte> segment, long atUs)
    {
        if (segment.Length < PacketHeader.Size + 1 || segment[3] != 0 || PacketHeader.LengthOf(segment) != segment.Length - PacketHeader.Size
            || !Enum.IsDefined((CommandKind)segment[PacketHeader.Size]) || segment[PacketHeader.Size] == (byte)CommandKind.Sleep)
        {
            return;
        }
        if (!_isLoginSeen && !ledger.Knows(number))
        {
            report.Miss("logins of connections that were there before");
            ledger.Meet(number, "", source, atUs);
        }
        _client.Clear();
        _server.Clear();
        _isOpen = false;
        _phase = Phase.Ready;
    }

    private void Lose(string? reason)
    {
        if (reason is not null)
            report.Miss(reason);
        _client.Clear();
        _server.Clear();
        _phase = Phase.Lost;
    }

    private uint Since(long atUs) => (uint)Math.Clamp(atUs - _figures.StartUs, 0, uint.MaxValue - 1);
}
