using System.Text;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;
using Seawall.MySql.Compression;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// Greets a client and lets it in, or not: one object for each attempt. Nothing here asks a server for a connection; what is
/// needed of them is on the facts board.
/// </summary>
internal sealed class ClientLogin : LoginPlace
{
    /// <summary>
    /// How long a login waits at most for what global variables are now that somebody is changing. A server does it and tells of it
    /// in a millisecond; one that takes longer than a second has other troubles, and logins must not be among them.
    /// </summary>
    private const int GlobalsTicksMax = 1_000 / TimerWheel.TickMs;

    // Seawall speaks these whatever the servers do.
    private const Capabilities Always =
        Capabilities.Protocol41 | Capabilities.SecureConnection | Capabilities.PluginAuth
        | Capabilities.PluginAuthLengthEncoded | Capabilities.ConnectAttributes;

    private readonly Session _session;
    private readonly FrontDoor _door;
    private FactsSnapshot _facts;
    private PasswordKind _greeted;
    private bool _awaitsProxy;
    private bool _isGreeted;
    private bool _isBetweenWires;
    private bool _late;
    private bool _isCounted;
    private bool _pushedOut;

    internal ClientLogin(Session session, FrontDoor door)
    {
        _session = session;
        _door = door;
        _facts = door.Facts;
        Exchange = new LoginExchange(session, 1) // The greeting is number 0.
        {
            MayHold = bytes => door.Room.TryHold(this, bytes),
        };
    }

    /// <summary>The packets of the login.</summary>
    internal LoginExchange Exchange { get; }

    /// <inheritdoc/>
    internal override Wire Wire => _session.Wire;

    /// <inheritdoc/>
    internal override long SinceMs => _session.SinceMs;

    /// <summary>The schema that the client wants to begin in.</summary>
    internal string? Schema { get; private set; }

    /// <summary>Who the client says it is; empty before it has.</summary>
    internal string User { get; private set; } = "";

    /// <summary>The plugin that it began with.</summary>
    internal string FirstPlugin { get; private set; } = "";

    /// <summary>The plugin that has proved it.</summary>
    internal string AccountPlugin { get; private set; } = "";

    /// <summary>The collation that it wants.</summary>
    internal int Collation { get; private set; }

    /// <summary>How long TLS took, in microseconds; 0 without TLS.</summary>
    internal uint TlsUs { get; private set; }

    /// <summary>How the client wants everything behind its login compressed.</summary>
    internal CompressionKind Compression { get; private set; }

    /// <summary>The level of zstd that it asks for.</summary>
    internal byte ZstdLevel { get; private set; }

    /// <summary>
    /// Everything up to, but without, the OK packet that ends the login; false when the client is not let in and has been
    /// told so. The session's settings are those of the login, without the schema.
    /// </summary>
    internal async LoopTask<bool> Run()
    {
        _door.Loop.Arm(this, _door.Options.LoginMsMax);
        bool letIn;
        try
        {
            // Before it counts: whoever is not let in must not push anybody out. Whom a proxy speaks for it says first.
            var isProxied = _door.Options.ProxiesFrom.Contains(_session.Wire.Peer);
            letIn = isProxied || await IsAdmitted(_session.Wire.Peer);
            if (letIn)
            {
                _door.Room.Enter(this);
                letIn = await HearProxy() && (!isProxied || await IsAdmitted(_session.Wire.Peer)) && TakesItsTurn() && await Receive();
            }
        }
        finally
        {
            _door.Loop.Timers.Disarm(this);
            _door.Room.Leave(this);
        }
        if (_pushedOut)
            _door.Meter.LoginsFailed++; // The room has logged it, if not too often.
        else if (_late)
            _door.Refused(_session, "", _awaitsProxy ? NoProxyHeader : $"no login within {_door.Options.LoginMsMax} ms (clients.login_ms_max)");
        else if (Exchange.Problem is { } problem)
            _door.Refused(_session, "", problem);
        return letIn;
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        _late = true;
        if (_awaitsProxy)
            ClientReplies.SendInPlaceOfGreeting(_session.Wire, SqlError.Handshake, NoProxyHeader);
        _session.Wire.Close();
    }

    /// <inheritdoc/>
    internal override void PushOut(string message)
    {
        _pushedOut = true;
        if (_isGreeted && !_isBetweenWires)
            Exchange.SendErrorAhead(SqlError.TooManyConnections, message);
        _session.Wire.Close();
    }

    private bool TakesItsTurn()
    {
        if (_door.Room.TryCount(this))
            return true;
        _door.Meter.LoginsFailed++;
        return false;
    }

