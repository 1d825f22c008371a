using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Topology;

/// <summary>What clients hear, and where their statements go, when somebody makes another server the primary.</summary>
public sealed class SwitchoverTests
{
    [Fact]
    public void Writes_are_held_while_there_is_no_primary_and_go_to_the_next_one()
    {
        using var set = new ReplicaWorld();
        var world = set.World;
        var clients = Enumerable.Range(0, 20).Select(_ => world.Client()).ToArray();
        Assert.All(clients, client => Assert.True(client.Query("INSERT").IsOk));

        set.A.IsReadOnly = true;
        set.Until(PrimaryState.None, "a");
        var writes = clients.Select(client => client.BeginQuery("INSERT")).ToArray();
        world.World.RunFor(3_000);
        Assert.All(writes, write => Assert.False(write.IsDone));
        Assert.Equal(20, world.Engine.PrimaryLine.Held);

        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Found, "b");

        Assert.All(writes, write => Assert.True(write.Value.IsOk));
        Assert.Equal("b", clients[0].Query("SELECT @@hostname").Scalar);
        Assert.Equal(20, set.B.Connections.Sum(connection => connection.Commands.Count(command => command.Text == "INSERT")));
        world.World.RunFor(1_000);
        Assert.Empty(Seawall.Testing.EngineWorld.PooledOf(set.A));
        Assert.Equal(["primary", "none", "primary"], world.Engine.GateEvents(100).Where(news => news.Event.Kind == GateEventKind.Primary)
            .Select(news => news.Event.To));
    }

    [Fact]
    public void Those_held_are_let_go_over_a_while_in_their_order()
    {
        using var set = new ReplicaWorld(2);
        var world = set.World;
        var clients = Enumerable.Range(0, 300).Select(_ => world.Client()).ToArray();
        set.A.IsReadOnly = true;
        set.Until(PrimaryState.None, "a");
        var writes = clients.Select(client => client.BeginQuery("INSERT")).ToArray();
        world.World.RunFor(100);

        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Found, "b");
        world.World.RunFor(300);
        Assert.InRange(world.Engine.PrimaryLine.Held, 100, 280);
        world.World.RunFor(1_000);

        Assert.Equal(0, world.Engine.PrimaryLine.Held);
        Assert.All(writes, write => Assert.True(write.Value.IsOk));
    }

    [Fact]
    public void A_statement_is_held_for_a_limited_time_and_hears_why()
    {
        using var set = new ReplicaWorld(2);
        var client = set.World.Client();
        set.A.IsReadOnly = true;
        set.Until(PrimaryState.None, "a");

        var error = client.Query("INSERT").Error;

        Assert.Equal((ushort?)3168, error?.Code);
        Assert.Contains("'a' is read-only", error?.Message, StringComparison.Ordinal);
        Assert.Contains("topology.hold_ms_max = 10000", error?.Message, StringComparison.Ordinal);
        Assert.Contains("did not run", error?.Message, StringComparison.Ordinal);
        // It has lost nothing but this statement.
        set.A.IsReadOnly = false;
        set.Until(PrimaryState.Found, "a");
        Assert.True(client.Query("INSERT").IsOk);
    }

    [Fact]
    public void No_more_are_held_than_may_be()
    {
        using var set = new ReplicaWorld(2, new() { With = options => options with { Topology = options.Topology with { HoldCountMax = 3 } } });
        var clients = Enumerable.Range(0, 5).Select(_ => set.World.Client()).ToArray();
        set.A.IsReadOnly = true;
        set.Until(PrimaryState.None, "a");

        var writes = clients.Select(client => client.BeginQuery("INSERT")).ToArray();
        set.World.World.RunFor(500);

        Assert.Equal(2, writes.Count(write => write.IsDone && write.Value.Code == 3168));
        clients[0].Cut(); // Whoever leaves makes room.
        set.World.Pump(() => set.World.Engine.PrimaryLine.Held == 2, "one less");
        ReplicaWorld.Promote(set.A);
        Assert.Equal(2, writes[1..].Count(write => write.Value.IsOk));
    }

    [Fact]
    public void A_write_that_a_demoted_server_refuses_is_told_and_not_tried_again()
    {
        using var set = new ReplicaWorld(2);
        var (first, second) = (set.World.Client(), set.World.Client());
        first.Query("INSERT");
        var before = set.A.Connections.Sum(connection => connection.Commands.Count);

        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);
        Assert.Equal(1290, first.Query("INSERT").Code);

        // The error was the news: the server was looked at at once, and not only in the next second.
        set.Until(PrimaryState.Found, "b");
        Assert.True(second.Query("INSERT").IsOk);
        Assert.Equal("b", first.Query("SELECT @@hostname").Scalar);
    }

    [Fact]
    public void A_transaction_at_the_old_primary_hears_that_it_is_rolled_back()
    {
        using var set = new ReplicaWorld(2);
        var (open, other) = (set.World.Client(), set.World.Client());
        open.Query("BEGIN");
        open.Query("INSERT");

        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Found, "b");

        var error = open.Query("COMMIT").Error;
        Assert.Equal((ushort?)2013, error?.Code);
        Assert.Contains("'a' is the primary no more", error?.Message, StringComparison.Ordinal);
        Assert.True(other.Query("INSERT").IsOk);
        Assert.DoesNotContain(set.A.Connections, connection => connection.Commands.Any(command => command.Text == "COMMIT"));
    }

    [Fact]
    public void A_transaction_is_not_held_while_there_is_no_primary()
    {
        using var set = new ReplicaWorld(2);
        var open = set.World.Client();
        open.Query("BEGIN");
        set.A.IsReadOnly = true;
        set.Until(PrimaryState.None, "a");

        Assert.Equal("a", open.Query("SELECT @@hostname").Scalar);
        Assert.True(open.Query("ROLLBACK").IsOk);
    }

    [Fact]
    public void Nobody_writes_to_one_of_two()
    {
        using var set = new ReplicaWorld();
        var client = set.World.Client();
        client.Query("INSERT");

        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Split, "a");
        var held = client.BeginQuery("INSERT");
        set.World.World.RunFor(2_000);
        Assert.False(held.IsDone);

        // Somebody has decided.
        ReplicaWorld.Follow(set.A, set.B);
        Assert.True(held.Value.IsOk);
        Assert.Equal("b", client.Query("SELECT @@hostname").Scalar);
        Assert.Equal(1, set.A.Connections.Sum(connection => connection.Commands.Count(command => command.Text == "INSERT")));
    }

    [Fact]
    public void A_dead_primary_is_replaced_by_one_that_was_promoted_and_by_no_other()
    {
        using var set = new ReplicaWorld();
        var client = set.World.Client();
        client.Query("INSERT");

        set.A.Crash();
        set.Until(PrimaryState.None, "a");
        set.B.IsReadOnly = false; // It still follows a: nobody has promoted it.
        var held = client.BeginQuery("INSERT");
        set.World.World.RunFor(5_000);
        Assert.False(held.IsDone);

        ReplicaWorld.Promote(set.B);
        Assert.True(held.Value.IsOk);
        Assert.Equal("b", set.Topology.Primary?.Name);
    }

    [Fact]
    public void A_statement_at_a_primary_that_hangs_ends_when_another_takes_its_place()
    {
        using var set = new ReplicaWorld(2);
        var (stuck, next) = (set.World.Client(), set.World.Client());
        ReplicaWorld.Hang(set.A);
        var reply = stuck.BeginQuery("SELECT SLEEP(60)");
        set.World.World.RunFor(1_000);

        ReplicaWorld.Promote(set.B);

        Assert.Equal(2013, reply.Value.Code);
        Assert.Contains("not known", reply.Value.Error?.Message, StringComparison.Ordinal);
        Assert.True(next.Query("INSERT").IsOk);
        Assert.Equal("b", set.Topology.Primary?.Name);
        set.World.World.RunFor(60_000); // The server notices at the end of its statement that nobody wants it.
    }

    [Fact]
    public void Who_waits_for_a_connection_to_the_old_primary_goes_to_the_new_one()
    {
        using var set = new ReplicaWorld(2, new() { With = options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 60_000 } } });
        var (holder, waiter) = (set.World.Client(), set.World.Client());
        holder.Query("BEGIN");
        var write = waiter.BeginQuery("INSERT");
        set.World.World.RunFor(500);
        Assert.False(write.IsDone);

        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);

        Assert.True(write.Value.IsOk);
        Assert.Equal(1, set.B.Connections.Sum(connection => connection.Commands.Count(command => command.Text == "INSERT")));
    }

    [Fact]
    public void Clients_log_in_while_there_is_no_primary()
    {
        using var set = new ReplicaWorld(2);
        set.A.Crash();
        set.Until(PrimaryState.None, "a");

        var client = set.World.Client();
        var inSchema = set.World.Client(new() { Schema = "shop" });
        var write = client.BeginQuery("INSERT");
        ReplicaWorld.Promote(set.B);

        Assert.True(write.Value.IsOk);
        Assert.Equal("shop", inSchema.Query("SELECT DATABASE()").Scalar);
    }

    [Fact]
    public void The_accounts_are_those_of_the_new_primary()
    {
        using var set = new ReplicaWorld(2);
        set.B.Accounts.Add(new FakeAccount("late", "comer"));
        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Found, "b");
        set.World.World.RunFor(500);

        Assert.True(set.World.Client(new() { User = "late", Password = "comer" }).Query("INSERT").IsOk);
    }

    [Fact]
    public void A_session_keeps_what_it_began_with_where_the_new_primary_begins_otherwise()
    {
        using var set = new ReplicaWorld(2);
        set.B.Globals["group_concat_max_len"] = "4096";
        set.World.World.RunFor(2_000);
        var before = set.World.Client();
        before.Query("SELECT 1");

        ReplicaWorld.Follow(set.A, set.B);
        ReplicaWorld.Promote(set.B);
        set.Until(PrimaryState.Found, "b");

        Assert.Equal("1024", before.Query("SELECT @@group_concat_max_len").Scalar);
        Assert.Equal("4096", set.World.Client().Query("SELECT @@group_concat_max_len").Scalar);
    }

    [Fact]
    public void Statements_that_are_held_can_be_ended_and_end_with_Seawall()
    {
        using var set = new ReplicaWorld(2);
        var (held, other, last) = (set.World.Client(), set.World.Client(), set.World.Client());
        set.A.IsReadOnly = true;
        set.Until(PrimaryState.None, "a");
        var first = held.BeginQuery("INSERT");
        var second = last.BeginQuery("INSERT");
        set.World.World.RunFor(100);

        // KILL is Seawall's own: it needs no server.
        Assert.True(other.Query($"KILL QUERY {held.ConnectionId}").IsOk);
        Assert.Equal(1317, first.Value.Code);
        var closing = set.World.BeginShutdown(TimeSpan.FromSeconds(5));
        Assert.Equal(1053, second.Value.Code);
        Assert.True(closing.EverybodyLeft);
    }
}
