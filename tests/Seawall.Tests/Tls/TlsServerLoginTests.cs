using System.Net;
using System.Net.Sockets;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;
using Xunit;

namespace Seawall.Tests.Tls;

/// <summary>What a server, or whoever sits in between, says around the request for TLS.</summary>
public sealed class TlsServerLoginTests : IDisposable
{
    private const Capabilities Usual = Capabilities.ClientMySql | Capabilities.Protocol41 | Capabilities.SecureConnection
        | Capabilities.PluginAuth | Capabilities.PluginAuthLengthEncoded;

    private readonly TestPki _pki = new();

    public void Dispose() => _pki.Dispose();

    [Fact]
    public async Task Bytes_behind_the_greeting_are_never_taken_for_what_came_under_TLS()
    {
        var failure = await Dial([.. Greeting(Usual | Capabilities.Tls), 7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0], []);

        Assert.Equal(DialFailureKind.Malformed, failure?.Kind);
        Assert.EndsWith("said more than its greeting before TLS began", failure?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_answers_the_request_in_clear_is_not_spoken_to()
    {
        var failure = await Dial(Greeting(Usual | Capabilities.Tls), [7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]);

        Assert.Equal(DialFailureKind.Tls, failure?.Kind);
        Assert.EndsWith("failed: what the server sent is not TLS", failure?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_TLS_is_not_spoken_to_where_it_is_required()
    {
        var failure = await Dial(Greeting(Usual), []);

        Assert.Equal(DialFailureKind.Tls, failure?.Kind);
        Assert.EndsWith("offers no TLS, and servers.tls = \"required\"", failure?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_answers_the_hello_is_given_up_in_time()
    {
        var failure = await Dial(Greeting(Usual | Capabilities.Tls), [], staysSilent: true);

        Assert.Equal(DialFailureKind.TimedOut, failure?.Kind);
        Assert.Contains("servers.login_ms_max", failure?.Text, StringComparison.Ordinal);
    }

    private async Task<DialFailure?> Dial(byte[] greeting, byte[] answer, bool staysSilent = false)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var host = new LoopHost();
        using var workers = new Workers(1, 4);
        var endpoint = Endpoint.Tcp(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndpoint).Port);
        var server = new ServerFacts { Id = new ServerId("primary"), Endpoint = endpoint, Role = ServerRole.Primary };
        var options = new ServerLoginOptions
        {
            Tls = ServerTls.Required,
            TlsContext = _pki.ClientContext(),
            Workers = workers,
            LoginMsMax = staysSilent ? 200 : 30_000,
        };
        var dialling = host.Run(() => Run(host.Loop, server, options));
        using var peer = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await peer.SendAsync(greeting, TestContext.Current.CancellationToken);
        if (answer.Length > 0)
        {
            await peer.ReceiveAsync(new byte[36], TestContext.Current.CancellationToken);
            await peer.SendAsync(answer, TestContext.Current.CancellationToken);
        }
        return await dialling;
    }

    private static async LoopTask<DialFailure?> Run(Loop loop, ServerFacts server, ServerLoginOptions options)
    {
        var account = new Account("app", "%", [], AccountSource.Settings);
        return (await ServerLogin.Run(loop, server, options, account, new ServerKeyCache(), form: default, [])).Failure;
    }

    private static byte[] Greeting(Capabilities capabilities)
    {
        var writer = new PacketWriter();
        MySql.Handshakes.Greeting.Write(writer.Begin(0), "9.7.0"u8, 7, Enumerable.Range(1, 20).Select(i => (byte)i).ToArray(),
            capabilities, 45, ServerStatus.Autocommit, "mysql_native_password"u8);
        return writer.End().Bytes.ToArray();
    }
}
