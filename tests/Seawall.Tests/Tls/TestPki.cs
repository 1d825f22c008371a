using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>An authority and what it signs, in files of a folder that is deleted at the end.</summary>
internal sealed class TestPki : IDisposable
{
    private readonly X509Certificate2 _root;
    private readonly ECDsa _rootKey;

    internal TestPki(string name = "Test authority")
    {
        Folder = Directory.CreateTempSubdirectory("seawall-pki-").FullName;
        _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        Ca = Write("ca.pem", _root.ExportCertificatePem());
        Server = Issue("server", "localhost");
        Client = Issue("client", null);
    }

    internal string Folder { get; }

    internal string Ca { get; }

    internal (string Certificate, string Key) Server { get; }

    internal (string Certificate, string Key) Client { get; }

    internal TlsServerFiles ServerFiles => new() { Certificate = Server.Certificate, Key = Server.Key };

    internal TlsServerContext ServerContext(
        ClientCertificates verify = ClientCertificates.None, TlsVersion min = TlsVersion.Tls12, string? ca = null) =>
        Loaded(TlsServerContext.Load(ServerFiles with { Verify = verify, Ca = ca ?? Ca, Min = min }, TimeProvider.System));

    internal TlsClientContext ClientContext(
        ServerVerification verify = ServerVerification.Identity, TlsVersion max = TlsVersion.Tls13,
        (string Certificate, string Key)? shows = null) =>
        Loaded(TlsClientContext.Load(
            new TlsClientFiles
            {
                Ca = Ca,
                Verify = verify,
                Max = max,
                Certificate = shows?.Certificate,
                Key = shows?.Key,
            },
            TimeProvider.System));

    /// <summary>A certificate with its key, as files; <paramref name="host"/> is what it is for, besides 127.0.0.1.</summary>
    internal (string Certificate, string Key) Issue(
        string name, string? host, DateTimeOffset? from = null, DateTimeOffset? until = null, bool rsa = false)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={name}");
        var request = key is RSA rsaKey
            ? new CertificateRequest(subject, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(host);
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }
        using var certificate = request.Create(
            _root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey),
            from ?? DateTimeOffset.UtcNow.AddHours(-1), until ?? DateTimeOffset.UtcNow.AddMonths(6),
            RandomNumberGenerator.GetBytes(8));
        return (Write($"{name}-cert.pem", certificate.ExportCertificatePem()),
            Write($"{name}-key.pem", key.ExportPkcs8PrivateKeyPem()));
    }

    internal string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _rootKey.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    internal static T Loaded<T>(TlsLoad<T> load)
        where T : class
    {
        Assert.Null(load.Problem);
        return load.Context!;
    }
}
