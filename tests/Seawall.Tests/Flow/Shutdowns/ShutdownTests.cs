using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Flow.Shutdowns;

public sealed class ShutdownTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Idle_clients_are_told_and_closed_at_once(int loops)
    {
        using var world = new EngineWorld(new() { Loops = loops });
        var clients = Enumerable.Range(0, 10).Select(_ => world.Client()).ToArray();

        var shutdown = world.BeginShutdown(TimeSpan.FromSeconds(30));
        Assert.True(shutdown.EverybodyLeft);
        foreach (var client in clients)
            Assert.Equal(1053, client.BeginRead(sequence: 0).Value.Code);
        Assert.True(world.World.Clock.ElapsedMs < 1_000);
    }

    [Fact]
    public void A_transaction_is_brought_to_its_end()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("BEGIN");

        var shutdown = world.BeginShutdown(TimeSpan.FromSeconds(30));
        world.World.RunFor(3_000);
        Assert.True(client.Query("INSERT INTO t VALUES (1)").IsOk);
        Assert.False(shutdown.IsDone);
        Assert.True(client.Query("COMMIT").IsOk);
        world.World.RunFor(100);

        Assert.True(shutdown.EverybodyLeft);
        Assert.Equal(1053, client.BeginRead(sequence: 0).Value.Code);
    }

    [Fact]
    public void A_statement_that_runs_is_answered()
    {
        using var world = new EngineWorld();
        var reply = world.Client().BeginQuery("SELECT SLEEP(2), 'done'");
        world.World.RunFor(100);

        var shutdown = world.BeginShutdown(TimeSpan.FromSeconds(30));

        Assert.Equal("done", reply.Value.Row[1]);
        world.World.RunFor(100);
        Assert.True(shutdown.EverybodyLeft);
    }

    [Fact]
    public void Those_who_wait_for_a_connection_are_told()
    {
        using var world = new EngineWorld(Pools.WaitingTests.Pool(limits => limits with { SizeMax = 1, WaitMsMax = 60_000 }));
        var holder = world.Client();
        holder.Query("BEGIN");
        var waiting = world.Client().BeginQuery("SELECT 1");
        world.World.RunFor(10);

        var shutdown = world.BeginShutdown(TimeSpan.FromSeconds(5));
        world.World.RunFor(100);

        Assert.True(waiting.IsDone);
        Assert.Equal(1053, waiting.Value.Code);
        holder.Query("COMMIT");
        world.World.RunFor(100);
        Assert.True(shutdown.EverybodyLeft);
    }

    [Fact]
    public void Whoever_is_not_done_in_time_is_cut_off()
    {
        using var world = new EngineWorld();
        var holder = world.Client();
        holder.Query("BEGIN");

        var shutdown = world.BeginShutdown(TimeSpan.FromSeconds(2));
        world.World.RunFor(1_900);
        Assert.False(shutdown.IsDone);
        world.World.RunFor(200);

        Assert.False(shutdown.EverybodyLeft);
        Assert.Equal(0, world.Engine.ClientCount);
        Assert.True(holder.Query("SELECT 1").IsCut);
    }

    [Fact]
    public void A_second_wish_cuts_it_short()
    {
        using var world = new EngineWorld();
        world.Client().Query("BEGIN");
        var shutdown = world.BeginShutdown(TimeSpan.FromSeconds(60));
        world.World.RunFor(1_000);

        world.Hurry();
        world.World.RunFor(100);

        Assert.False(shutdown.EverybodyLeft);
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Fact]
    public void Nobody_is_let_in_any_more()
    {
        using var world = new EngineWorld();
        var halfway = world.Connect();
        world.World.RunFor(10);
        world.Client().Query("BEGIN");

        world.BeginShutdown(TimeSpan.FromSeconds(2));
        world.World.RunFor(100);

        Assert.False(halfway.LogIn().IsIn);
        Assert.False(world.Connect().LogIn().IsIn);
        world.World.RunFor(3_000);
    }

    [Fact]
    public void Server_connections_are_closed_with_a_word()
    {
        using var world = new EngineWorld();
        world.Client().Query("SELECT 1");
        var pooled = world.Pooled.Single();

        world.BeginShutdown(TimeSpan.FromSeconds(2));
        world.World.RunFor(1_000);

        Assert.False(pooled.IsLive);
        Assert.Equal(MySql.Commands.CommandKind.Quit, pooled.Commands[^1].Kind);
    }
}
