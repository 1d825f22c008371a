using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Compression;
using Seawall.Engine.Loops.Tls;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Flow.Servers;

/// <summary>
/// Logs in to a server: greeting, TLS if it is wanted, and the shortest exchange that the account's plugin allows. One object
/// for each attempt, on one loop.
/// </summary>
internal sealed class ServerLogin : TimerNode
{
    /// <summary>The longest packet of a login that is believed; a public key is 450 bytes, an error message 512.</summary>
    private const int PacketMax = 8 * 1024;

    /// <summary>What is asked for whenever the server offers it.</summary>
    private const Capabilities Wanted =
        Capabilities.ClientMySql | Capabilities.LongFlag | Capabilities.Protocol41 | Capabilities.Transactions
        | Capabilities.SecureConnection | Capabilities.MultiResults | Capabilities.PreparedMultiResults
        | Capabilities.PluginAuth | Capabilities.PluginAuthLengthEncoded | Capabilities.ConnectAttributes
        | Capabilities.SessionTrack | Capabilities.DeprecateEof | Capabilities.LocalFiles | Capabilities.QueryAttributes
        | Capabilities.MariaDbBulk | Capabilities.MariaDbProgress;

    private readonly Loop _loop;
    private readonly ServerFacts _server;
    private readonly ServerLoginOptions _options;
    private readonly ServerAuthentication _authentication;
    private string? _schema;
    private Inbox _inbox;
    private byte _due;
    private bool _late;

    private ServerLogin(Loop loop, ServerFacts server, ServerLoginOptions options, Account account, ServerKeyCache keys)
    {
        _loop = loop;
        _server = server;
        _options = options;
        _authentication = new ServerAuthentication(account, options, server, keys);
    }

    /// <summary>The wire, once there is one.</summary>
    internal Wire? Wire { get; private set; }

    /// <summary>What the server is.</summary>
    internal ServerVersion? Version { get; private set; }

    /// <summary>What the server can.</summary>
    internal Capabilities Offered { get; private set; }

    /// <summary>What was agreed on.</summary>
    internal Capabilities Capabilities { get; private set; }

    /// <summary>The server's number for the connection.</summary>
    internal uint ThreadId { get; private set; }

    /// <summary>The low byte of the server's default collation.</summary>
    internal byte DefaultCollation { get; private set; }

    /// <summary>The plugin that the server greets with.</summary>
    internal string AuthPlugin { get; private set; } = "";

    /// <summary>The nonce of the greeting.</summary>
    internal Nonce Nonce { get; private set; }

    /// <summary>Packets that this side has sent, the request for TLS among them: one is the least.</summary>
    internal int Exchanges { get; private set; }

    /// <summary>
    /// Connects and logs in. Null when it has succeeded: then <see cref="Wire"/> is logged in and quiet. Otherwise the reason,
    /// and the wire is closed.
    /// </summary>
    internal static async LoopTask<(ServerLogin Login, DialFailure? Failure)> Run(
        Loop loop, ServerFacts server, ServerLoginOptions options, Account account, ServerKeyCache keys,
        Capabilities form, byte[] attributes, string? schema = null)
    {
        var login = new ServerLogin(loop, server, options, account, keys) { _schema = schema };
        var failure = await login.Attempt(form, attributes);
        loop.Timers.Disarm(login);
        if (login._inbox.HasHeld)
            failure ??= new(DialFailureKind.Malformed, $"{server.Endpoint} said more than its login");
        login._inbox.Clear();
        if (failure is null)
            return (login, null);
        login.Wire?.Close();
        return (login, login.Explain(failure));
    }

    /// <summary>Connects, reads the greeting and leaves: what a server is, for those who may not log in to it.</summary>
    internal static async LoopTask<(ServerLogin Login, DialFailure? Failure)> Greet(
        Loop loop, ServerFacts server, ServerLoginOptions options)
    {
        var nobody = new Account("", "", [], AccountSource.Settings);
        var login = new ServerLogin(loop, server, options, nobody, new ServerKeyCache());
        var failure = await login.Open();
        loop.Timers.Disarm(login);
        login.Wire?.Close();
        return (login, failure is null ? null : login.Explain(failure));
    }

