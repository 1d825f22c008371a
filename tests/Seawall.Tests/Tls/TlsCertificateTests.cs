using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

public sealed class TlsCertificateTests : IDisposable
{
    private readonly TestPki _pki = new();
    private readonly TestPki _other = new("Another authority");

    public void Dispose()
    {
        _pki.Dispose();
        _other.Dispose();
    }

    [Theory]
    [InlineData(ClientCertificates.Optional)]
    [InlineData(ClientCertificates.Required)]
    public async Task A_client_certificate_of_the_right_authority_is_accepted(ClientCertificates verify)
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(verify), _pki.ClientContext(shows: _pki.Client));

        await pair.AssertTalks();
        Assert.Equal("/CN=client", pair.Server.PeerCertificate);
    }

    [Fact]
    public async Task A_client_without_certificate_comes_in_where_it_is_optional_and_has_shown_none()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(ClientCertificates.Optional), _pki.ClientContext());

        await pair.AssertTalks();
        Assert.Null(pair.Server.PeerCertificate);
    }

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public async Task A_client_without_certificate_does_not_come_in_where_it_must(TlsVersion version)
    {
        using var pair = await TlsPair.Make(
            _pki.ServerContext(ClientCertificates.Required), _pki.ClientContext(max: version));

        Assert.Equal("peer did not return a certificate", pair.ServerSide.Problem);
    }

    [Fact]
    public async Task A_client_that_is_older_than_the_oldest_version_is_refused()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(min: TlsVersion.Tls13), _pki.ClientContext(max: TlsVersion.Tls12));

        Assert.Equal("unsupported protocol", pair.ServerSide.Problem);
        Assert.Contains("protocol version", pair.ClientSide.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_that_nobody_asked_for_is_not_shown()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext(shows: _pki.Client));

        await pair.AssertTalks();
        Assert.Null(pair.Server.PeerCertificate);
    }

    [Theory]
    [InlineData(ClientCertificates.Optional)]
    [InlineData(ClientCertificates.Required)]
    public async Task A_client_certificate_of_another_authority_ends_the_handshake(ClientCertificates verify)
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(verify), _pki.ClientContext(shows: _other.Client));

        Assert.Null(pair.ServerSide.Wire);
        Assert.StartsWith("certificate verify failed (", pair.ServerSide.Problem, StringComparison.Ordinal);
        // In TLS 1.3 the client is done before it can hear of it; then reading tells.
        Assert.Equal(WireResult.Broken, await pair.ClientHost.Run(() => pair.Client.ReadSome(new byte[1])));
        Assert.EndsWith("alert unknown ca", pair.Client.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted_unless_nothing_is_verified()
    {
        using (var pair = await TlsPair.Make(_other.ServerContext(), _pki.ClientContext(ServerVerification.Ca)))
        {
            Assert.StartsWith("certificate verify failed (", pair.ClientSide.Problem, StringComparison.Ordinal);
            Assert.NotNull(pair.ServerSide.Problem);
        }
        using (var pair = await TlsPair.Make(_other.ServerContext(), _pki.ClientContext(ServerVerification.None)))
            await pair.AssertTalks();
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("", true)] // The address that the wire leads to.
    [InlineData("db.example.com", false)]
    [InlineData("127.0.0.2", false)]
    public async Task An_identity_is_a_name_or_an_address_of_the_certificate(string name, bool isRight)
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext(), name);

        if (isRight)
            await pair.AssertTalks();
        else
            Assert.Matches("^certificate verify failed \\((hostname|IP address) mismatch\\)$", pair.ClientSide.Problem);
    }

    [Fact]
    public async Task Who_verifies_the_authority_only_does_not_mind_the_name()
    {
        using var pair = await TlsPair.Make(_pki.ServerContext(), _pki.ClientContext(ServerVerification.Ca), "db.example.com");

        await pair.AssertTalks();
    }

    [Fact]
    public async Task A_certificate_that_has_expired_meanwhile_is_not_accepted()
    {
        var expired = _pki.Issue("late", null, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(-1));
        var past = new ShiftedTime(TimeSpan.FromHours(-12));
        var client = TestPki.Loaded(TlsClientContext.Load(
            new TlsClientFiles { Certificate = expired.Certificate, Key = expired.Key }, past));
        using var pair = await TlsPair.Make(_pki.ServerContext(ClientCertificates.Optional), client);

        Assert.Equal("certificate verify failed (certificate has expired)", pair.ServerSide.Problem);
    }

    [Fact]
    public void What_is_wrong_with_files_is_said_in_words_that_name_them()
    {
        var good = _pki.ServerFiles;
        var other = _pki.Issue("other", null);
        var expired = _pki.Issue("expired", null, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(-1));
        var early = _pki.Issue("early", null, DateTimeOffset.UtcNow.AddDays(1));
        var rubbish = _pki.Write("rubbish.pem", "this is no PEM\n");
        using var key = System.Security.Cryptography.ECDsa.Create();
        var secret = _pki.Write("secret.pem", key.ExportEncryptedPkcs8PrivateKeyPem("sesame", new(
            System.Security.Cryptography.PbeEncryptionAlgorithm.Aes256Cbc,
            System.Security.Cryptography.HashAlgorithmName.SHA256, 1000)));

        Says("the certificate '/nowhere.pem' cannot be read: Could not find file", good with { Certificate = "/nowhere.pem" });
        Says("the key '/nowhere.pem' cannot be read: ", good with { Key = "/nowhere.pem" });
        Says($"the key '{other.Key}' does not belong to the certificate '{good.Certificate}'", good with { Key = other.Key });
        Says($"the certificate '{expired.Certificate}' expired on 2",
            good with { Certificate = expired.Certificate, Key = expired.Key });
        Says($"the certificate '{early.Certificate}' is not valid before 2",
            good with { Certificate = early.Certificate, Key = early.Key });
        Says($"'{rubbish}' holds no certificate in PEM form", good with { Certificate = rubbish });
        Says($"no private key in PEM form can be read from '{rubbish}': ", good with { Key = rubbish });
        Says($"the key '{secret}' has a passphrase", good with { Key = secret });
        Says("clients.tls_verify needs the authorities", good with { Verify = ClientCertificates.Required });
        Says($"no authority's certificate in PEM form can be read from '{rubbish}': ",
            good with { Verify = ClientCertificates.Optional, Ca = rubbish });
        var half = TlsClientContext.Load(new TlsClientFiles { Certificate = good.Certificate }, TimeProvider.System);
        Assert.StartsWith("servers.tls_certificate and servers.tls_key belong together", half.Problem, StringComparison.Ordinal);

        static void Says(string words, TlsServerFiles files)
        {
            var load = TlsServerContext.Load(files, TimeProvider.System);
            Assert.Null(load.Context);
            Assert.StartsWith(words, load.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Without_a_file_of_authorities_those_of_the_system_are_trusted() =>
        TestPki.Loaded(TlsClientContext.Load(new TlsClientFiles { Verify = ServerVerification.Identity }, TimeProvider.System));

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
