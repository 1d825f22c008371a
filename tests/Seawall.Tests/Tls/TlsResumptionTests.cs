using System.Runtime.CompilerServices;
using Seawall.Engine.Loops.Tls;
using Xunit;

namespace Seawall.Tests.Tls;

public sealed class TlsResumptionTests : IDisposable
{
    private readonly TestPki _pki = new();

    public void Dispose() => _pki.Dispose();

    private unsafe TlsServerContext ServerWithGroup(int group)
    {
        var context = _pki.ServerContext();
        Assert.Equal(1, LibSsl.SSL_CTX_ctrl(ContextOf(context), LibSsl.SSL_CTRL_SET_GROUPS, 1, (nint)(&group)));
        return context;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_context")]
    private static extern ref SslContext ContextOf(TlsServerContext context);

    [Theory]
    [InlineData(TlsVersion.Tls12)]
    [InlineData(TlsVersion.Tls13)]
    public async Task The_second_connection_to_a_server_resumes_the_session_of_the_first(TlsVersion version)
    {
        var (server, client) = (_pki.ServerContext(), _pki.ClientContext(max: version));
        using var pair = await TlsPair.Make(server, client);
        await pair.AssertTalks();
        Assert.False(pair.Client.IsResumed);

        await pair.Reconnect(server, client);
        await pair.AssertTalks();

        Assert.True(pair.Client.IsResumed);
        Assert.True(pair.Server.IsResumed);
    }

    // What the next hello offers is what the lab's packets show: one hello for each dial, whatever MySQL 9 prefers.
    [Fact]
    public async Task A_server_that_chooses_another_group_than_the_last_time_is_offered_all_of_them_again()
    {
        const int p256 = 415, x25519 = 1034; // OpenSSL's numbers.
        var client = _pki.ClientContext();
        using var pair = await TlsPair.Make(ServerWithGroup(p256), client);
        Assert.Equal(p256, pair.Client.Channel.Group);
        await pair.Reconnect(ServerWithGroup(p256), client);
        Assert.Equal(p256, pair.Client.Channel.Group);

        var changed = ServerWithGroup(x25519);
        await pair.Reconnect(changed, client);
        Assert.NotNull(pair.ClientSide.Problem);
        await pair.Reconnect(changed, client);

        Assert.Equal(x25519, pair.Client.Channel.Group);
        await pair.AssertTalks();
    }

    [Fact]
    public async Task A_resumed_client_is_still_known_by_its_certificate()
    {
        var server = _pki.ServerContext(ClientCertificates.Required);
        var client = _pki.ClientContext(shows: _pki.Client);
        using var pair = await TlsPair.Make(server, client);
        await pair.AssertTalks();

        await pair.Reconnect(server, client);
        await pair.AssertTalks();

        Assert.True(pair.Server.IsResumed);
        Assert.Equal("/CN=client", pair.Server.PeerCertificate);
    }

    [Fact]
    public async Task A_new_server_context_resumes_nothing_of_the_old_and_the_old_connection_stays()
    {
        var client = _pki.ClientContext();
        using var pair = await TlsPair.Make(_pki.ServerContext(), client);
        await pair.AssertTalks();
        var (oldServer, oldClient) = (pair.Server, pair.Client);

        await pair.Reconnect(_pki.ServerContext(), client);
        await pair.AssertTalks();

        Assert.False(pair.Server.IsResumed);
        Assert.True(await pair.ClientHost.Run(() => oldClient.Write("still"u8.ToArray())));
        Assert.Equal("still"u8.ToArray(), await pair.ServerHost.Run(() => oldServer.ReadExactly(5)));
    }

    [Fact]
    public async Task A_session_of_one_name_is_not_offered_under_another()
    {
        // Or an identity would be taken as verified that never was.
        var (server, client) = (_pki.ServerContext(), _pki.ClientContext());
        using var pair = await TlsPair.Make(server, client);
        await pair.AssertTalks();

        await pair.Reconnect(server, client, "db.example.com");

        Assert.Equal("certificate verify failed (hostname mismatch)", pair.ClientSide.Problem);
    }
}
