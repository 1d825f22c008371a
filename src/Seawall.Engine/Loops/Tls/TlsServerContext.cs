using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Seawall.Engine.Loops.Tls;

/// <summary>
/// How clients are met under TLS: certificate, key, whom to trust. Immutable; another one takes effect for new
/// connections only, and those that were accepted with this one keep it alive.
/// </summary>
/// <remarks>
/// Sessions are resumed by tickets (RFC 5077, RFC 8446 section 2.2), whose keys belong to this context: a new context
/// resumes nothing that an old one admitted, and no session is stored here.
/// </remarks>
public sealed class TlsServerContext
{
    /// <summary>
    /// OpenSSL's default is 2, so that a client can resume twice without being recognised as the same. Seawall accepts a
    /// ticket as often as it comes, and each costs 250 bytes and some encryption in every handshake.
    /// </summary>
    private const int TicketsPerHandshake = 1;

    /// <summary>How long a self-made certificate is valid: longer than any process runs.</summary>
    private const int SelfMadeYears = 10;

    private readonly SslContext _context;
    private readonly HandshakeGate _gate = new(HandshakeGate.PlacesMax);

    private TlsServerContext(SslContext context, bool isSelfMade)
    {
        _context = context;
        IsSelfMade = isSelfMade;
    }

    /// <summary>Whether its certificate was made by Seawall itself, so that nobody can verify it.</summary>
    public bool IsSelfMade { get; }

    /// <summary>Loads everything from files. From any thread but a loop's: it reads files.</summary>
    public static TlsLoad<TlsServerContext> Load(TlsServerFiles files, TimeProvider time)
    {
        var maker = new ContextMaker(isServer: true, files.Min, time.GetUtcNow());
        maker.UseCertificate(files.Certificate, files.Key);
        if (files.Verify != ClientCertificates.None)
            AskForCertificates(maker, files);
        return Finish(maker, isSelfMade: false);
    }

    /// <summary>
    /// Makes a certificate that nobody can verify but everybody can encrypt to, as servers do at their first start. For when
    /// none is configured. Takes a millisecond.
    /// </summary>
    public static TlsLoad<TlsServerContext> SelfSigned(TimeProvider time, TlsVersion min = TlsVersion.Tls12)
    {
        var now = time.GetUtcNow();
        var maker = new ContextMaker(isServer: true, min, now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Seawall (self-made)", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // Clocks of clients may be behind.
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(SelfMadeYears));
        var secret = key.ExportECPrivateKey();
        maker.UseCertificate(certificate.RawData, secret);
        CryptographicOperations.ZeroMemory(secret);
        return Finish(maker, isSelfMade: true);
    }

    /// <summary>
    /// Goes over to TLS on a wire whose client has asked for it. <paramref name="ahead"/> is what has arrived behind the
    /// request: it belongs to TLS and to nothing else. The caller limits the time, by closing <paramref name="wire"/>.
    /// </summary>
    public LoopTask<TlsUpgrade> Accept(Wire wire, byte[] ahead, Workers workers) =>
        new TlsHandshake(wire, workers, OpenChannel, _gate, null, "client").Run(ahead);

    internal SslChannel? OpenChannel() => SslChannel.ForServer(_context);

    private static unsafe TlsLoad<TlsServerContext> Finish(ContextMaker maker, bool isSelfMade)
    {
        if (maker.Problem is not null)
            return new(null, maker.Abandon());
        var context = maker.Context;
        LibSsl.SSL_CTX_ctrl(context, LibSsl.SSL_CTRL_SET_SESS_CACHE_MODE, LibSsl.SSL_SESS_CACHE_OFF, 0);
        _ = LibSsl.SSL_CTX_set_num_tickets(context, TicketsPerHandshake);
        // Without it OpenSSL refuses to resume whoever has shown a certificate.
        fixed (byte* name = "seawall"u8)
            _ = LibSsl.SSL_CTX_set_session_id_context(context, name, 7);
        return new(new TlsServerContext(context, isSelfMade), null);
    }

    private static void AskForCertificates(ContextMaker maker, TlsServerFiles files)
    {
        if (files.Ca is null)
        {
            maker.Check(() => "clients.tls_verify needs the authorities of clients' certificates; see clients.tls_ca");
            return;
        }
        maker.Trust(files.Ca);
        maker.Check(() =>
        {
            // Told to clients, so that those with several certificates choose the right one.
            LibSsl.SSL_CTX_set_client_CA_list(maker.Context, LibSsl.SSL_load_client_CA_file(files.Ca));
            LibSsl.SSL_CTX_set_verify(maker.Context, LibSsl.SSL_VERIFY_PEER
                | (files.Verify == ClientCertificates.Required ? LibSsl.SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), 0);
            return null;
        });
    }
}