    /// <summary>
    /// Logs in once more on a connection that is there, without schema: the way to a clean session on servers that know
    /// no other.
    /// </summary>
    internal static async LoopTask<bool> LogInAgain(
        ServerConnection connection, ServerFacts server, ServerLoginOptions options, Account account, ServerKeyCache keys)
    {
        var loop = connection.Wire.Loop;
        var login = new ServerLogin(loop, server, options, account, keys) { Wire = connection.Wire };
        login.Capabilities = connection.Capabilities;
        login.Nonce = connection.Nonce;
        login._authentication.IsEncrypted = connection.Capabilities.HasFlag(Capabilities.Tls);
        login._authentication.IsProtected = connection.Capabilities.HasFlag(Capabilities.Tls) || server.Endpoint.IsUnix;
        loop.Arm(login, options.LoginMsMax);
        login.SendChangeUser();
        var failure = await login.Authenticate();
        loop.Timers.Disarm(login);
        if (login._inbox.HasHeld)
            failure ??= new(DialFailureKind.Malformed, $"{server.Endpoint} said more than it was asked");
        login._inbox.Clear();
        if (failure is null)
        {
            // What COM_SET_OPTION said stays; no server takes it back at a change of user.
            var (insertId, holdsDiagnostics) = (connection.LastInsertId, connection.HoldsDiagnostics);
            connection.ForgetState(connection.LoginSettings.WithMultiStatements(connection.Applied.MultiStatements));
            if (!connection.Version.CanResetConnection)
                (connection.LastInsertId, connection.HoldsDiagnostics) = (insertId, holdsDiagnostics); // They stay as well, there.
        }
        return failure is null;
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        _late = true;
        Wire?.Close();
    }

    private async LoopTask<DialFailure?> Open()
    {
        try
        {
            Wire = _loop.Connect(_server.Endpoint);
        }
        catch (System.Net.Sockets.SocketException problem)
        {
            // No descriptor, no port or no memory now: a failure like others, or whoever counts on its end waits for ever.
            if (problem.NativeErrorCode is Loops.Linux.Libc.EMFILE or Loops.Linux.Libc.ENFILE)
                _loop.Shortage?.Note(problem.NativeErrorCode);
            return new(DialFailureKind.Unreachable, $"cannot connect to {_server.Endpoint}: {problem.Message}");
        }
        _loop.Shortage?.NoteSuccess();
        _loop.Arm(this, _options.ConnectMsMax);
        await Wire.Writable();
        if (Wire.PeerGone)
        {
            return new(DialFailureKind.Unreachable,
                $"cannot connect to {_server.Endpoint}" + (Wire.ConnectProblem is { } problem ? $": {problem}" : ""));
        }
        _loop.Arm(this, _options.LoginMsMax);
        SayWhoComes();
        return await ReadGreeting();
    }

    // The connection will serve many clients, and the server's accounts must be matched for all of them alike: so it is
    // Seawall's own, and not that of the client for whom it is opened.
    private void SayWhoComes()
    {
        if (_options.ProxyVersion == 0)
            return;
        Span<byte> header = stackalloc byte[ProxyHeader.TextLengthMax];
        var (own, peer) = (Wire!.OwnAddress, Wire.Peer);
        var length = own.IsUnix || peer.IsUnix
            ? ProxyHeader.Write(_options.ProxyVersion, null, null, header)
            : ProxyHeader.Write(_options.ProxyVersion, new(own.ToIPAddress(), own.Port), new(peer.ToIPAddress(), peer.Port), header);
        Wire.Send(header[..length]);
    }

