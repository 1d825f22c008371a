using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;
using Seawall.Testing.Framing;

namespace Seawall.LabTests.Lab;

/// <summary>
/// A client that shows every packet as it came: what two servers, or a server and Seawall, answer to the same command can
/// be compared byte by byte. It blocks, and gives up after half a minute of silence.
/// </summary>
public sealed class RawClient : IDisposable
{
    /// <summary>What most clients ask for today, without TLS and compression.</summary>
    public const Capabilities Usual =
        Capabilities.ClientMySql | Capabilities.LongFlag | Capabilities.Protocol41 | Capabilities.Transactions
        | Capabilities.SecureConnection | Capabilities.MultiStatements | Capabilities.MultiResults
        | Capabilities.PreparedMultiResults | Capabilities.PluginAuth | Capabilities.PluginAuthLengthEncoded
        | Capabilities.SessionTrack | Capabilities.DeprecateEof;

    // Of answers that take a moment, on a machine with much else to do.
    private const int SilenceMsMax = 120_000;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly PacketWriter _writer = new();
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;
    private byte _sequence;
    private FrameCodec? _frames;
    private byte[] _arrived = [];
    private int _arrivedAt;
    private byte[] _nonce = [];

    private RawClient()
    {
        _socket.NoDelay = true;
        _socket.ReceiveTimeout = _socket.SendTimeout = SilenceMsMax;
    }

    public Capabilities Offered { get; private set; }

    public Capabilities Agreed { get; private set; }

    public string ServerVersion { get; private set; } = "";

    public uint ConnectionId { get; private set; }

    public string GreetedPlugin { get; private set; } = "";

    /// <summary>Packets that this side sent in the login.</summary>
    public int LoginExchanges { get; private set; }

    /// <summary>The error that ended the login, when one did.</summary>
    public RawError? Refusal { get; private set; }

    public bool SendsAttributes => Agreed.HasFlag(Capabilities.QueryAttributes);

    public bool MayOmitMetadata => (Agreed & (Capabilities.OptionalMetadata | Capabilities.MariaDbCachedMetadata)) != 0;

    /// <summary>Whether answers are shown without the flag that says that a prepared statement's columns have changed.</summary>
    public bool HidesMetadataChange { get; set; }

    /// <summary>The packet that ended the login well.</summary>
    public RawPacket? LoginEnd { get; private set; }

    public bool DeprecatesEof => Agreed.HasFlag(Capabilities.DeprecateEof);

