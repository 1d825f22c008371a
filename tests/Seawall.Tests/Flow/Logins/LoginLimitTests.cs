using System.Net;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

/// <summary>Strangers who connect and do not log in: how many, from where, with how many bytes.</summary>
public sealed class LoginLimitTests
{
    private const string Flooder = "203.0.113.66";

    [Fact]
    public void A_flood_from_one_source_keeps_nobody_else_out()
    {
        using var world = Limited(clients => clients with { CountMax = 600, LoginsPerSourceMax = 100 });
        var flood = Enumerable.Range(0, 1_000).Select(_ => world.Connect(fromAddress: Flooder)).ToArray();
        world.World.RunFor(100);

        Assert.Equal(100, world.Engine.LoginCount);
        for (var i = 0; i < 200; i++)
            Assert.True(world.Connect(fromAddress: $"198.51.100.{i}").LogIn().IsIn);
        // The flooder itself hears why, in place of the greeting.
        var refused = world.Connect(fromAddress: Flooder).LogIn();
        Assert.Equal((1040, 0), (refused.Code, refused.Exchanges));
        Assert.Contains($"100 logins from {Flooder} are under way (clients.logins_per_source_max)", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(901, world.Count(meter => meter.LoginsRefusedBySource));
        Assert.InRange(world.Log.Lines.Count(line => line.Contains("are turned away", StringComparison.Ordinal)), 1, 3);

        foreach (var client in flood)
            client.Cut();
        world.World.RunFor(100);
        Assert.Equal(0, world.Engine.LoginCount);
        Assert.True(world.Connect(fromAddress: Flooder).LogIn().IsIn);
    }

    [Fact]
    public void A_network_of_64_bits_is_one_source_and_its_neighbour_another()
    {
        using var world = Limited(clients => clients with { LoginsPerSourceMax = 3 });
        for (var i = 1; i <= 3; i++)
            world.Connect(fromAddress: $"2001:db8::{i}");
        world.World.RunFor(10);

        Assert.Equal(1040, world.Connect(fromAddress: "2001:db8:0:0:ffff::1").LogIn().Code);
        Assert.True(world.Connect(fromAddress: "2001:db8:0:1::1").LogIn().IsIn);
    }

    [Fact]
    public void Whoever_is_here_for_longest_goes_when_there_are_too_many_from_everywhere()
    {
        using var world = Limited(clients => clients with { LoginsMax = 50 });
        var strangers = Enumerable.Range(0, 50).Select(i => world.Connect(fromAddress: $"203.0.113.{i}")).ToArray();
        world.World.RunFor(10);

        Assert.True(world.Connect().LogIn().IsIn);
        var first = strangers[0].LogIn();

        Assert.Equal(1040, first.Code);
        Assert.Contains("clients.logins_max = 50", first.Error!.Message, StringComparison.Ordinal);
        Assert.True(strangers[1].LogIn().IsIn);
        Assert.Equal(1, world.Count(meter => meter.LoginsPushedOut));
    }

    [Fact]
    public void When_all_places_are_taken_those_go_who_had_time_enough_to_log_in_and_no_others()
    {
        using var world = Limited(clients => clients with { CountMax = 4 });
        world.Client();
        var idle = world.Connect(fromAddress: Flooder);
        world.World.RunFor(900);
        world.Connect();
        world.Connect();
        world.World.RunFor(50);

        Assert.Equal(1040, world.Connect().LogIn().Code); // Nobody had a second yet.
        world.World.RunFor(100);
        Assert.True(world.Connect().LogIn().IsIn);

        Assert.Equal(1040, idle.LogIn().Code);
        Assert.Contains(world.Log.Lines, line => line.Contains("clients.max = 4", StringComparison.Ordinal));
    }

    [Fact]
    public void Half_packets_hold_no_more_bytes_than_they_may_and_small_logins_go_on()
    {
        const int packet = 60_000;
        using var world = Limited(clients => clients with { LoginBytesMax = 200_000 });
        var holders = Enumerable.Range(0, 5).Select(i => world.Connect(fromAddress: $"203.0.113.{i}")).ToArray();
        world.World.RunFor(10);
        foreach (var holder in holders)
        {
            holder.Send(HalfPacket(packet));
            world.World.RunFor(10);
        }

        Assert.InRange(world.Engine.House.Logins.Bytes, 1, 200_000);
        Assert.Equal(2, world.Count(meter => meter.LoginsRefusedBySize));
        Assert.Contains(world.Log.Lines, line => line.Contains("clients.login_bytes_max", StringComparison.Ordinal));
        // An honest login in single bytes takes no more than everybody may.
        world.World.Network.Chunk = _ => 1;
        Assert.True(world.Connect().LogIn().IsIn);

        foreach (var holder in holders)
            holder.Cut();
        world.World.RunFor(100);
        Assert.Equal((0L, 0, 0), (world.Engine.House.Logins.Bytes, world.Engine.LoginCount, world.Engine.House.Logins.Sources));
    }

    [Fact]
    public void A_login_packet_that_says_it_is_too_long_is_refused_before_its_bytes_are_there()
    {
        using var world = new EngineWorld();
        var client = world.Connect();
        world.World.RunFor(10);
        var header = new byte[PacketHeader.Size];
        PacketHeader.Write(header, 0xFF_FF_FE, 1);

        client.Send(header);
        world.World.RunFor(10);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Equal(1, world.Count(meter => meter.LoginsFailed));
    }

    [Theory]
    [InlineData(10_000, 4_000, 1_000, 4_000, 1_000)]
    [InlineData(664, 4_000, 1_000, 332, 166)] // What 1,024 open files leave.
    [InlineData(100, 4_000, 1_000, 128, 64)]
    [InlineData(100_000, 4_000, 1_000, 4_000, 1_000)]
    [InlineData(10_000, 50, 5, 50, 5)]
    public void No_source_may_take_all_places_however_few_there_are(int clients, int logins, int perSource, int all, int ofOne)
    {
        var options = new ClientOptions { CountMax = clients, LoginsMax = logins, LoginsPerSourceMax = perSource };

        Assert.Equal((all, ofOne), (options.LoginsNow, options.LoginsPerSourceNow));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::7:1", "2001:db8::/64")]
    [InlineData("::1", "::/64")]
    public void A_source_is_an_address_or_a_network(string address, string source) =>
        Assert.Equal(source, ClientSource.Of(PeerAddress.From(IPAddress.Parse(address), 1)).ToString());

    private static byte[] HalfPacket(int length)
    {
        var bytes = new byte[PacketHeader.Size + length - 1];
        PacketHeader.Write(bytes, length, 1);
        return bytes;
    }

    private static EngineWorld Limited(Func<ClientOptions, ClientOptions> with) => new(new()
    {
        With = options => options with { Clients = with(options.Clients) },
    });
}