    private async LoopTask<DialFailure?> Attempt(Capabilities form, byte[] attributes)
    {
        if (await Open() is { } refusal)
            return refusal;
        Capabilities = Agree(form);
        if (WantsTls && await GoOverToTls() is { } tlsFailure)
            return tlsFailure;
        if (_options.Tls == ServerTls.Required && !Capabilities.HasFlag(Capabilities.Tls))
        {
            return new(DialFailureKind.Tls, _options.TlsContext is null
                ? $"TLS with {_server.Endpoint} is required, and Seawall has no certificates for it loaded"
                : $"{_server.Endpoint} offers no TLS, and servers.tls = \"required\"");
        }
        _authentication.IsEncrypted = Capabilities.HasFlag(Capabilities.Tls);
        _authentication.IsProtected = Capabilities.HasFlag(Capabilities.Tls) || _server.Endpoint.IsUnix;
        SendLogin(attributes);
        if (await Authenticate() is { } failure)
            return failure;
        Compress();
        return null;
    }

    private void Compress()
    {
        var kind = CompressionKinds.AgreedIn(Capabilities);
        if (kind == CompressionKind.None)
            return;
        Span<byte> ahead = stackalloc byte[Math.Min(_inbox.HeldLength, PacketMax)];
        _inbox.TakeHeld(ahead);
        Wire = CompressedWire.ToServer(Wire!, kind, ahead);
    }

    private bool WantsTls => Offered.HasFlag(Capabilities.Tls) && _options.TlsContext is not null && _options.Tls switch
    {
        ServerTls.Off => false,
        ServerTls.Preferred => !_server.Endpoint.IsLocal,
        ServerTls.Required => true,
    };

    private async LoopTask<DialFailure?> ReadGreeting()
    {
        while (true)
        {
            switch (_inbox.Take(Wire!, PacketMax, out var packet))
            {
                case InboxResult.Packet:
                    return NoteGreeting(packet);
                case InboxResult.Later:
                    await Wire!.Readable();
                    break;
                default:
                    return new(DialFailureKind.Unreachable, $"{_server.Endpoint} closed the connection before its greeting");
            }
        }
    }

    private DialFailure? NoteGreeting(PacketSlice packet)
    {
        if (packet.Payload is [MySql.Results.ErrPacket.Header, ..])
            return DialFailure.FromServer(ServerReplies.ReadError(packet.Payload));
        Span<byte> nonce = stackalloc byte[Greeting.NonceLength];
        var greeting = Greeting.Read(packet.Payload, nonce);
        if (packet.Sequence != 0 || !greeting.IsValid || !Nonce.TryRead(nonce, out var read))
            return new(DialFailureKind.Malformed, $"{_server.Endpoint} does not greet like a MySQL or MariaDB server");
        Nonce = read;
        Version = ServerVersion.Parse(greeting.ServerVersion);
        Offered = greeting.Capabilities;
        ThreadId = greeting.ConnectionId;
        DefaultCollation = greeting.Collation;
        AuthPlugin = System.Text.Encoding.ASCII.GetString(greeting.AuthPlugin);
        return null;
    }

    private Capabilities Agree(Capabilities form)
    {
        var wanted = Wanted | form
            | (_schema is not null ? Capabilities.ConnectWithSchema : 0)
            | (CompressionKinds.FlagOf(_options.Compression) & CompressionKinds.Available);
        // Towards MariaDB this flag must stay away, or the high half of the capabilities is not read.
        if (Version!.IsMariaDb)
            wanted &= ~Capabilities.ClientMySql;
        // MySQL 5.6 (5.6.24 was asked) refuses every COM_CHANGE_USER of a login that had attributes, and knows no other way to a
        // clean session.
        if (!Version.CanResetConnection)
            wanted &= ~Capabilities.ConnectAttributes;
        return wanted & (Offered | Capabilities.ClientMySql);
    }

    private async LoopTask<DialFailure?> GoOverToTls()
    {
        // Bytes behind the greeting were not encrypted; read after the handshake they would pass for the server's word.
        if (_inbox.HasHeld)
        {
            _inbox.Clear();
            return new(DialFailureKind.Malformed, $"{_server.Endpoint} said more than its greeting before TLS began");
        }
        var writer = _loop.Writer.Clear().Begin(1);
        Capabilities |= Capabilities.Tls;
        LoginRequest.WriteTlsRequest(writer, Capabilities, CollationTable.Dial);
        Wire!.Send(writer.End().Bytes);
        var upgrade = await _options.TlsContext!.Connect(Wire, _options.HostName, _options.Workers);
        if (upgrade.Wire is null)
            return new(DialFailureKind.Tls, $"TLS with {_server.Endpoint} failed: {upgrade.Problem}");
        Wire = upgrade.Wire;
        Exchanges++;
        return null;
    }

