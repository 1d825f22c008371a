using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>A client in the middle of a command or a file: slow, or out of order.</summary>
public sealed class SlowClientTests
{
    public static TheoryData<byte[]> Beginnings =>
    [
        Begin(CommandKind.Query, 900_000), // Goes to the server as it comes.
        Begin(CommandKind.StatementPrepare, 900_000), // Is gathered here.
    ];

    [Theory]
    [MemberData(nameof(Beginnings))]
    public void A_byte_now_and_then_does_not_keep_a_connection_for_ever(byte[] beginning)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Send(beginning);
        client.Send(new byte[70_000]);

        // The seventy thousand bytes bought it a minute or so.
        for (var i = 0; i < 12 && world.Engine.ClientCount > 0; i++)
        {
            world.World.RunFor(20_000);
            client.Send([(byte)'x']);
        }

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Equal("next", world.Client().Query("SELECT 'next'").Scalar);
    }

    [Fact]
    public void A_command_may_take_hours_as_long_as_it_comes()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Send(Begin(CommandKind.Query, 900_000));
        for (var sent = 0; sent < 900_000 - 1; sent += 20_000)
        {
            client.Send([.. Enumerable.Repeat((byte)' ', Math.Min(20_000, 900_000 - 1 - sent))]);
            world.World.RunFor(15_000);
        }

        Assert.Equal(1065, client.BeginRead().Value.Code); // Query was empty.
    }

    [Fact]
    public void A_file_that_drips_is_given_up()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = Asked(world);
        for (byte number = 2; number < 20; number++)
        {
            client.Send([1, 0, 0, number, (byte)'x']);
            world.World.RunFor(10_000);
        }

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Equal("next", world.Client().Query("SELECT 'next'").Scalar);
        world.Server.Violations.Clear(); // The fake one takes what follows its question for commands.
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(255)]
    public void A_file_in_packets_out_of_order_ends_the_conversation(byte number)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = Asked(world);
        client.Send([1, 0, 0, number, (byte)'x', 0, 0, 0, (byte)(number + 1)]);
        world.World.RunFor(10);

        Assert.Equal(0xFB, client.BeginReadPacket(1).Value![0]);
        Assert.Equal(1156, client.BeginRead(3).Value.Code);
        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Empty(world.Pooled);
    }

    [Fact]
    public void A_long_command_in_packets_out_of_order_ends_the_conversation()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Send([0xFF, 0xFF, 0xFF, 0, 3, .. Enumerable.Repeat((byte)' ', 0xFFFFFF - 1), 1, 0, 0, 7, (byte)' ']);
        world.World.RunFor(1_000);

        Assert.Equal(1156, client.BeginRead(2).Value.Code);
        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Empty(world.Pooled);
    }

    private static FakeClient Asked(EngineWorld world)
    {
        world.Server.When("LOAD", new FakePacket([0xFB, .. "file"u8]));
        var client = world.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.LocalFiles });
        client.Send(FakeClient.Bytes(CommandKind.Query, "LOAD DATA LOCAL INFILE 'file' INTO TABLE t"));
        world.World.RunFor(10);
        return client;
    }

    private static byte[] Begin(CommandKind kind, int length) =>
        [(byte)length, (byte)(length >> 8), (byte)(length >> 16), 0, (byte)kind];
}
