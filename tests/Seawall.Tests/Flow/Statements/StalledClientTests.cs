using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>A client that holds a server connection and does its part no more, while others wait for one.</summary>
public sealed class StalledClientTests
{
    [Theory]
    [InlineData("SELECT much")]
    [InlineData("BEGIN; SELECT little")] // All of it has been sent, and is not taken; the transaction keeps the connection.
    public void Who_takes_nothing_makes_way_for_those_who_wait(string sql)
    {
        using var world = World();
        var stalled = Stalled(world, sql);
        var other = world.Client();

        Assert.Equal("mine", other.Query("SELECT 'mine'").Scalar);
        Assert.Equal(1, world.Engine.ClientCount);
        Assert.Contains(world.Log.Lines, line => line.Contains("pool.stall_ms_max = 4000", StringComparison.Ordinal));
        Assert.Equal(1, world.PoolOf("app").Context.Telemetry.ClientsStalled);
        Assert.NotNull(stalled);
    }

    [Fact]
    public void It_need_not_be_long_once_somebody_waits()
    {
        using var world = World();
        Stalled(world, "SELECT much");
        world.World.RunFor(20_000);
        Assert.Equal(1, world.Engine.ClientCount);

        var began = world.World.Clock.ElapsedMs;
        Assert.True(world.Client().Query("SELECT 1").IsOk);

        Assert.InRange(world.World.Clock.ElapsedMs - began, 0, 1_000);
    }

    [Fact]
    public void As_long_as_nobody_waits_it_may_take_its_time()
    {
        using var world = World();
        var client = Stalled(world, "SELECT much");
        world.World.RunFor(50_000);

        client.Link.ToClient.WindowBytes = 1_000_000;

        Assert.Equal(5_000, client.BeginRead().Value.Only.Rows.Count);
    }

    [Fact]
    public void Who_takes_a_little_is_slow_and_not_stalled()
    {
        using var world = World();
        var client = world.Client();
        client.Link.BytesPerSecond = 20_000;
        client.Link.ToClient.WindowBytes = 4 * 1024;
        var reply = client.BeginQuery("SELECT little");
        var other = world.Client();

        for (var i = 0; i < 3; i++)
            other.Query("SELECT 1"); // In vain: it is refused after five seconds.

        Assert.Equal(100, reply.Value.Only.Rows.Count);
    }

    [Fact]
    public void Who_falls_silent_in_the_middle_of_a_command_makes_way_as_well()
    {
        using var world = World();
        var client = world.Client();
        client.Send([.. Begin(CommandKind.Query, 900_000), .. new byte[70_000]]);
        var other = world.Client();

        Assert.Equal("mine", other.Query("SELECT 'mine'").Scalar);
        Assert.Equal(1, world.Engine.ClientCount);
    }

    [Fact]
    public void Other_accounts_wait_too_when_the_server_has_no_room_for_more()
    {
        using var world = World(options => options with { WithServer = server => server with { ConnectionsMax = 1 } });
        Stalled(world, "SELECT much");

        var other = world.Client(new() { User = "other", Password = "quiet" });

        Assert.Equal("mine", other.Query("SELECT 'mine'").Scalar);
    }

    private static EngineWorld World(Func<EngineWorldOptions, EngineWorldOptions>? change = null)
    {
        var options = StatementTests.OnePooled() with { Prepare = server => server.Accounts.Add(new FakeAccount("other", "quiet")) };
        var world = new EngineWorld(change?.Invoke(options) ?? options);
        world.Server.When("SELECT much", Rows(5_000));
        world.Server.When("SELECT little", Rows(100));
        return world;
    }

    private static FakeRows Rows(int count) => new(["r"], Enumerable.Repeat((IReadOnlyList<string?>)[new string('r', 1000)], count));

    private static FakeClient Stalled(EngineWorld world, string sql)
    {
        var client = world.Client();
        client.Link.ToClient.WindowBytes = 16 * 1024;
        foreach (var one in sql.Split("; "))
            client.Send(FakeClient.Bytes(CommandKind.Query, one));
        world.World.RunFor(100);
        return client;
    }

    private static byte[] Begin(CommandKind kind, int length) =>
        [(byte)length, (byte)(length >> 8), (byte)(length >> 16), 0, (byte)kind];
}