    // By what is known before the greeting. Who comes too soon is told after a while, and keeps no place meanwhile.
    private async LoopTask<bool> IsAdmitted(PeerAddress peer)
    {
        if (!IsRefused(new(peer, _session.Listener), out var message))
            return true;
        _door.Room.Leave(this);
        await _door.Tarpit.Wait(_door.Loop, _door.Meter);
        ClientReplies.SendInPlaceOfGreeting(_session.Wire, SqlError.TooManyConnections, message);
        _door.Meter.LoginsFailed++;
        return false;
    }

    // The same once the account is known, before its password is looked at.
    private async LoopTask<bool> IsAdmittedAs(string user)
    {
        if (!IsRefused(new(_session.Wire.Peer, _session.Listener, user, Schema), out var message))
            return true;
        _door.Room.Leave(this);
        await _door.Tarpit.Wait(_door.Loop, _door.Meter);
        Exchange.SendError(SqlError.TooManyConnections, message);
        _door.Meter.LoginsFailed++;
        return false;
    }

    private bool IsRefused(in LoginApplicant applicant, out string message)
    {
        message = "";
        if (_door.Gate.Ask(applicant, needsCrypto: false) is not { } refusal)
            return false;
        if (!_isCounted)
            _door.Meter.LoginsRefusedByClass++;
        _isCounted = true;
        message = refusal.Message;
        return refusal.IsEnforced;
    }

    // Said to whoever may be a person with a client, on a machine from which only a proxy should come.
    private string NoProxyHeader => $"no PROXY header within {_door.Options.LoginMsMax} ms (clients.login_ms_max), "
        + "which is due from this address; see clients.proxy_protocol_from";

    // Everything after it goes by the client's own address: the plugin of the greeting, hosts of accounts, limits, the log.
    private async LoopTask<bool> HearProxy()
    {
        if (!_door.Options.ProxiesFrom.Contains(_session.Wire.Peer))
            return true;
        _awaitsProxy = true;
        var heard = await ProxyIntroduction.Hear(_session);
        _awaitsProxy = _late;
        if (heard.IsIn)
        {
            _door.Meter.ProxyHeaders++;
            _facts = _door.Facts; // News may have come meanwhile.
        }
        else if (heard.Problem is { } problem)
        {
            _door.BadProxy(_session, problem);
        }
        return heard.IsIn;
    }

    private async LoopTask<bool> Receive()
    {
        if (_facts.Primary is not { Version: not null } server)
            return TurnAway(_door.NoServerMessage());
        if (_facts.Accounts.Mode == AccountMode.Unknown)
            return TurnAway(_door.NoAccountsMessage());
        Greet(server);
        return await LetIn(server);
    }

    // Not logged: with no server there are as many of these as clients, and the server's own trouble is in the log.
    private bool TurnAway(string message)
    {
        ClientReplies.SendInPlaceOfGreeting(_session.Wire, SqlError.ServerNotAvailable, message);
        _door.Meter.LoginsFailed++;
        return false;
    }

    private void Greet(ServerFacts server)
    {
        var compression = _door.Options.Compression & CompressionKinds.Available;
        var offered = ((ClientReplies.Spoken | compression) & server.Capabilities) | Always;
        // Nobody listens on a Unix socket, and clients take TLS wherever it is offered.
        if (_door.Options.Tls is not null && !_session.IsProtected)
            offered |= Capabilities.Tls;
        _session.Capabilities = offered;
        _session.Nonce = _door.Nonces.Next();
        _greeted = _door.Greeter.KindFor(_session.Wire.Peer, _facts.Accounts);
        var writer = _door.Loop.Writer.Clear().Begin(0);
        Greeting.Write(writer, server.Version!.Bytes.Span, _session.Id, _session.Nonce.Bytes, offered,
            server.DefaultCollation, server.BeginsWithAutocommit ? ServerStatus.Autocommit : ServerStatus.None, ClientAuthentication.NameOf(_greeted));
        _session.Wire.Send(writer.End().Bytes);
        _isGreeted = true;
    }

