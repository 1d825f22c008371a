using System.Globalization;
using Seawall.Engine;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>The PROXY protocol with a real proxy (HAProxy) before Seawall, and real servers behind it.</summary>
public sealed class ProxyProtocolTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("send-proxy", LabKind.MariaDb)]
    [InlineData("send-proxy-v2", LabKind.MariaDb)]
    [InlineData("send-proxy-v2 proxy-v2-options crc32c,unique-id", LabKind.MariaDb)]
    [InlineData("send-proxy-v2", LabKind.MySql97)]
    [InlineData("send-proxy-v2", LabKind.MySql56)]
    public async Task The_client_of_a_real_proxy_comes_from_its_own_address(string option, LabKind kind)
    {
        await lab.RequireAsync("tools", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            // All of 127.0.0.0/8 is this machine: the proxy comes from one address of it and the client from another.
            Clients = options.Clients with { ProxiesFrom = PeerNetworks.Read(["127.0.0.7"], out _)! },
        });
        using var port = new LabPort();
        await using var proxy = StartProxy(port.Number, $"127.0.0.1:{seawall.Port} source 127.0.0.7 {option}");
        await ListensAsync(port.Number);

        using var client = RawClient.Connect(port.Number, "seawall", "seawall");

        Assert.Null(client.Refusal);
        Assert.Equal("42", client.Query("select 6 * 7").FirstValue);
        Assert.True(seawall.Count(meter => meter.ProxyHeaders) > 0);
        // The client is on the proxy's own machine, so it comes from where the proxy comes from, and not from "here".
        var clients = await seawall.Engine.Views.Clients(10, Cancel);
        // Whoever has looked whether the proxy listens may be there still, and has no name.
        Assert.Equal("127.0.0.7", Assert.Single(clients.Rows, row => row.User == "seawall").Peer.ToIPAddress().ToString());
    }

    [Fact]
    public async Task Whoever_is_no_trusted_proxy_cannot_speak_for_others()
    {
        await lab.RequireAsync("tools", Cancel);
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var port = new LabPort();
        await using var proxy = StartProxy(port.Number, $"127.0.0.1:{seawall.Port} send-proxy-v2");
        await ListensAsync(port.Number);

        using (var client = RawClient.Connect(port.Number, "seawall", "seawall"))
            Assert.NotNull(client.Refusal);

        // HAProxy may answer for a server that hung up before that server has said why.
        await Eventually.TrueAsync(
            () => seawall.Log.Any(line => line.Contains("not in clients.proxy_protocol_from", StringComparison.Ordinal)),
            s_patience, Cancel, () => string.Join('\n', seawall.Log));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_MariaDB_that_trusts_Seawall_takes_its_headers(int version)
    {
        await using var server = await lab.StartAsync(
            LabKind.MariaDb, new() { Options = ["--proxy-protocol-networks=127.0.0.1"] }, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, Saying(version));

        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");

        // The address is Seawall's own, whoever the client is: connections are shared.
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall");
        var user = direct.Query("select user()").FirstValue;
        Assert.Equal(user, client.Query("select user()").FirstValue);
        Assert.Equal(user, other.Query("select user()").FirstValue);
    }

    [Fact]
    public async Task A_MariaDB_that_does_not_trust_Seawall_is_named_in_the_log()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartUnreadyAsync(server, Saying(2));

        await Eventually.TrueAsync(() => seawall.Log.Any(line => line.Contains("cannot be watched", StringComparison.Ordinal)),
            s_patience, Cancel, () => string.Join('\n', seawall.Log));

        Assert.Contains(seawall.Log, line => line.Contains("servers.proxy_protocol", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_proxy_before_the_servers_that_wants_headers_gets_them(int version)
    {
        await lab.RequireAsync("tools", Cancel);
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        using var port = new LabPort();
        await using var proxy = StartProxy(port.Number, $"127.0.0.1:{server.Port}", "accept-proxy");
        await ListensAsync(port.Number);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => Saying(version)(options with
        {
            Servers = [SeawallUnderTest.ServerOptions(server) with
            {
                Endpoint = Endpoint.Tcp(System.Net.IPAddress.Loopback, port.Number),
            }],
        }));

        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");

        Assert.Equal("42", client.Query("select 6 * 7").FirstValue);
    }

    private static Func<EngineOptions, EngineOptions> Saying(int version) => options => options with
    {
        Servers = [options.Servers[0] with { ProxyVersion = version }],
    };

    private LabProgram StartProxy(int port, string server, string bind = "")
    {
        var file = Path.Combine(lab.NewFolder(), "haproxy.cfg");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
            defaults
              mode tcp
              timeout connect 10s
              timeout client 60s
              timeout server 60s
            listen it
              bind 127.0.0.1:{port} {bind}
              server it {server}

            """));
        return LabProgram.Start(new LabCommand("haproxy", "-db", "-f", file));
    }

    private static async Task ListensAsync(int port) => await Eventually.TrueAsync(async () =>
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(System.Net.IPAddress.Loopback, port, Cancel);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }, s_patience, Cancel);
}
