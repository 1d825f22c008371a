using System.Collections.Immutable;
using System.Net;
using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>Clients that come through a proxy which says whose connection it is.</summary>
public sealed class ProxyTests
{
    private const string Proxy = "10.9.9.9";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_address_that_a_proxy_names_is_the_clients(int version)
    {
        using var world = new EngineWorld(Trusting([$"{Proxy}/32"], server =>
        {
            server.Accounts[1] = new FakeAccount("app", "secret") { Host = "localhost" };
            server.Accounts.Add(new FakeAccount("app", "secret") { Host = "192.0.2.%" });
        }));

        var right = Introduced(world, Header(version, "192.0.2.7"));
        Assert.True(right.LogIn().IsIn);
        var wrong = Introduced(world, Header(version, "198.51.100.7")).LogIn();

        Assert.Contains("'app'@'198.51.100.7'", wrong.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(world.Log.Lines, line => line.Contains("from 198.51.100.7:51000", StringComparison.Ordinal));
        Assert.Equal("192.0.2.7:51000", world.Engine.Lanes[0].Door.Sessions.Single().Wire.Peer.ToString());
        Assert.Equal(2, world.Count(meter => meter.ProxyHeaders));
    }

    [Fact]
    public void Nobody_is_greeted_before_the_proxy_has_spoken()
    {
        using var world = new EngineWorld(Trusting([Proxy]));
        var client = world.Connect(fromAddress: Proxy);

        world.World.RunFor(1_000);
        Assert.Equal(0, client.Link.ToClient.Written);
        client.Send(Header(2, "192.0.2.7"));

        Assert.True(client.LogIn().IsIn);
    }

    [Fact]
    public void A_header_in_single_bytes_with_the_login_right_behind_it_is_understood()
    {
        using var world = new EngineWorld(Trusting([Proxy]));
        world.World.Network.Chunk = _ => 1;

        var client = Introduced(world, Header(1, "192.0.2.7"));

        Assert.True(client.LogIn().IsIn);
        Assert.Equal("1", client.Query("SELECT 1").Scalar);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whoever_is_not_trusted_cannot_say_where_it_comes_from(int version)
    {
        using var world = new EngineWorld(Trusting([Proxy]));
        var liar = world.Connect(fromAddress: "10.9.9.8");
        world.World.RunFor(5);

        liar.Send(Header(version, "192.0.2.7"));
        world.World.RunFor(100);

        Assert.Equal((0, 0L), (world.Engine.ClientCount, world.Count(meter => meter.ProxyHeaders)));
        Assert.Contains(world.Log.Lines, line => line.Contains("10.9.9.8", StringComparison.Ordinal)
            && line.Contains("not in clients.proxy_protocol_from", StringComparison.Ordinal));
        Assert.True(world.Connect(fromAddress: "10.9.9.8").LogIn().IsIn);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 far 1 2\r\n")]
    [InlineData("\r\n\r\nsecret-stuff")]
    public void What_makes_no_sense_ends_the_connection_without_a_word_and_is_counted_and_logged(string bytes)
    {
        using var world = new EngineWorld(Trusting([Proxy]));
        var client = world.Connect(fromAddress: Proxy);

        client.Send(Encoding.ASCII.GetBytes(bytes));
        world.World.RunFor(100);

        Assert.Equal((0, 0L, 1L),
            (world.Engine.ClientCount, client.Link.ToClient.Written, world.Count(meter => meter.ProxyHeadersRefused)));
        var line = Assert.Single(world.Log.Lines, line => line.Contains("clients.proxy_protocol_from", StringComparison.Ordinal));
        Assert.Contains(Proxy, line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-stuff", line, StringComparison.Ordinal);
        Assert.DoesNotContain("far", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_look_at_whether_somebody_listens_is_no_event()
    {
        using var world = new EngineWorld(Trusting([Proxy]));
        var lines = world.Log.Lines.Count;

        world.Connect(fromAddress: Proxy).Cut();
        world.World.RunFor(100);

        Assert.Equal((0, 0L), (world.Engine.ClientCount, world.Count(meter => meter.ProxyHeadersRefused)));
        Assert.DoesNotContain(world.Log.Lines.Skip(lines), line => line.Contains("PROXY", StringComparison.Ordinal));
    }

    [Fact]
    public void A_client_from_a_proxys_network_that_is_no_proxy_hears_what_is_missing()
    {
        using var world = new EngineWorld(Trusting(["10.0.0.0/8"]));

        var reply = world.Connect(fromAddress: Proxy).LogIn();

        Assert.Equal((1043, 0), (reply.Code, reply.Exchanges));
        Assert.Contains("clients.proxy_protocol_from", reply.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(1, world.Count(meter => meter.LoginsFailed));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData(null)]
    public void A_client_on_the_proxys_machine_comes_from_the_proxys_address(string? source)
    {
        using var world = new EngineWorld(Trusting([Proxy], server =>
        {
            server.Accounts[1] = new FakeAccount("app", "secret") { Host = "localhost" };
            server.Accounts.Add(new FakeAccount("other", "secret") { Host = "localhost" });
            server.Accounts.Add(new FakeAccount("other", "secret") { Host = "10.%" });
        }));
        var header = Header(2, source);

        Assert.Equal(1045, Introduced(world, header).LogIn().Code); // 'localhost' is this machine, and no other.
        var client = Introduced(world, header, new FakeClientOptions { User = "other" });

        Assert.True(client.LogIn().IsIn);
        Assert.Equal(Proxy, world.Engine.Lanes[0].Door.Sessions.Single().Wire.Peer.ToIPAddress().ToString());
    }

    [Fact]
    public void A_reload_says_who_is_trusted_from_then_on()
    {
        using var world = new EngineWorld();
        Assert.True(world.Connect(fromAddress: Proxy).LogIn().IsIn);

        world.Apply(options => options with { Clients = options.Clients with { ProxiesFrom = Networks([Proxy]) } });

        Assert.True(Introduced(world, Header(1, "192.0.2.7")).LogIn().IsIn);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", false)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("10.1.2.3/31", "10.1.2.2", true)]
    [InlineData("0.0.0.0/0", "192.0.2.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:db8::/65", "2001:db8::7fff:0:0:1", true)]
    [InlineData("2001:db8::/65", "2001:db8::8000:0:0:1", false)]
    [InlineData("::/0", "192.0.2.1", true)]
    [InlineData("unix", "192.0.2.1", false)]
    public void A_network_has_who_is_in_it(string network, string peer, bool isIn) =>
        Assert.Equal(isIn, Networks([network]).Contains(PeerAddress.From(IPAddress.Parse(peer), 1)));

    [Fact]
    public void The_word_unix_is_for_unix_sockets()
    {
        Assert.True(Networks(["unix"]).Contains(PeerAddress.Unix));
        Assert.False(Networks(["::/0", "0.0.0.0/0"]).Contains(PeerAddress.Unix));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10")]
    [InlineData("db1")]
    [InlineData("fe80::1%1")]
    [InlineData("")]
    public void What_is_no_network_is_told(string network)
    {
        Assert.Null(PeerNetworks.Read([network], out var wrong));
        Assert.Equal(network, wrong);
    }

    private static EngineWorldOptions Trusting(ImmutableArray<string> networks, Action<FakeServer>? prepare = null) => new()
    {
        With = options => options with { Clients = options.Clients with { ProxiesFrom = Networks(networks) } },
        Prepare = prepare ?? (_ => { }),
    };

    private static FakeClient Introduced(EngineWorld world, byte[] header, FakeClientOptions? options = null)
    {
        var client = world.Connect(options, fromAddress: Proxy);
        world.World.RunUntil(() => client.Wire.WriteReady);
        client.Send(header);
        return client;
    }

    private static byte[] Header(int version, string? source)
    {
        var from = source is null ? null : new IPEndPoint(IPAddress.Parse(source), 51_000);
        var into = new byte[ProxyHeader.TextLengthMax];
        var to = from is null ? null : new IPEndPoint(from.Address, 3306);
        return into[..ProxyHeader.Write(version, from, to, into)];
    }

    private static PeerNetworks Networks(ImmutableArray<string> texts) => PeerNetworks.Read(texts, out _)!;
}
