using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

public sealed class TlsConversationTests
{
    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public async Task Both_ends_of_Seawall_talk_to_each_other(TlsVersion min)
    {
        using var pki = new TestPki();
        using var pair = await TlsPair.Make(pki.ServerContext(min: min), pki.ClientContext(min: min));

        Assert.True(await pair.ClientHost.Run(() => pair.Client.Write("ping"u8.ToArray())));
        Assert.Equal("ping"u8.ToArray(), await pair.ServerHost.Run(() => pair.Server.ReadExactly(4)));
        Assert.True(await pair.ServerHost.Run(() => pair.Server.Write("pong"u8.ToArray())));
        Assert.Equal("pong"u8.ToArray(), await pair.ClientHost.Run(() => pair.Client.ReadExactly(4)));
        Assert.Equal("TLSv1.3", await pair.ServerHost.Do(() => pair.Server.Version));
        Assert.Null(pair.Server.PeerCertificate);
    }

    [Fact]
    public async Task A_self_made_certificate_serves_whoever_does_not_verify()
    {
        using var pki = new TestPki();
        var server = TestPki.Loaded(TlsServerContext.SelfSigned(TimeProvider.System));
        using var pair = await TlsPair.Make(server, pki.ClientContext(ServerVerification.None));

        Assert.True(server.IsSelfMade);
        Assert.True(await pair.ClientHost.Run(() => pair.Client.Write("ping"u8.ToArray())));
        Assert.Equal("ping"u8.ToArray(), await pair.ServerHost.Run(() => pair.Server.ReadExactly(4)));
    }
}
