using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Rehearsal.Logins;

/// <summary>
/// One login, from the TCP connection to OK, as one driver does it, with everything counted. It throws nothing but when it is cancelled;
/// how it ended is in the trace.
/// </summary>
internal sealed class LoginProbe : IDisposable
{
    /// <summary>The longest packet of a login that is believed; a public key has 1,500 bytes at most, an error message 512.</summary>
    private const int PacketMax = 8 * 1024;

    private readonly LoginPlan _plan;
    private readonly TimeProvider _time;
    private readonly Socket _socket;
    private readonly CountingStream _wire;
    private readonly ProofMaker _proof;
    private LoginPhases _phases;
    private string _version = "";
    private string _greeted = "";
    private byte[] _nonce = [];
    private byte _collation;
    private TlsFacts? _tls;
    private SslStream? _ssl;

    private LoginProbe(LoginPlan plan, TimeProvider time)
    {
        _plan = plan;
        _time = time;
        var isUnix = plan.Address is UnixDomainSocketEndPoint;
        _socket = new Socket(plan.Address.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        if (!isUnix)
            _socket.NoDelay = true; // As all drivers have it.
        _wire = new CountingStream(_socket);
        Pipe = new PacketPipe(_wire);
        _proof = new ProofMaker(plan.Profile, plan.Password, plan.MayAskForKey) { IsProtected = isUnix };
    }

    /// <summary>What was seen.</summary>
    public LoginTrace Trace { get; private set; } = new();

    /// <summary>What was agreed on.</summary>
    public Capabilities Agreed { get; private set; }

    /// <summary>What the server offered.</summary>
    public Capabilities Offered { get; private set; }

    /// <summary>The server's number for the connection.</summary>
    public uint ConnectionId { get; private set; }

    /// <summary>Where statements go when the client is in.</summary>
    public PacketPipe Pipe { get; }

    /// <summary>Tries to log in; the caller disposes of it whatever came of it.</summary>
    public static async Task<LoginProbe> Run(LoginPlan plan, TimeProvider time, CancellationToken cancel)
    {
        var probe = new LoginProbe(plan, time);
        using var late = new CancellationTokenSource(plan.TimeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        LoginOutcome outcome;
        try
        {
            outcome = await probe.Attempt(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            outcome = new(LoginEnd.TimedOut);
        }
        catch (SocketException problem)
        {
            outcome = new(probe._version.Length == 0 ? LoginEnd.Unreachable : LoginEnd.Closed, 0, problem.Message);
        }
        catch (IOException)
        {
            outcome = new(LoginEnd.Closed);
        }
        catch
        {
            probe.Dispose();
            throw;
        }
        probe.Note(outcome);
        return probe;
    }

    /// <summary>
    /// Becomes another user on the connection, with the nonce of the greeting, as drivers do; servers ask for a proof with another nonce then.
    /// </summary>
    public async Task<LoginChange> ChangeUser(LoginPlan plan, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(plan.TimeMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var turns = _wire.Turns;
        var maker = new ProofMaker(plan.Profile, plan.Password, plan.MayAskForKey) { IsProtected = _proof.IsProtected };
        LoginOutcome outcome;
        try
        {
            maker.Begin(_greeted, _nonce);
            ChangeUserRequest.Write(
                Pipe.BeginCommand(), Agreed & Offered, Encoding.UTF8.GetBytes(plan.User), maker.Reply, Encoding.UTF8.GetBytes(plan.Schema),
                _collation, Encoding.ASCII.GetBytes(maker.Began), Attributes(plan));
            await Pipe.Send(either.Token);
            outcome = await Authenticate(maker, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            outcome = new(LoginEnd.TimedOut);
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            outcome = new(LoginEnd.Closed);
        }
        return new(outcome, _wire.Turns - turns);
    }

    /// <summary>Says goodbye and waits, for a short time, until the server has closed: so it is the server that keeps the port a while.</summary>
    public async Task Leave(CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(1), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            if (Trace.Outcome.IsIn)
            {
                Pipe.BeginCommand().Int1((byte)MySql.Commands.CommandKind.Quit);
                await Pipe.Send(either.Token);
            }
            while (await Pipe.Read(PacketMax, either.Token) is not null)
            {
                // What it still says is of no interest.
            }
        }
        catch (Exception gone) when (gone is SocketException or IOException or OperationCanceledException)
        {
            // Then it is closed from here.
        }
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ssl?.Dispose();
        _socket.Dispose();
    }

    private async Task<LoginOutcome> Attempt(CancellationToken cancel)
    {
        var at = _time.GetTimestamp();
        await _socket.ConnectAsync(_plan.Address, cancel);
        _phases = _phases with { Tcp = Lap(ref at) };
        var greeting = await Pipe.Read(PacketMax, cancel);
        if (greeting is not { } payload)
            return new(LoginEnd.Closed);
        _phases = _phases with { Greeting = Lap(ref at) };
        if (Read(payload.Span, out var collation) is { } refusal)
            return refusal;
        if (_plan.Tls != LoginTls.Off)
        {
            if (await GoOverToTls(collation, cancel) is { } problem)
                return problem;
            _phases = _phases with { Tls = Lap(ref at) };
        }
        WriteLogin(collation);
        await Pipe.Send(cancel);
        var outcome = await Authenticate(_proof, cancel);
        _phases = _phases with { Authentication = Lap(ref at) };
        return outcome;
    }

    private LoginOutcome? Read(ReadOnlySpan<byte> payload, out byte collation)
    {
        collation = 0;
        if (payload is [ErrPacket.Header, ..])
        {
            var error = ErrPacket.Read(payload);
            return new(LoginEnd.Refused, error.Code, Encoding.UTF8.GetString(error.Message));
        }
        Span<byte> nonce = stackalloc byte[Greeting.NonceLength];
        var greeting = Greeting.Read(payload, nonce);
        if (!greeting.IsValid)
            return new(LoginEnd.Malformed, 0, "it does not greet like one");
        _version = Encoding.ASCII.GetString(greeting.ServerVersion);
        _greeted = Encoding.ASCII.GetString(greeting.AuthPlugin);
        ConnectionId = greeting.ConnectionId;
        Offered = greeting.Capabilities;
        var profile = _plan.Profile;
        Agreed = (profile.Wanted & Offered) | profile.Always;
        if (_plan.Schema.Length > 0)
            Agreed |= Capabilities.ConnectWithSchema;
        else if (!profile.Always.HasFlag(Capabilities.ConnectWithSchema))
            Agreed &= ~Capabilities.ConnectWithSchema;
        if (profile.ClientName.Length == 0)
            Agreed &= ~Capabilities.ConnectAttributes;
        _collation = collation = profile.Collation == 0 ? greeting.Collation : profile.Collation;
        _nonce = nonce.ToArray();
        if (_plan.Tls == LoginTls.Off)
            _proof.Begin(_greeted, _nonce);
        else
            Agreed |= Capabilities.Tls;
        return null;
    }

    private async Task<LoginOutcome?> GoOverToTls(byte collation, CancellationToken cancel)
    {
        if (!Offered.HasFlag(Capabilities.Tls))
            return new(LoginEnd.NoTls, 0, "the server offers none");
        if (Pipe.HasMore)
            return new(LoginEnd.Malformed, 0, "more than a greeting before TLS began");
        LoginRequest.WriteTlsRequest(Pipe.Begin(), Agreed, collation);
        await Pipe.Send(cancel);
        _wire.Listen();
        _ssl = new SslStream(_wire, leaveInnerStreamOpen: true);
        try
        {
            await _ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = _plan.Host,
                AllowTlsResume = _plan.Tls == LoginTls.Resumed,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = Policy(),
                RemoteCertificateValidationCallback = (_, _, _, errors) => _plan.Authority is null || errors == SslPolicyErrors.None,
            }, cancel);
        }
        catch (AuthenticationException problem)
        {
            return new(LoginEnd.NoTls, 0, problem.InnerException?.Message ?? problem.Message);
        }
        _tls = TlsFacts.Read(_wire.Heard);
        Pipe.Stream = _ssl;
        _proof.IsProtected = true;
        _proof.Begin(_greeted, _nonce);
        return null;
    }

    private X509ChainPolicy? Policy()
    {
        if (_plan.Authority is not { } authority)
            return null;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = _time.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.AddRange(authority);
        return policy;
    }

    private void WriteLogin(byte collation)
    {
        LoginRequest.Write(
            Pipe.Begin(), Agreed, collation, Encoding.UTF8.GetBytes(_plan.User), _proof.Reply, Encoding.UTF8.GetBytes(_plan.Schema),
            Encoding.ASCII.GetBytes(_proof.Began), Attributes(_plan));
    }

    private static ReadOnlySpan<byte> Attributes(LoginPlan plan)
    {
        var attributes = new PacketWriter().Begin(0);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
            [("_client_name", plan.Profile.ClientName), ("_os", "Linux"), ("_platform", "x86_64"), ("program_name", "seawall-rehearse")])
        {
            attributes.LengthEncodedText(name).LengthEncodedText(value);
        }
        return attributes.OpenPayload;
    }

    private async Task<LoginOutcome> Authenticate(ProofMaker maker, CancellationToken cancel)
    {
        while (await Pipe.Read(PacketMax, cancel) is { } payload)
        {
            switch (maker.Answer(payload.Span))
            {
                case ProofStep.Send:
                    Pipe.Begin().Raw(maker.Reply);
                    await Pipe.Send(cancel);
                    break;
                case ProofStep.Done or ProofStep.GiveUp:
                    return maker.Outcome;
                case ProofStep.Wait:
                    break;
            }
        }
        return new(LoginEnd.Closed);
    }

    private void Note(LoginOutcome outcome) => Trace = new LoginTrace
    {
        Outcome = outcome,
        // The connection itself was waited for as well.
        Counts = new LoginCounts(_wire.Turns + (_version.Length > 0 ? 1 : 0), Pipe.Received, Pipe.Sent, _wire.BytesIn, _wire.BytesOut),
        Tcp = TcpFacts.Of(_socket),
        PeerTcp = _plan.LooksAtPeer ? PeerSocket.Of(_socket) : default,
        Phases = _phases,
        ServerVersion = _version,
        Greeted = _greeted,
        Began = _proof.Began,
        Ended = _proof.Plugin,
        IsSwitched = _proof.IsSwitched,
        IsFull = _proof.IsFull,
        Tls = _tls,
    };

    private double Lap(ref long since)
    {
        var now = _time.GetTimestamp();
        var took = _time.GetElapsedTime(since, now).TotalMicroseconds;
        since = now;
        return took;
    }
}