    /// <summary>Connects and logs in; see <see cref="Refusal"/>.</summary>
    public static RawClient Connect(
        int port, string user, string password, Capabilities wanted = Usual, string? schema = null, byte collation = 45,
        byte[]? attributes = null, byte[]? rawSchema = null)
    {
        var client = new RawClient();
        try
        {
            client._socket.Connect("127.0.0.1", port);
            client.LogIn(user, Encoding.UTF8.GetBytes(password), wanted,
                rawSchema ?? (schema is null ? null : Encoding.UTF8.GetBytes(schema)), collation, attributes);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and reads its whole answer.</summary>
    public RawAnswer Ask(CommandKind kind, ReadOnlySpan<byte> body)
    {
        Send(kind, body);
        return Read(kind);
    }

    public RawAnswer Query(string sql) => Ask(CommandKind.Query, Encoding.UTF8.GetBytes(sql));

    /// <summary>Sends a command; a text without attributes, where they were agreed on.</summary>
    public void Send(CommandKind kind, ReadOnlySpan<byte> body)
    {
        _frames?.Next = 0;
        _writer.Clear().Begin(0).Int1((byte)kind);
        if (kind == CommandKind.Query && SendsAttributes)
            _writer.Int1(0).Int1(1);
        SendBytes(_writer.Raw(body).End().Bytes);
    }

    /// <summary>Sends a COM_QUERY whose body is what it is, attributes included.</summary>
    public RawAnswer QueryAsIs(ReadOnlySpan<byte> body)
    {
        _frames?.Next = 0;
        SendBytes(_writer.Clear().Begin(0).Int1((byte)CommandKind.Query).Raw(body).End().Bytes);
        return Read(CommandKind.Query);
    }

    /// <summary>Sends bytes as they are, in frames where everything is.</summary>
    public void SendBytes(ReadOnlySpan<byte> bytes)
    {
        if (_frames is not null)
            bytes = _frames.Pack(bytes);
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Reads the whole answer to a command of this kind.</summary>
    public RawAnswer Read(CommandKind kind) => Read(kind, new RawAnswer(this));

    /// <summary>The same into an answer of the caller's, which has what came before the connection ended, if it does.</summary>
    public RawAnswer Read(CommandKind kind, RawAnswer answer)
    {
        switch (ResponseShapes.Of(kind))
        {
            case ResponseShape.None:
                break;
            case ResponseShape.Results:
                while (ReadResult(answer))
                {
                }
                break;
            case ResponseShape.Prepared:
                ReadPrepared(answer);
                break;
            case ResponseShape.FieldList:
            case ResponseShape.Rows:
                ReadRows(answer, isFieldList: kind == CommandKind.FieldList);
                break;
            case ResponseShape.OnePacket:
                answer.Add(Next());
                break;
        }
        return answer;
    }

    /// <summary>Reads the whole answer to the next of several commands that were sent ahead: its frames are counted by themselves.</summary>
    public RawAnswer ReadNext(CommandKind kind)
    {
        _frames?.Next = 1;
        return Read(kind);
    }

    /// <summary>
    /// Changes the user; the answer is the packet that ends the exchange. The first proof is made with the nonce of the
    /// greeting; with a <paramref name="plugin"/> there is none, and the other side has to ask.
    /// </summary>
    public RawPacket ChangeUser(string user, string password, string schema, ushort collation, string? plugin = null)
    {
        Nonce.TryRead(_nonce, out var nonce);
        Span<byte> proof = stackalloc byte[CachingSha2Password.ProofLength];
        var secret = Encoding.UTF8.GetBytes(password);
        var length = plugin is null ? Prove(GreetedPlugin, secret, nonce, proof) : 0;
        _writer.Clear().Begin(0);
        ChangeUserRequest.Write(_writer, Agreed & ~Capabilities.ConnectAttributes, Encoding.UTF8.GetBytes(user), proof[..length],
            Encoding.UTF8.GetBytes(schema), collation, Encoding.ASCII.GetBytes(plugin ?? GreetedPlugin), default);
        SendBytes(_writer.End().Bytes);
        return Authenticate(secret, nonce);
    }

    /// <summary>Whether something has come, or the end, or comes within this time.</summary>
    public bool Poll(int waitMs) => _end > _start || _socket.Poll(waitMs * 1000, SelectMode.SelectRead);

    /// <summary>How long it waits for a packet before it gives up.</summary>
    public int PatienceMs
    {
        get => _socket.ReceiveTimeout;
        set => _socket.ReceiveTimeout = value;
    }

    /// <summary>The next packet, or null when the other side has closed.</summary>
    public RawPacket? NextOrEnd()
    {
        try
        {
            return Next();
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();

    // True when another result follows.
    private bool ReadResult(RawAnswer answer)
    {
        var first = answer.Add(Next());
        if (first.Head[0] == ErrPacket.Header)
            return false;
        if (first.Head[0] == OkPacket.Header)
            return answer.LastStatus.HasFlag(ServerStatus.MoreResults);
        var head = new FieldReader(first.Head);
        var columns = (int)head.LengthEncoded();
        var follow = !MayOmitMetadata || head.Int1() != 0;
        for (var i = 0; follow && i < columns; i++)
        {
            // An error may come in the place of any packet.
            if (answer.Add(Next()).Head[0] == ErrPacket.Header)
                return false;
        }
        if (!DeprecatesEof)
        {
            if (answer.Add(Next()).Head[0] == ErrPacket.Header)
                return false;
            if (answer.LastStatus.OpensCursor())
                return false;
            // MySQL 5.6 forgets to say so again at the end of the row.
            if (answer.LastStatus.HasFlag(ServerStatus.OutParameters) && answer.LastStatus.HasFlag(ServerStatus.MoreResults))
            {
                ReadRows(answer);
                return answer.Error is null;
            }
        }
        return ReadRows(answer);
    }

    private bool ReadRows(RawAnswer answer, bool isFieldList = false)
    {
        while (true)
        {
            var row = answer.Add(Next());
            if (row.Head is [ErrPacket.Header, ..] || (isFieldList && row.Head is [OkPacket.Header, ..]))
                return false;
            if (row.Head is [OkPacket.EndHeader, ..]
                && row.Length < (DeprecatesEof ? PacketHeader.LengthMax : EofPacket.LengthLimit))
            {
                return answer.LastStatus.HasFlag(ServerStatus.MoreResults);
            }
            while (answer.Packets[^1].Length == PacketHeader.LengthMax)
                answer.Add(Next());
        }
    }

    private void ReadPrepared(RawAnswer answer)
    {
        var first = answer.Add(Next());
        if (first.Head[0] == ErrPacket.Header)
            return;
        var prepared = PreparedPacket.Read(first.Head);
        foreach (int count in (int[])[prepared.Parameters, prepared.Columns])
        {
            var definitions = prepared.OmitsMetadata ? 0 : count;
            for (var i = 0; i < definitions + (count > 0 && !DeprecatesEof ? 1 : 0); i++)
            {
                if (answer.Add(Next()).Head[0] == ErrPacket.Header)
                    return;
            }
        }
    }

    private void LogIn(
        string user, byte[] password, Capabilities wanted, byte[]? schema, byte collation, byte[]? attributes)
    {
        var greeting = Next();
        if (greeting.Head[0] == ErrPacket.Header)
        {
            Refusal = RawError.Read(greeting.Head);
            return;
        }
        var nonceBytes = new byte[Greeting.NonceLength];
        var read = Greeting.Read(greeting.Head, nonceBytes);
        ServerVersion = Encoding.ASCII.GetString(read.ServerVersion);
        ConnectionId = read.ConnectionId;
        GreetedPlugin = Encoding.ASCII.GetString(read.AuthPlugin);
        Offered = read.Capabilities;
        Agreed = wanted & Offered;
        if (schema is not null)
            Agreed |= Capabilities.ConnectWithSchema;
        if (attributes is not null)
            Agreed |= Capabilities.ConnectAttributes;
        _nonce = nonceBytes;
        // A client without this flag is MariaDB's to the server: the high half then means something.
        Agreed |= wanted & Capabilities.ClientMySql;
        Nonce.TryRead(nonceBytes, out var nonce);
        Span<byte> proof = stackalloc byte[CachingSha2Password.ProofLength];
        var length = Prove(GreetedPlugin, password, nonce, proof);
        _writer.Clear().Begin(_sequence);
        LoginRequest.Write(_writer, Agreed, collation, Encoding.UTF8.GetBytes(user), proof[..length],
            schema, read.AuthPlugin, attributes);
        SendLogin(_writer.End().Bytes);
        LoginEnd = Authenticate(password, nonce);
    }

    private RawPacket Authenticate(byte[] password, Nonce nonce)
    {
        Span<byte> proof = stackalloc byte[512];
        while (true)
        {
            var packet = Next();
            switch (packet.Head)
            {
                case [OkPacket.Header, ..]:
                    var kind = CompressionKinds.AgreedIn(Agreed);
                    _frames = kind == CompressionKind.None ? null : new FrameCodec(kind);
                    return packet;
                case [ErrPacket.Header, ..]:
                    Refusal = RawError.Read(packet.Head);
                    return packet;
                case [AuthMoreData.Header, AuthMoreData.FastAuthSuccess]:
                    continue;
                case [AuthMoreData.Header, AuthMoreData.PerformFullAuthentication]:
                    SendLogin(_writer.Clear().Begin(_sequence).Int1(AuthMoreData.RequestPublicKey).End().Bytes);
                    continue;
                case [AuthMoreData.Header, .. var pem]:
                    if (!PublicKeyOfServer.TryParse(pem, out var key)
                        || !key.TryEncrypt(password, nonce, proof, out var sealedLength))
                    {
                        throw new InvalidDataException("the public key makes no sense");
                    }
                    SendLogin(_writer.Clear().Begin(_sequence).Raw(proof[..sealedLength]).End().Bytes);
                    continue;
                default:
                    var request = AuthSwitchRequest.Read(packet.Head);
                    var plugin = Encoding.ASCII.GetString(request.AuthPlugin);
                    var isLong = plugin == "client_ed25519";
                    if (!isLong)
                        Nonce.TryRead(request.Data, out nonce);
                    if (isLong && !Ed25519Password.TrySign(password, request.Data, proof))
                        throw new InvalidDataException("the nonce cannot be signed");
                    var length = isLong ? Ed25519Password.SignatureLength : Prove(plugin, password, nonce, proof);
                    SendLogin(_writer.Clear().Begin(_sequence).Raw(proof[..length]).End().Bytes);
                    continue;
            }
        }
    }

    private static int Prove(string plugin, byte[] password, in Nonce nonce, Span<byte> proof) => plugin switch
    {
        "mysql_native_password" => NativePassword.WriteProofOfPassword(password, nonce, proof),
        "caching_sha2_password" => CachingSha2Password.WriteProofOfPassword(password, nonce, proof),
        "sha256_password" => AskForKey(password, proof),
        _ => throw new NotSupportedException($"no plugin {plugin} here"),
    };

    // sha256_password, with which MySQL 9 answers strangers: 1 asks for the key, a NUL is the empty password.
    private static int AskForKey(byte[] password, Span<byte> proof)
    {
        proof[0] = (byte)(password.Length > 0 ? 1 : 0);
        return 1;
    }

    private void SendLogin(ReadOnlySpan<byte> bytes)
    {
        LoginExchanges++;
        SendBytes(bytes);
    }

    /// <summary>What was wrong with the frames.</summary>
    public string? Problem => _frames?.Problem;

    private RawPacket Next()
    {
        Fill(PacketHeader.Size);
        var length = PacketHeader.LengthOf(_buffer.AsSpan(_start));
        // In frames the numbers of packets depend on where frames begin, and nobody looks at them.
        var sequence = _frames is null ? PacketHeader.SequenceOf(_buffer.AsSpan(_start)) : (byte)0;
        _start += PacketHeader.Size;
        _sequence = (byte)(sequence + 1);
        // What is long is remembered by its beginning and its digest: a test may read 100 MB.
        var isLong = length > RawPacket.HeadMax;
        using var hash = isLong ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        var head = new byte[Math.Min(length, RawPacket.HeadMax)];
        for (var have = 0; have < length;)
        {
            Fill(1);
            var piece = _buffer.AsSpan(_start, Math.Min(_end - _start, length - have));
            if (have < head.Length)
                piece[..Math.Min(piece.Length, head.Length - have)].CopyTo(head.AsSpan(have));
            hash?.AppendData(piece);
            have += piece.Length;
            _start += piece.Length;
        }
        return new RawPacket(sequence, length, head, hash is null ? "" : Convert.ToHexString(hash.GetHashAndReset()));
    }

    private void Fill(int count)
    {
        if (_end - _start >= count)
            return;
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < count)
        {
            var received = _frames is null ? _socket.Receive(_buffer.AsSpan(_end)) : Unpack(_buffer.AsSpan(_end));
            if (received == 0)
                throw new EndOfStreamException("the other side has closed the connection");
            _end += received;
        }
    }

    private int Unpack(Span<byte> into)
    {
        Span<byte> headerBytes = stackalloc byte[FrameHeader.Size];
        while (_arrivedAt == _arrived.Length)
        {
            Receive(headerBytes);
            var header = FrameHeader.Read(headerBytes);
            var body = new byte[header.Length];
            Receive(body);
            (_arrived, _arrivedAt) = (_frames!.Unpack(header, body), 0);
        }
        var count = Math.Min(into.Length, _arrived.Length - _arrivedAt);
        _arrived.AsSpan(_arrivedAt, count).CopyTo(into);
        _arrivedAt += count;
        return count;
    }

    private void Receive(Span<byte> into)
    {
        while (into.Length > 0)
        {
            var received = _socket.Receive(into);
            if (received == 0)
                throw new EndOfStreamException("the other side has closed the connection");
            into = into[received..];
        }
    }
}

/// <summary>One packet, long ones by their beginning and their digest.</summary>
public sealed record RawPacket(byte Sequence, int Length, byte[] Head, string Digest)
{
    /// <summary>So much of a packet is kept; definitions, errors and public keys are shorter.</summary>
    public const int HeadMax = 4096;

    public override string ToString() => $"{Sequence}:{Length}:"
        + (Digest.Length > 0 ? Digest : $"{Convert.ToHexString(Head)} \"{Readable()}\"");

    /// <summary>What of it can be read.</summary>
    public string Text => Readable();

    private string Readable() => string.Concat(Head.Select(value => value is >= 32 and < 127 ? (char)value : '.'));
}

/// <summary>An error as it came.</summary>
public sealed record RawError(int Code, string State, string Message)
{
    public static RawError Read(ReadOnlySpan<byte> payload)
    {
        var error = ErrPacket.Read(payload);
        return new RawError(error.Code, Encoding.ASCII.GetString(error.SqlState), Encoding.UTF8.GetString(error.Message));
    }
}

/// <summary>All packets of an answer.</summary>
public sealed class RawAnswer(RawClient client)
{
    public List<RawPacket> Packets { get; } = [];

    /// <summary>The error at its end, or null.</summary>
    public RawError? Error => Packets.Count > 0 && Packets[^1].Head is [ErrPacket.Header, ..] ? RawError.Read(Packets[^1].Head) : null;

    /// <summary>The status flags of its last packet.</summary>
    public ServerStatus LastStatus
    {
        get
        {
            var last = Packets[^1].Head;
            return last is [OkPacket.EndHeader, ..] && !client.DeprecatesEof
                ? EofPacket.Read(last).Status
                : OkPacket.Read(last, client.Agreed.HasFlag(Capabilities.SessionTrack)).Status;
        }
    }

    /// <summary>The number that a prepared statement got.</summary>
    public uint StatementId => PreparedPacket.Read(Packets[0].Head).StatementId;

    /// <summary>The first column of the first row of a text answer, or null for NULL or no row.</summary>
    public string? FirstValue
    {
        get
        {
            var head = new FieldReader(Packets[0].Head);
            var columns = (int)head.LengthEncoded();
            if (client.MayOmitMetadata && head.Int1() == 0)
                columns = 0;
            var row = Packets[1 + columns + (client.DeprecatesEof ? 0 : 1)].Head;
            if (row is [0xFB, ..] or [OkPacket.EndHeader, ..])
                return null;
            return Encoding.UTF8.GetString(new FieldReader(row).LengthEncodedBytes());
        }
    }

    public RawPacket Add(RawPacket packet)
    {
        Packets.Add(packet);
        return packet;
    }

    /// <summary>
    /// The answer as text, to compare, a line for each packet. Three things are left out, and docs/compatibility.md names
    /// them: numbers of prepared statements, the order in which changed variables are told, and what the EOF packet behind
    /// the columns says of the plan when an error follows it.
    /// </summary>
    public string[] Shown(CommandKind kind)
    {
        var shown = new string[Packets.Count];
        for (var i = 0; i < shown.Length; i++)
        {
            var fails = i + 1 < shown.Length && Packets[i + 1].Head is [ErrPacket.Header, ..];
            var packet = client.HidesMetadataChange ? WithoutMetadataChange(Packets[i]) : Packets[i];
            shown[i] = ShowEnd(packet, fails) ?? packet.ToString();
        }
        if (kind == CommandKind.StatementPrepare && Packets[0].Head[0] == OkPacket.Header)
        {
            var head = Packets[0].Head.ToArray();
            BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(1), 0);
            shown[0] = (Packets[0] with { Head = head }).ToString();
        }
        return shown;
    }

    // The flags are at the same place in both forms of an end: nothing is affected by rows.
    private static RawPacket WithoutMetadataChange(RawPacket packet)
    {
        if (packet.Head is not [OkPacket.EndHeader, _, _, _, _, ..] || packet.Digest.Length > 0)
            return packet;
        var head = packet.Head.ToArray();
        head[4] &= unchecked((byte)~((int)ServerStatus.MetadataChanged >> 8));
        return packet with { Head = head };
    }

    private string? ShowEnd(RawPacket packet, bool fails)
    {
        if (packet.Head is [OkPacket.EndHeader, ..] && packet.Length < EofPacket.LengthLimit && !client.DeprecatesEof)
        {
            var eof = EofPacket.Read(packet.Head);
            return $"{packet.Sequence}:{packet.Length}:EOF {eof.Warnings} {(fails ? eof.Status & ServerStatus.OfSession : eof.Status)}";
        }
        var ok = OkPacket.Read(packet.Head, client.Agreed.HasFlag(Capabilities.SessionTrack));
        if (!ok.IsValid || ok.SessionChanges.IsEmpty)
            return null;
        var changes = new List<string>();
        var reader = new SessionChangeReader(ok.SessionChanges);
        while (reader.MoveNext())
            changes.Add($"{reader.Current.Kind} {Encoding.UTF8.GetString(reader.Current.Name)}={Encoding.UTF8.GetString(reader.Current.Value)}");
        return $"{packet.Sequence}:{packet.Length}:OK {ok.FirstByte} {ok.AffectedRows} {ok.LastInsertId} {ok.Warnings} "
            + $"{ok.Status} '{Encoding.UTF8.GetString(ok.Info)}' {string.Join(", ", changes.Order())}";
    }
}
