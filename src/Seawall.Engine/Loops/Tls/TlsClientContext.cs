using System.Collections.Concurrent;

namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// How servers are met under TLS: whom to trust, and who Seawall is. Immutable, save that it remembers the last session
/// of each server to resume it. Another one takes effect for new connections only.
/// </summary>
public sealed class TlsClientContext
{
    /// <summary>Servers whose sessions are remembered; nobody has more in front of one Seawall.</summary>
    private const int ServersMax = 256;

    private readonly SslContext _context;
    private readonly bool _verifiesIdentity;
    private readonly ConcurrentDictionary<(string Name, PeerAddress Address), SessionSlot> _sessions = new();

    private TlsClientContext(SslContext context, bool verifiesIdentity)
    {
        _context = context;
        _verifiesIdentity = verifiesIdentity;
    }

    /// <summary>Loads everything from files. From any thread but a loop's: it reads files.</summary>
    public static TlsLoad<TlsClientContext> Load(TlsClientFiles files, TimeProvider time)
    {
        var maker = new ContextMaker(isServer: false, files.Min, time.GetUtcNow());
        maker.Limit(files.Max);
        if (files.Certificate is not null || files.Key is not null)
            ShowCertificate(maker, files);
        if (files.Verify != ServerVerification.None)
            Verify(maker, files);
        return Finish(maker, files.Verify == ServerVerification.Identity);
    }

    /// <summary>
    /// Goes over to TLS on a wire whose server waits for it. <paramref name="name"/> is the server's name or address; empty
    /// stands for the address that the wire leads to. The caller limits the time, by closing <paramref name="wire"/>.
    /// </summary>
    public LoopTask<TlsUpgrade> Connect(Wire wire, string name, Workers workers)
    {
        if (name.Length == 0 && !wire.Peer.IsUnix)
            name = wire.Peer.ToIPAddress().ToString();
        var sessions = SessionsOf(name, wire.Peer);
        return new TlsHandshake(wire, workers, () => OpenChannel(name, sessions), null, sessions, "server").Run([]);
    }

    internal SslChannel? OpenChannel(string name, SessionSlot sessions) =>
        SslChannel.ForClient(_context, name, _verifiesIdentity, sessions);

    private SessionSlot SessionsOf(string name, PeerAddress address)
    {
        if (_sessions.TryGetValue((name, address), out var known))
            return known;
        return _sessions.Count < ServersMax ? _sessions.GetOrAdd((name, address), _ => new SessionSlot()) : new SessionSlot();
    }

    private static unsafe TlsLoad<TlsClientContext> Finish(ContextMaker maker, bool verifiesIdentity)
    {
        if (maker.Problem is not null)
            return new(null, maker.Abandon());
        LibSsl.SSL_CTX_ctrl(maker.Context, LibSsl.SSL_CTRL_SET_SESS_CACHE_MODE,
            LibSsl.SSL_SESS_CACHE_CLIENT | LibSsl.SSL_SESS_CACHE_NO_INTERNAL, 0);
        LibSsl.SSL_CTX_sess_set_new_cb(maker.Context, &SslBio.KeepSession);
        return new(new TlsClientContext(maker.Context, verifiesIdentity), null);
    }

    private static void ShowCertificate(ContextMaker maker, TlsClientFiles files)
    {
        if (files is { Certificate: { } certificate, Key: { } key })
            maker.UseCertificate(certificate, key);
        else
            maker.Check(() => "servers.tls_certificate and servers.tls_key belong together; one of them is missing");
    }

    private static void Verify(ContextMaker maker, TlsClientFiles files)
    {
        if (files.Ca is null)
            maker.TrustSystem();
        else
            maker.Trust(files.Ca);
        maker.Check(() =>
        {
            LibSsl.SSL_CTX_set_verify(maker.Context, LibSsl.SSL_VERIFY_PEER, 0);
            return null;
        });
    }
}