    private void SendLogin(byte[] attributes)
    {
        Span<byte> proof = stackalloc byte[CachingSha2Password.ProofLength];
        var length = _authentication.Begin(Nonce, proof, out var plugin);
        var number = (byte)(Capabilities.HasFlag(Capabilities.Tls) ? 2 : 1);
        _due = (byte)(number + 1);
        var writer = _loop.Writer.Clear().Begin(number);
        LoginRequest.Write(writer, Capabilities, CollationTable.Dial, _authentication.User, proof[..length],
            System.Text.Encoding.UTF8.GetBytes(_schema ?? ""), plugin, attributes);
        Wire!.Send(writer.End().Bytes);
        Exchanges++;
    }

    private void SendChangeUser()
    {
        Span<byte> proof = stackalloc byte[CachingSha2Password.ProofLength];
        var length = _authentication.Begin(Nonce, proof, out var plugin);
        var writer = _loop.Writer.Clear().Begin(0);
        _due = 1;
        ChangeUserRequest.Write(writer, Capabilities, _authentication.User, proof[..length], default, CollationTable.Dial,
            plugin, default);
        Wire!.Send(writer.End().Bytes);
        Exchanges++;
    }

    private async LoopTask<DialFailure?> Authenticate()
    {
        while (true)
        {
            switch (_inbox.Take(Wire!, PacketMax, out var packet))
            {
                case InboxResult.Later:
                    await Wire!.Readable();
                    continue;
                case InboxResult.Gone or InboxResult.Beginning:
                    return Closed();
            }
            if (!ServerReplies.IsInTurn(packet, _due))
                return new(DialFailureKind.Malformed, $"{_server.Endpoint} sent packets out of order during the login");
            _due++;
            var step = _authentication.Answer(packet.Payload);
            if (step == ServerAuthenticationStep.Encrypt)
                step = await _authentication.Encrypt(_loop);
            switch (step)
            {
                case ServerAuthenticationStep.Done:
                    return null;
                case ServerAuthenticationStep.Failed:
                    return _authentication.Failure;
                case ServerAuthenticationStep.Send:
                    Wire!.Send(_loop.Writer.Clear().Begin(_due++).Raw(_authentication.Reply).End().Bytes);
                    _authentication.ForgetReply();
                    Exchanges++;
                    break;
            }
        }
    }

    private DialFailure Closed() => Wire is TlsWire { Problem: { } problem }
        ? new(DialFailureKind.Tls, $"TLS with {_server.Endpoint} ended during the login: {problem}")
        : new(DialFailureKind.Unreachable, $"{_server.Endpoint} closed the connection during the login");

    private DialFailure Explain(DialFailure failure)
    {
        if (_late)
            failure = Late(failure);
        // A server that does not expect one hangs up, or takes the header for a login that makes no sense.
        return _options.ProxyVersion == 0 || Wire is null || failure.Code == MySql.Results.SqlError.AccessDenied.Code
            ? failure
            : failure with { Text = $"{failure.Text}; it is sent a PROXY header first (servers.proxy_protocol = \"v{_options.ProxyVersion}\")" };
    }

    private DialFailure Late(DialFailure failure) => failure.Kind is DialFailureKind.Unreachable or DialFailureKind.Tls
        ? new(DialFailureKind.TimedOut, Version is null && Exchanges == 0
            ? $"{_server.Endpoint} did not answer within {_options.ConnectMsMax} ms (servers.connect_ms_max)"
            : $"{_server.Endpoint} did not finish the login within {_options.LoginMsMax} ms (servers.login_ms_max)")
        : failure;
}