    private async LoopTask<bool> LetIn(ServerFacts server)
    {
        if (await ReadRequest() is not { } request)
            return false;
        if (request.IsTlsRequest)
        {
            if (!await GoOverToTls() || await ReadRequest() is not { IsTlsRequest: false } second)
                return false;
            request = second;
        }
        (User, FirstPlugin, Collation) = (request.User, request.AuthPlugin, request.Collation);
        if (_door.Options.RequiresTls && !_session.IsProtected)
        {
            return Refuse(request.User, new Refusal(SqlError.SecureTransportRequired,
                "Connections using insecure transport are prohibited while clients.tls = \"required\"", "no TLS"));
        }
        _session.Capabilities &= request.Capabilities;
        _session.Attributes = _door.Share(request.Attributes);
        Schema = request.Schema is { } schema ? CharacterSets.Decode(schema, server, request.Collation) : null;
        if (!AgreeOnCompression(request))
            return false;
        if (CollationTable.Refusal(server, request.Collation) is { } unfit)
            return Refuse(request.User, unfit);
        if (!await IsAdmittedAs(request.User))
            return false;
        var authentication = new ClientAuthentication(Exchange, _door, _facts.Accounts, _greeted);
        var refusal = await authentication.Run(request.User, request.AuthPlugin, request.AuthResponse);
        if (Exchange.IsOver)
            return false;
        if (authentication.Accepted is not { } account)
            return Refuse(request.User, refusal);
        // A client that has just changed a global variable, and then connects, looks whether it is so.
        for (var left = GlobalsTicksMax; left > 0 && _door.AreGlobalsChanging; left--)
            await new Sleep(_door.Loop).For(TimerWheel.TickMs);
        Begin(account, _door.Facts.Primary ?? server, request.Collation);
        _door.Greeter.Note(_session.Wire.Peer, authentication.Plugin);
        AccountPlugin = Encoding.ASCII.GetString(ClientAuthentication.NameOf(authentication.Plugin));
        return true;
    }

    // A level beside zlib is not looked at, as servers do not.
    private bool AgreeOnCompression(Request request)
    {
        Compression = CompressionKinds.AgreedIn(_session.Capabilities);
        ZstdLevel = request.ZstdLevel;
        return Compression != CompressionKind.Zstd
            || ZstdLevel is >= CompressionBench.ZstdLevelMin and <= CompressionBench.ZstdLevelMax
            || Refuse(request.User, new Refusal(SqlError.WrongCompressionLevel,
                "Invalid zstd compression level for algorithm 'zstd'.", $"zstd level {ZstdLevel}"));
    }

    private void Begin(Account account, ServerFacts server, int collation)
    {
        _session.Account = account;
        _session.LoginSettings = ConnectorNet.Begin(
            LoginSettings.Of(_door.Settings.Fresh, server, collation, _session.Capabilities), server, _session.Attributes);
        _session.Settings = _session.LoginSettings;
        _session.BeginWithGlobals(server);
    }

    private async LoopTask<Request?> ReadRequest()
    {
        var packet = await Exchange.Next();
        if (Exchange.IsOver)
            return null;
        var request = Request.Read(packet.Payload);
        if (request is null)
        {
            Refuse("", new Refusal(SqlError.Handshake, "Bad handshake",
                "the login makes no sense, or the client is older than 4.1"));
        }
        return request;
    }

    private async LoopTask<bool> GoOverToTls()
    {
        if (_door.Options.Tls is not { } context || _session.IsProtected)
            return Refuse("", new Refusal(SqlError.Handshake, "Bad handshake", "a request for TLS that was not offered"));
        var ahead = new byte[_session.Inbox.HeldLength];
        _session.Inbox.TakeHeld(ahead);
        _isBetweenWires = true;
        var began = _door.Loop.Timestamp();
        var upgrade = await context.Accept(_session.Wire, ahead, _door.Workers);
        _isBetweenWires = false;
        if (upgrade.Wire is not { } wire)
        {
            _door.Meter.TlsFailures++;
            _door.Refused(_session, "", $"TLS failed: {upgrade.Problem}");
            return false;
        }
        _door.Meter.TlsHandshakes++;
        TlsUs = (uint)Math.Clamp(_door.Loop.MicrosecondsSince(began), 1, uint.MaxValue);
        _session.Wire = wire;
        return true;
    }

    private bool Refuse(string user, Refusal refusal)
    {
        Exchange.SendError(refusal.Error, refusal.Message);
        _door.Refused(_session, user, refusal.Reason);
        return false;
    }

    // What must last of the client's request: the packet's bytes do not.
    private sealed record Request(
        bool IsTlsRequest, Capabilities Capabilities, int Collation, string User, byte[] AuthResponse, byte[]? Schema,
        string AuthPlugin, byte[] Attributes, byte ZstdLevel)
    {
        internal static Request? Read(ReadOnlySpan<byte> payload)
        {
            var request = LoginRequest.Read(payload);
            if (!request.IsValid)
                return null;
            return new(request.IsTlsRequest, request.Capabilities, request.Collation,
                Encoding.UTF8.GetString(request.User), request.AuthResponse.ToArray(),
                request.Schema.IsEmpty ? null : request.Schema.ToArray(),
                Encoding.ASCII.GetString(request.AuthPlugin), request.Attributes.ToArray(),
                request.ZstdLevel);
        }
    }
}
