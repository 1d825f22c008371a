using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>Against an implementation that was not written here: .NET's own.</summary>
public sealed class TlsStrangerTests : IDisposable
{
    private readonly TestPki _pki = new();

    public void Dispose() => _pki.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_stranger_is_served(SslProtocols version)
    {
        using var door = await Door.Open(_pki.ServerContext(ClientCertificates.Optional), new Workers(2, 4));
        await using var stranger = new SslStream(new NetworkStream(await door.Dial(), ownsSocket: true));
        await stranger.AuthenticateAsClientAsync(ClientOptions(version), TestContext.Current.CancellationToken);
        var wire = (await door.NextUpgrade()).Wire!;

        Assert.Equal(version == SslProtocols.Tls13 ? "TLSv1.3" : "TLSv1.2", wire.Version);
        Assert.Equal("/CN=client", wire.PeerCertificate);
        await Exchange(door.Host, wire, stranger);

        await stranger.ShutdownAsync();
        stranger.Close();
        Assert.Equal(WireResult.End, await door.Host.Run(() => wire.ReadSome(new byte[1])));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_stranger_is_called_on_and_the_second_time_resumes(SslProtocols version)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = Endpoint.Tcp(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port);
        var context = _pki.ClientContext(shows: _pki.Client);
        using var host = new LoopHost();
        using var workers = new Workers(2, 4);
        using var certificate = X509Certificate2.CreateFromPemFile(_pki.Server.Certificate, _pki.Server.Key);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            EnabledSslProtocols = version,
        };

        for (var i = 0; i < 2; i++)
        {
            var calling = host.Run(() => Door.Dial(host.Loop, endpoint, context, workers));
            await using var stranger = new SslStream(new NetworkStream(
                await listener.AcceptSocketAsync(TestContext.Current.CancellationToken), ownsSocket: true));
            await stranger.AuthenticateAsServerAsync(options, TestContext.Current.CancellationToken);
            var wire = (await calling).Wire!;

            Assert.Equal(i == 1, wire.IsResumed);
            await Exchange(host, wire, stranger);
            stranger.Close();
            Assert.Equal(WireResult.End, await host.Run(() => wire.ReadSome(new byte[1])));
        }
    }

    [Fact]
    public async Task A_stranger_that_is_cut_off_in_the_middle_of_a_record_gives_nothing_of_it()
    {
        using var door = await Door.Open(_pki.ServerContext(), new Workers(2, 4));
        using var proxy = new CutProxy(door.Endpoint, 3000, long.MaxValue);
        var socket = await Door.Dial(proxy.Endpoint);
        await using var stranger = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stranger.AuthenticateAsClientAsync(ClientOptions(SslProtocols.Tls13), TestContext.Current.CancellationToken);
        var wire = (await door.NextUpgrade()).Wire!;

        await stranger.WriteAsync(new byte[10_000], TestContext.Current.CancellationToken);

        // Which of the two depends on how the kernel tells of the cut.
        Assert.True(await door.Host.Run(() => wire.ReadSome(new byte[100])) is WireResult.End or WireResult.Broken);
    }

    private SslClientAuthenticationOptions ClientOptions(SslProtocols version)
    {
        var certificate = X509Certificate2.CreateFromPemFile(_pki.Client.Certificate, _pki.Client.Key);
        return new()
        {
            TargetHost = "localhost",
            EnabledSslProtocols = version,
            ClientCertificates = [certificate],
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(_pki.Ca) },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
    }

    private static async Task Exchange(LoopHost host, TlsWire wire, SslStream stranger)
    {
        var large = new byte[300_000];
        new Random(1).NextBytes(large);
        var reading = host.Run(() => wire.ReadExactly(large.Length));
        await stranger.WriteAsync(large);
        await stranger.FlushAsync();
        Assert.Equal(large, await reading);

        var writing = host.Run(() => wire.Write(large));
        var back = new byte[large.Length];
        await stranger.ReadExactlyAsync(back);
        Assert.Equal(large, back);
        Assert.True(await writing);
    }
}
